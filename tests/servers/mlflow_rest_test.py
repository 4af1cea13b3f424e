"""The tracking store on a real `mlflow server`, over its REST API."""

from unit_tests import unit_tests


def test_the_contract_of_tracking_stores(mlflow_server):
    unit_tests("tracking/tracking_test", "*rest*:*Rest*", mlflow_server.environment)
