"""What an S3 server can do wrong, or be asked wrongly: one sentence with the way out, an exit code, soon, and
nothing half written. What passes by itself is waited for."""

import itertools
import json
import time
import uuid
from pathlib import Path

import pytest

from bucket import Bucket, assert_nothing_half_published, hashes
from certificate import make_certificate
from conftest import DAYS, init
from http_proxy import HttpProxy
from project_state import files_of
from servers import Versitygw

DATA = "features"
FAKETIME = next(str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"


@pytest.fixture
def bucket(s3, monkeypatch):
    found = Bucket(s3, f"trouble-{uuid.uuid4().hex[:8]}")
    use(found, monkeypatch)
    yield found
    found.clear(DATA)


def use(bucket, monkeypatch, url=None):
    for name, value in {**bucket.server.environment, "AWS_ENDPOINT_URL_S3": url or bucket.server.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIDEMILL__STORAGE__URI", bucket.uri(DATA))


def run_days(project, first=DAYS[0], last=DAYS[-1], **options):
    return project.run("run", "--from", first, "--to", last, **options)


def assert_refused(project, code, *words, seconds=30):
    """By one sentence, soon."""
    started = time.monotonic()
    done = run_days(project, check=False)
    assert time.monotonic() - started < seconds
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr
    return done.stderr


@pytest.mark.parametrize("setting, code, words", [
    ({"AWS_SECRET_ACCESS_KEY": "wrong"}, 3, "refuses the signature: the secret key that belongs to"),
    ({"AWS_ACCESS_KEY_ID": "nobody"}, 3, "does not know the access key 'nobody' (from AWS_ACCESS_KEY_ID)"),
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": "/nowhere"}, 3, "there are no AWS keys"),
    ({"TIDEMILL__STORAGE__URI": "s3://no-such-bucket"}, 4, "there is no bucket 'no-such-bucket'"),
    ({"AWS_REGION": "eu-west-1"}, 2, "is in region 'us-east-1', not 'eu-west-1'"),
    ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, 7, "cannot reach http://127.0.0.1:9"),
    ({"LD_PRELOAD": FAKETIME, "FAKETIME": "+1h"}, 3, "set this machine's clock"),
    ({"LD_PRELOAD": FAKETIME, "FAKETIME": "-1h"}, 3, "set this machine's clock"),
])
def test_what_is_wrong_is_said_in_one_sentence(bucket, tmp_path, monkeypatch, setting, code, words):
    project = init(tmp_path / "project")
    with monkeypatch.context() as wrong:
        for name, value in setting.items():
            wrong.setenv(name, value)
        assert_refused(project, code, words)
        checks = json.loads(project.run("doctor", "--json", check=False).stdout)
        assert next(row for row in checks if row["check"] == "objects")["result"] == "FAILED"
    assert bucket.keys(DATA) == []
    run_days(project, last=DAYS[0])


def test_a_small_skew_is_no_matter(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", FAKETIME)
    monkeypatch.setenv("FAKETIME", "+5m")
    run_days(init(tmp_path / "project"), last=DAYS[0])


@pytest.fixture
def behind_tls(tmp_path, monkeypatch):
    """A bucket of a server whose certificate nobody knows, and the certificate."""
    certificate = make_certificate(tmp_path)
    with Versitygw(certificate) as server:
        bucket = Bucket(server, "tls")
        use(bucket, monkeypatch)
        yield bucket, certificate


def test_a_certificate_that_nobody_knows_can_be_named(behind_tls, three_days, tmp_path, monkeypatch):
    bucket, certificate = behind_tls
    project = init(tmp_path / "project")
    assert_refused(project, 3, f"the certificate of {bucket.server.url} is not trusted", "storage.ca_file",
                   "AWS_CA_BUNDLE")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    assert_refused(project, 3, "AWS_CA_BUNDLE")
    monkeypatch.setenv("AWS_CA_BUNDLE", certificate.file)
    run_days(project, last=DAYS[1])
    monkeypatch.delenv("AWS_CA_BUNDLE")
    project.set("storage.ca_file", f'"{certificate.file}"')
    run_days(project)
    assert hashes(bucket.objects(DATA)) == files_of(three_days.features)


def test_a_certificate_of_another_server_is_told(tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path, "DNS:elsewhere.example")
    with Versitygw(certificate) as server:
        use(Bucket(server, "tls"), monkeypatch)
        monkeypatch.setenv("AWS_CA_BUNDLE", certificate.file)
        assert_refused(init(tmp_path / "project"), 3, server.url, "127.0.0.1")


def is_parquet(path):
    return ".parquet" in path


@pytest.mark.parametrize("where", ["everywhere", "reading"])
def test_a_server_that_stays_busy_is_given_up_soon(bucket, tmp_path, monkeypatch, where):
    project = init(tmp_path / "project")
    run_days(project, last=DAYS[0])
    before = hashes(bucket.objects(DATA))

    def answer(method, path):
        return (503, BUSY) if where == "everywhere" or (method == "GET" and is_parquet(path)) else None

    with HttpProxy(bucket.server.url, answer) as proxy:
        use(bucket, monkeypatch, proxy.url)
        assert_refused(project, 7, proxy.url, "503", "try again")
        assert proxy.disturbed < 60
    use(bucket, monkeypatch)
    assert_nothing_half_published(bucket.objects(DATA))
    assert before.items() <= hashes(bucket.objects(DATA)).items()
    run_days(project)


@pytest.mark.parametrize("kind", ["busy", "cut"])
def test_trouble_that_passes_is_not_noticed(bucket, three_days, tmp_path, monkeypatch, kind):
    """Every third request meets it."""
    project = init(tmp_path / "project")
    turns = itertools.cycle([False, False, True])

    def is_hit(*_):
        return next(turns)

    busy = (lambda *request: (503, BUSY) if is_hit(*request) else None) if kind == "busy" else None
    cut = (lambda *request: 0.5 if is_hit(*request) else None) if kind == "cut" else None
    with HttpProxy(bucket.server.url, busy, cut) as proxy:
        use(bucket, monkeypatch, proxy.url)
        run_days(project)
        assert proxy.disturbed > 20
    use(bucket, monkeypatch)
    assert hashes(bucket.objects(DATA)) == files_of(three_days.features)


@pytest.mark.parametrize("what", ["parquet", "manifest"])
def test_answers_that_are_always_cut_are_given_up_soon(bucket, tmp_path, monkeypatch, what):
    project = init(tmp_path / "project")
    run_days(project, last=DAYS[0])
    with HttpProxy(bucket.server.url, part=lambda method, path: 0.5 if what in path else None) as proxy:
        use(bucket, monkeypatch, proxy.url)
        assert_refused(project, 7, proxy.url)
    use(bucket, monkeypatch)
    assert_nothing_half_published(bucket.objects(DATA))
    run_days(project)
