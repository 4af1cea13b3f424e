-- Named values that stages leave for each other and for people. Airflow's Variables.
CREATE TABLE variable (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  description TEXT
);

-- A training, written down before its first effect; see metadata/attempts.h.
CREATE TABLE attempt (
  id TEXT NOT NULL PRIMARY KEY,
  data_date TEXT NOT NULL,
  data_manifest_hash TEXT NOT NULL,
  planned TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'abandoned')),
  created_at_ms BIGINT NOT NULL,
  closed_at_ms BIGINT
);
-- At most one is open.
CREATE UNIQUE INDEX attempt_open ON attempt (state) WHERE state = 'open';
CREATE INDEX attempt_closed_at ON attempt (closed_at_ms);
