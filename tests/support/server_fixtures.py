"""The servers of tests/servers, as a plugin of pytest. PostgreSQL is started before the tests are read, since
their modules look for its address; the others when a test asks for them. A PostgreSQL that the environment
names already is used instead."""

import os

import mlflow
import pytest

from servers import MlflowServer, Postgres, s3_server


def pytest_configure(config):
    if "TIDEMILL_TEST_POSTGRES" in os.environ:
        return
    server = Postgres()
    config.add_cleanup(server.close)
    os.environ.update(server.start().environment)


@pytest.fixture(scope="session")
def s3():
    with s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def mlflow_server():
    with MlflowServer() as server:
        yield server


@pytest.fixture(autouse=True)
def no_server_is_remembered():
    """mlflow's own functions go, for the rest of the process, to the server that was named last."""
    yield
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)
    os.environ.pop("MLFLOW_REGISTRY_URI", None)
