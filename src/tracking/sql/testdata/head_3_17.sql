-- Turns a database at revision 6953534de441 into what 3.17's head (dc11669786a5) has made of the tables that differ
-- and that the store uses: workspaces in the keys of experiments and of the registry. Empty tables only, but for
-- the Default experiment.
CREATE TEMP TABLE kept_experiments AS SELECT * FROM experiments;
CREATE TEMP TABLE kept_tags AS SELECT * FROM experiment_tags;
PRAGMA foreign_keys = OFF;  -- sqlite
DROP TABLE model_version_tags;
DROP TABLE model_versions;
DROP TABLE registered_model_aliases;
DROP TABLE registered_model_tags;
DROP TABLE registered_models;
DROP TABLE experiment_tags;
DROP TABLE experiments;  -- sqlite
DROP TABLE experiments CASCADE;  -- postgresql

CREATE TABLE experiments (
  experiment_id INTEGER NOT NULL,  -- sqlite
  experiment_id SERIAL NOT NULL,  -- postgresql
  name VARCHAR(256) NOT NULL,
  artifact_location VARCHAR(256),
  lifecycle_stage VARCHAR(32),
  creation_time BIGINT,
  last_update_time BIGINT,
  workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
  CONSTRAINT experiment_pk PRIMARY KEY (experiment_id),
  CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')),
  CONSTRAINT uq_experiments_workspace_name UNIQUE (workspace, name)
);

CREATE TABLE experiment_tags (
  "key" VARCHAR(250) NOT NULL,
  value TEXT,
  experiment_id INTEGER NOT NULL,
  CONSTRAINT experiment_tag_pk PRIMARY KEY ("key", experiment_id),
  FOREIGN KEY(experiment_id)
    REFERENCES experiments (experiment_id)
);

CREATE TABLE registered_models (
  name VARCHAR(256) NOT NULL,
  creation_time BIGINT,
  last_updated_time BIGINT,
  description VARCHAR(5000),
  workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
  CONSTRAINT registered_model_pk PRIMARY KEY (workspace, name)
);

CREATE TABLE registered_model_tags (
  "key" VARCHAR(250) NOT NULL,
  value VARCHAR(5000),
  name VARCHAR(256) NOT NULL,
  workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
  CONSTRAINT registered_model_tag_pk PRIMARY KEY (workspace, "key", name),
  CONSTRAINT fk_registered_model_tags_registered_models FOREIGN KEY(workspace, name)
    REFERENCES registered_models (workspace, name) ON UPDATE CASCADE
);

CREATE TABLE registered_model_aliases (
  alias VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  name VARCHAR(256) NOT NULL,
  workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
  CONSTRAINT registered_model_alias_pk PRIMARY KEY (workspace, name, alias),
  CONSTRAINT fk_registered_model_aliases_registered_models FOREIGN KEY(workspace, name)
    REFERENCES registered_models (workspace, name) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE model_versions (
  name VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  creation_time BIGINT,
  last_updated_time BIGINT,
  description VARCHAR(5000),
  user_id VARCHAR(256),
  current_stage VARCHAR(20),
  source VARCHAR(500),
  run_id VARCHAR(32),
  status VARCHAR(20),
  status_message VARCHAR(500),
  run_link VARCHAR(500),
  storage_location VARCHAR(500),
  workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
  CONSTRAINT model_version_pk PRIMARY KEY (workspace, name, version),
  CONSTRAINT fk_model_versions_registered_models FOREIGN KEY(workspace, name)
    REFERENCES registered_models (workspace, name) ON UPDATE CASCADE
);

CREATE TABLE model_version_tags (
  "key" VARCHAR(250) NOT NULL,
  value TEXT,
  name VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
  CONSTRAINT model_version_tag_pk PRIMARY KEY (workspace, "key", name, version),
  CONSTRAINT fk_model_version_tags_model_versions FOREIGN KEY(workspace, name, version)
    REFERENCES model_versions (workspace, name, version) ON UPDATE CASCADE
);

CREATE TABLE workspaces (
  name VARCHAR(63) NOT NULL,
  description TEXT,
  default_artifact_root TEXT, trace_archival_location TEXT, trace_archival_retention VARCHAR(32),
  CONSTRAINT workspaces_pk PRIMARY KEY (name)
);

INSERT INTO workspaces (name) VALUES ('default');
INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
  SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time FROM kept_experiments;
INSERT INTO experiment_tags ("key", value, experiment_id) SELECT "key", value, experiment_id FROM kept_tags;
DROP TABLE kept_experiments;
DROP TABLE kept_tags;
UPDATE alembic_version SET version_num = 'dc11669786a5';
PRAGMA foreign_keys = ON;  -- sqlite
