"""Empty databases on the PostgreSQL server that TIDEMILL_TEST_POSTGRES names, for as long as a test takes."""

import contextlib
import os
import uuid
from urllib.parse import urlsplit, urlunsplit

import psycopg


def with_database(uri, name):
    return urlunsplit(urlsplit(uri)._replace(path="/" + name))


@contextlib.contextmanager
def new_databases(*kinds, server=None):
    """Their URIs. `server`: another one than the environment's."""
    server = server or os.environ["TIDEMILL_TEST_POSTGRES"]
    names = [f"tidemill_{kind}_{uuid.uuid4().hex[:8]}" for kind in kinds]
    for name in names:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
    yield [with_database(server, name) for name in names]
    for name in names:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
