"""The servers of tests/servers, as a plugin of pytest. PostgreSQL is started before the tests are read, since
their modules look for its address; the others when a test asks for them. A PostgreSQL that the environment
names already is used instead."""

import os

import pytest

from servers import Minio, MlflowServer, Postgres, Versitygw


def pytest_configure(config):
    if "TIDEMILL_TEST_POSTGRES" in os.environ:
        return
    server = Postgres()
    config.add_cleanup(server.close)
    os.environ.update(server.start().environment)


@pytest.fixture(scope="session")
def s3():
    """versitygw, or MinIO where TIDEMILL_TEST_S3_SERVER says so."""
    kinds = {"versitygw": Versitygw, "minio": Minio}
    with kinds[os.environ.get("TIDEMILL_TEST_S3_SERVER", "versitygw")]() as server:
        yield server


@pytest.fixture(scope="session")
def mlflow_server():
    with MlflowServer() as server:
        yield server
