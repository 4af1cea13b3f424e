"""The churn example's columns, for the peers: the same features as examples/churn/tidemill.toml."""

KEY, TIME, TARGET = "customer_id", "event_timestamp", "churn_probability"
MEASURED = ["age", "tenure_months", "num_transactions", "total_spend", "login_frequency",
            "avg_session_minutes", "support_tickets", "days_since_last_purchase", "satisfaction_score"]
CATEGORIES = ["customer_segment", "contract_type"]
FROM_TIME = ["hour", "day_of_week", "is_weekend"]
BEHAVIOUR = ["spend_per_transaction", "engagement_score", "high_support_tickets", "low_engagement"]
# name -> (value, group): the value divided by its mean over the training rows of the group
COMPARED = {"spend_vs_segment_avg": ("total_spend", "customer_segment"),
            "engagement_vs_segment_avg": ("engagement_score", "customer_segment")}
NUMERIC = MEASURED + FROM_TIME + BEHAVIOUR + list(COMPARED)
TEST_FRACTION = 0.2
