"""A project whose runs and models are on an MLflow server, under names of its own, and what the server has
of it as the real client sees it."""

import uuid

from mlflow.tracking import MlflowClient


class OnMlflow:
    """`project` with tracking.uri at `uri`; `client` is the real one."""

    def __init__(self, project, uri, client_uri=None):
        self.project = project
        self.experiment = f"churn-{uuid.uuid4().hex[:10]}"
        self.model = f"model-{uuid.uuid4().hex[:10]}"
        project.set("tracking.experiment", f'"{self.experiment}"')
        project.set("tracking.model", f'"{self.model}"')
        self.point_to(uri)
        self.client = MlflowClient(client_uri or uri, registry_uri=client_uri or uri)

    def point_to(self, uri):
        self.project.set("tracking.uri", f'"{uri}"')

    def versions(self):
        found = self.client.search_model_versions(f"name = '{self.model}'")
        return sorted((self.client.get_model_version(self.model, one.version) for one in found),
                      key=lambda one: int(one.version))

    def experiment_id(self):
        return self.client.get_experiment_by_name(self.experiment).experiment_id

    def runs(self):
        return self.client.search_runs([self.experiment_id()])

    def assert_whole(self, days, models_a_day=3):
        """One version for each day, one finished run for each day and model, nothing unfinished."""
        assert [one.tags["tidemill.data_date"] for one in self.versions()] == days
        assert all(one.current_stage in ("Staging", "Production", "Archived") for one in self.versions())
        newest = len(days)
        aliases = self.client.get_registered_model(self.model).aliases
        assert int(aliases["challenger"]) == newest
        states = [run.info.status for run in self.runs()]
        assert states.count("FINISHED") == models_a_day * len(days)
        assert set(states) <= {"FINISHED", "FAILED", "KILLED"}
        finished = [run for run in self.runs() if run.info.status == "FINISHED"]
        names = [(run.data.tags["tidemill.model"], run.data.tags["tidemill.data_date"]) for run in finished]
        assert len(set(names)) == len(names)
        models = self.client.search_logged_models([self.experiment_id()])
        assert {str(model.status) for model in models} <= {"READY", "FAILED"}
        for run in finished:
            # One model; listed twice when the server works off the request of a killed program after the
            # next one has asked what is there.
            assert len({output.model_id for output in run.outputs.model_outputs}) == 1, run.outputs
            assert run.data.metrics["test_rmse"] > 0
