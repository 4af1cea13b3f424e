"""The servers themselves: each answers its own client, and has its data after it was killed. `mlflow server`:
killed_servers_test.py.
"""

import psycopg
import pytest

from servers import BUCKET, Postgres


def end(server, how):
    getattr(server, how)()
    server.restart()


@pytest.fixture(scope="module")
def postgres():
    with Postgres() as server:
        yield server


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_s3_keeps_its_objects(s3, how):
    key = f"servers_test/{how}/a b.txt"
    s3.client().put_object(Bucket=BUCKET, Key=key, Body=b"kept")
    end(s3, how)
    listed = s3.client().list_objects_v2(Bucket=BUCKET, Prefix=f"servers_test/{how}/")["Contents"]
    assert [one["Key"] for one in listed] == [key]
    assert s3.client().get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"kept"


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_postgres_keeps_its_rows(postgres, how):
    address = postgres.create_database(f"kept_after_{how}")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    end(postgres, how)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
