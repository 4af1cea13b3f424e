"""A server is killed at random moments of the three-day run and started again: the run ends well or says why
in one sentence, nothing half published is read, running again repairs it, and what is left in the end is what
an undisturbed run leaves, no run and no version twice.

20 kills of each server where TIDEMILL_TEST_ALL=1 (`./dev test --servers --all`), else 4. A kill counts when
the program was running. The seed is printed; TIDEMILL_TEST_SEED repeats it.
"""

import contextlib
import subprocess
import uuid

import pytest

from bucket import Bucket, assert_nothing_half_published, hashes
from conftest import DAYS, PROGRAM, init
from databases import new_databases
from outcome import EXPERIMENT, MODEL, tracked
from project_state import differences, files_of
from sampling import ALL, chance
from servers import MlflowServer, Postgres, s3_server

KILLS = 20 if ALL else 4
DATA = "features"


class Site:
    """One project on a server that is killed: the variables that say where it lives, its data, and the URI by
    which the real client sees its runs."""

    experiment, model = EXPERIMENT, MODEL

    def __init__(self, variables):
        self.variables = variables

    def data(self, project):
        """{key: hash}; nothing that is published is not whole."""
        files = {str(path.relative_to(project.features)): path.read_bytes()
                 for path in project.features.rglob("*") if path.is_file()}
        assert_nothing_half_published(files)
        return files_of(project.features)

    def tracking_uri(self, project):
        return f"sqlite:///{project.folder}/mlflow.db"


class S3Site(Site):
    """Data and artifacts on S3."""

    def __init__(self, server):
        self.bucket = Bucket(server, f"site-{uuid.uuid4().hex[:8]}")
        super().__init__({**server.mlflow_environment, "AWS_ENDPOINT_URL_S3": server.url,
                          "TIDEMILL__STORAGE__URI": self.bucket.uri(DATA),
                          "TIDEMILL__TRACKING__ARTIFACTS": self.bucket.uri("mlflow")})

    def data(self, project):
        objects = self.bucket.objects(DATA)
        assert_nothing_half_published(objects)
        return hashes(objects)


class MlflowSite(Site):
    """Runs, models and artifacts on an MLflow server, under names of their own."""

    def __init__(self, server):
        name = uuid.uuid4().hex[:8]
        self.experiment, self.model, self.server = f"churn-{name}", f"model-{name}", server
        super().__init__({"TIDEMILL__TRACKING__URI": server.url,
                          "TIDEMILL__TRACKING__EXPERIMENT": self.experiment,
                          "TIDEMILL__TRACKING__MODEL": self.model})

    def tracking_uri(self, project):
        return self.server.url


class PostgresSite(Site):
    """State and runs in PostgreSQL."""

    def __init__(self, state, mlflow):
        self.mlflow = mlflow
        super().__init__({"TIDEMILL__METADATA__URI": state, "TIDEMILL__TRACKING__URI": mlflow})

    def tracking_uri(self, project):
        return self.mlflow


@contextlib.contextmanager
def s3_sites():
    with s3_server() as server:
        yield server, lambda: contextlib.nullcontext(S3Site(server))


@contextlib.contextmanager
def mlflow_sites():
    with MlflowServer() as server:
        yield server, lambda: contextlib.nullcontext(MlflowSite(server))


@contextlib.contextmanager
def postgres_sites():
    with Postgres() as server:

        @contextlib.contextmanager
        def site():
            with new_databases("state", "mlflow", server=server.address(server.database)) as made:
                yield PostgresSite(*made)

        yield server, site


# What kills it, and within how many seconds of a run (or of the last kill), so that one run meets several.
SERVERS = {"s3": (s3_sites, 0.8), "mlflow": (mlflow_sites, 3.0), "postgres": (postgres_sites, 0.8)}


@pytest.fixture(scope="module")
def undisturbed(three_days):
    return {"data": files_of(three_days.features),
            "tracked": tracked(f"sqlite:///{three_days.folder}/mlflow.db")}


def kill_while_it_runs(process, server, moments, longest_s, most):
    """Kills and restarts the server at random moments, at most so often; returns how often."""
    kills = 0
    while kills < most:
        try:
            process.wait(timeout=moments.uniform(0.02, longest_s))
            return kills
        except subprocess.TimeoutExpired:
            server.kill()
        kills += 1
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=moments.choice([0, 0, 0.3, 2]))  # how long the server is away
        server.restart()
    return kills


def assert_ended_well_or_clearly(process, said):
    assert process.returncode in (0, 7), said
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == (process.returncode != 0), said
    assert not errors or errors[0] == said.splitlines()[-1], said


def run_meets_kills(site, project, server, moments, longest_s, most):
    """Runs the three days until they are through; returns how often the server was killed meanwhile."""
    kills = 0
    for _ in range(2 * KILLS + 1):
        process = subprocess.Popen(
            [PROGRAM, "-C", project.folder, "run", "--from", DAYS[0], "--to", DAYS[-1]],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        kills += kill_while_it_runs(process, server, moments, longest_s, most - kills)
        _, said = process.communicate(timeout=300)
        assert_ended_well_or_clearly(process, said)
        site.data(project)
        assert "FAILED" not in project.run("doctor", check=False).stdout
        if process.returncode == 0:
            return kills
        print(f"  {kills} kills, then: {said.splitlines()[-1]}")
    raise AssertionError("the run never ended well")


@pytest.mark.parametrize("which", SERVERS)
def test_a_server_killed_at_any_moment(which, undisturbed, tmp_path, monkeypatch):
    sites, longest_s = SERVERS[which]
    moments = chance()
    kills = 0
    with sites() as (server, new_site):
        while kills < KILLS:
            with new_site() as site:
                for name, value in site.variables.items():
                    monkeypatch.setenv(name, value)
                project = init(tmp_path / uuid.uuid4().hex)
                met = run_meets_kills(site, project, server, moments, longest_s, KILLS - kills)
                kills += met
                print(f"{which}: {met} kills, {kills} in all")
                found = {"data": site.data(project),
                         "tracked": tracked(site.tracking_uri(project), site.experiment, site.model)}
                assert differences(undisturbed, found) == []
                assert project.json("train")["trained"] is False
    assert kills == KILLS
