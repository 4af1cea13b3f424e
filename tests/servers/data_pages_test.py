"""Tidemill's pages of data and models, in a real browser: one `tidemill up` over three days of customers.
Their files have one column more, a hostile one.

Pictures of every page in both colours and on a phone's width are left in build/results/pages.
"""

import contextlib
import fcntl
import hashlib
import json
import re
import sqlite3
import time
import urllib.request
import uuid
from types import SimpleNamespace
from urllib.parse import urlencode

import duckdb
import pytest

from browser import Browser
from bucket import Bucket
from conftest import DAYS, ROOT, init
from up import PASSWORD, Up

PICTURES = ROOT / "build" / "results" / "pages"
MAX_PAGE_BYTES = 150_000
MODEL = "/models/customer_churn_model"
HOSTILE = """</td></svg>"'><script>window.ran = 1</script><img src=x onerror="window.ran = 1">"""
COLUMN = "<script>window.ran = 1</script>"
LOOKS = {"light": {}, "dark": {"scheme": "dark"}, "phone": {"width": 390, "height": 800}}
# Those that look unlike the others, for the other looks.
KINDS = ("overview", "data", "data-day", "data-columns", "data-rows", "model", "version", "compare", "runs")


def make_landing(three_days, project):
    """The days of the example as CSV, with a column whose name and every third of whose cells are hostile."""
    name, cell = COLUMN.replace('"', '""'), HOSTILE.replace("'", "''")
    for day in DAYS:
        folder = project.folder / "landing" / day
        folder.mkdir(parents=True)
        duckdb.sql(f"""COPY (SELECT *, CASE WHEN row_number() OVER () % 3 = 0 THEN '{cell}' ELSE 'plain' END
                              AS "{name}"
                       FROM read_parquet('{three_days.raw(day)}', hive_partitioning = false))
                       TO '{folder / "customers.csv"}'""")


def make_tags_hostile(project):
    """And the newest run one that has logged a metric step by step."""
    with sqlite3.connect(project.folder / "mlflow.db") as connection:
        run = run_id(project)
        for step in range(1, 6):
            for table in ("metrics", "latest_metrics"):
                connection.execute(f"INSERT OR REPLACE INTO {table} (key, value, timestamp, step, is_nan, "
                                   "run_uuid) VALUES ('loss', ?, ?, ?, 0, ?)", (1 / step, step, step, run))
        for table, columns in (("tags", "run_uuid"), ("model_version_tags", "name, version")):
            source = "runs" if table == "tags" else "model_versions"
            connection.execute(
                f"INSERT INTO {table} (key, value, {columns}) SELECT ?, ?, {columns} FROM {source}",
                (COLUMN, HOSTILE))
    connection.close()


@pytest.fixture(scope="module")
def site(three_days, tmp_path_factory):
    project = init(tmp_path_factory.mktemp("data-pages") / "project")
    make_landing(three_days, project)
    for key, value in {"source.kind": '"files"', "source.glob": '"landing/{date}/*.csv"',
                       "source.missing": "", "source.outliers": "",
                       "schedule.data_generation": '"none"'}.items():
        project.set(key, value)
    project.run("run", "--from", DAYS[0], "--to", DAYS[-1])
    make_tags_hostile(project)
    with Up(project, web=True) as up, Browser() as browser:
        browser.open(f"{up.url}/login?next=/", "Sign in")
        browser.type("#username", "admin")
        browser.type("#password", PASSWORD)
        browser.click("button.primary")
        browser.wait("Overview")
        yield SimpleNamespace(
            project=project, up=up, browser=browser, session=Session(up),
            open=lambda path, *texts, **options: browser.open(up.url + path, *texts, **options))


class Session:
    """Somebody whose browser runs no scripts."""

    def __init__(self, up):
        self.up = up
        body = urlencode({"username": "admin", "password": PASSWORD, "next": "/"}).encode()
        _, headers, _ = up.request("POST", "/login", body, Content_Type="application/x-www-form-urlencoded")
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def get(self, path):
        return self.up.request("GET", path, Cookie=self.cookie)

    def download(self, path):
        request = urllib.request.Request(self.up.url + path, headers={"Cookie": self.cookie})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers, answer.read()

    def post(self, path, page, **fields):
        """As the form of that page sends it."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page)[2])[1]
        return self.up.request("POST", path, urlencode({"csrf_token": token, **fields}).encode(),
                               Cookie=self.cookie, Content_Type="application/x-www-form-urlencoded")


def run_id(project):
    return project.json("runs", "list")["runs"][0]["run_id"]


def all_pages(project):
    return {
        "overview": "/", "data": "/data", "data-day": f"/data/raw_data/{DAYS[-1]}",
        "data-columns": f"/data/raw_data/{DAYS[-1]}?view=columns",
        "data-rows": f"/data/raw_data/{DAYS[-1]}?view=rows",
        "prepared": f"/data/prepared_data/{DAYS[-1]}",
        "prepared-preparation": f"/data/prepared_data/{DAYS[-1]}?view=preparation",
        "prepared-columns": f"/data/prepared_data/{DAYS[-1]}?view=columns&file=test.parquet",
        "models": "/models", "model": MODEL, "version": f"{MODEL}/versions/3",
        "version-preparation": f"{MODEL}/versions/3?view=preparation",
        "compare": f"{MODEL}/compare?left=1&right=3", "experiments": "/experiments", "runs": "/experiments/1",
        "run": f"/runs/{run_id(project)}",
    }


def test_the_lights_say_how_it_stands(site):
    shown = site.open("/", "Daily", "Weekly", "Monthly", "01_data_generation_pipeline")
    for text in ("data comes by hand only; the newest is of 2026-11-03", "data to 2026-11-03 is prepared",
                 "trained on the latest prepared data, 2026-11-03", "Version 3", "Alive",
                 "No version is in Production.", "drift monitoring is not set up"):
        assert text in shown, text
    lights = site.browser.run("""return [...document.querySelectorAll('.lights .light')].map(
        one => [one.textContent, one.className])""")
    states = {text.split(":")[0]: look.split()[-1] for text, look in lights}
    assert states["Data quality score over 90 %"] == states["Preparation pipeline completed"] == "good"
    assert states["Model retrained with new data"] == "good"
    assert states["Data generation successful"] == states["No data drift detected"] == "idle"
    # Deleting the Variable, as the guide does to force a training, is seen at once.
    site.project.run("variables", "delete", "last_trained_data")
    site.open("/", "prepared to 2026-11-03, trained on nothing yet", selector=".lights .light.warn")
    site.project.run("variables", "set", "last_trained_data", DAYS[-1])


def test_data_is_browsed_by_day(site):
    site.open("/data", *DAYS, "97.", selector=f"a[href='/data/raw_data/{DAYS[1]}']")
    site.browser.click(f"a[href='/data/raw_data/{DAYS[1]}']")
    report = json.loads((site.project.raw(DAYS[1]).parent / "validation_report.json").read_text())
    digest = hashlib.sha256(site.project.raw(DAYS[1]).read_bytes()).hexdigest()
    site.browser.wait(f"raw_data {DAYS[1]}", f"{report['quality_score']:.1f} %", "completeness", "not_null",
                      "data.parquet", digest)
    site.browser.click("nav.tabs a[href*='view=columns']")
    site.browser.wait("age", "Median", COLUMN, selector="svg.histogram path.column")
    site.browser.click("nav.tabs a[href*='view=rows']")
    rows = duckdb.sql(f"SELECT customer_id FROM '{site.project.raw(DAYS[1])}'").fetchall()
    site.browser.wait(rows[0][0], rows[19][0], COLUMN)
    site.browser.click("nav[aria-label=Rows] a[rel=next]")
    site.browser.wait(rows[20][0])
    shown = site.open(f"/data?to={DAYS[1]}", DAYS[0], DAYS[1])
    assert DAYS[2] not in shown


def test_prepared_data_shows_what_was_learned(site):
    learned = json.loads((site.project.prepared(DAYS[-1]) / "preparation.json").read_text())
    site.open(f"/data/prepared_data/{DAYS[-1]}?view=preparation", "spend_per_transaction",
              learned["feature_set_hash"], "customer_segment", "premium", COLUMN)
    site.open(f"/data/prepared_data/{DAYS[-1]}?view=columns&file=test.parquet", "spend_per_transaction")


def test_a_file_is_downloaded_as_it_is(site):
    for path, file in ((f"/data/raw_data/{DAYS[0]}/files/data.parquet", site.project.raw(DAYS[0])),
                       (f"/data/prepared_data/{DAYS[2]}/files/test.parquet",
                        site.project.prepared(DAYS[2]) / "test.parquet"),
                       (f"/data/prepared_data/{DAYS[2]}/files/manifest.json",
                        site.project.prepared(DAYS[2]) / "manifest.json")):
        headers, content = site.session.download(path)
        assert "attachment" in headers["Content-Disposition"]
        assert hashlib.sha256(content).digest() == hashlib.sha256(file.read_bytes()).digest(), path


@pytest.mark.parametrize("path", [
    f"/data/raw_data/{DAYS[0]}/files/..%2Fdata.parquet", f"/data/raw_data/{DAYS[0]}/files/%2Fetc%2Fpasswd",
    f"/data/raw_data/{DAYS[0]}/files/nothing", "/data/raw_data/2020-01-01", "/data/splits/2026-11-01",
    "/data/raw_data/2026-11-01?view=nothing",
    f"{MODEL}/versions/9", f"{MODEL}/versions/3%20", "/models/nobody",
    f"{MODEL}/versions/3/files/..%2F..%2F..%2F..%2F..%2Ftidemill.toml", f"{MODEL}/versions/3/files/nothing",
    f"{MODEL}/compare?left=1", "/experiments/77", "/runs/77", "/runs/RUN/artifacts/../../../../mlflow.db",
    "/runs/RUN/artifacts/..%2F..%2F..%2F..%2Fmlflow.db"])
def test_nothing_else_is_reached(site, path):
    assert site.session.get(path.replace("RUN", run_id(site.project)))[0] == 404


@pytest.mark.parametrize("path", ["/data/raw_data/yesterday", "/data?to=yesterday",
                                  "/experiments/1?order=evil"])
def test_what_cannot_be_understood_is_said(site, path):
    status, headers, _ = site.session.get(path)
    assert status == 400 and headers["Content-Type"].startswith("text/html")


def test_versions_are_compared_with_their_plots(site):
    site.open(MODEL, "Version 1", "Version 3", "test_rmse", selector=".drawn svg path")
    site.browser.run("document.querySelector('#field-left').value = '1'")
    site.browser.click("form[action$='/compare'] button")
    metrics = [run["metrics"] for run in site.project.json("runs", "list")["runs"]]
    site.browser.wait("Versions 1 and 3", "test_rmse", "train_row_count", "residuals.svg")
    drawn = site.browser.run("""const pictures = [...document.querySelectorAll('.plot img')];
        pictures.forEach(one => one.loading = 'eager');
        return Promise.all(pictures.map(one => one.decode().then(() => one.naturalWidth)))""")
    assert len(drawn) == 6 and min(drawn) > 0
    shown = site.browser.run("return document.body.innerText")
    assert sum(f"{one['test_rmse']:.4f}" in shown for one in metrics) >= 2


def stages(project):
    return {one["version"]: one["current_stage"] for one in project.json("models", "list")["model_versions"]}


def press(site, button):
    """The button of a form that asks once more."""
    site.browser.run("""const summaries = [...document.querySelectorAll('details.confirm > summary')];
        summaries.find(one => one.textContent === arguments[0]).click()""", button)
    # The answer comes by itself: a script that looks for it now would be cut off with the old page.
    site.browser.run("window.isOld = true")
    site.browser.click("details.confirm[open] button")
    deadline = time.monotonic() + 60
    while site.browser.run("return window.isOld || document.readyState !== 'complete'"):
        assert time.monotonic() < deadline, f"'{button}' has led nowhere"


def test_versions_are_promoted_and_rolled_back(site):
    for version in (1, 2):
        site.open(f"{MODEL}/versions/{version}", "Promote to Production")
        press(site, "Promote to Production")
        site.browser.wait(f"Version {version} is in Production.", "@champion")
    assert stages(site.project) == {1: "Archived", 2: "Production", 3: "Staging"}
    site.open("/", "In Production", "Version 2")
    site.open(MODEL, "Roll back")
    press(site, "Roll back")
    site.browser.wait("Version 1 is in Production.")
    assert stages(site.project) == {1: "Production", 2: "Archived", 3: "Staging"}
    # Who did it is kept.
    site.open("/log", "roll_back_model_version", "transition_model_version_stage", "admin")
    site.open(f"{MODEL}/versions/2", "Move to Staging")
    press(site, "Move to Staging")
    site.browser.wait("Version 2 is in Staging.")
    assert stages(site.project)[2] == "Staging"


def test_moves_that_cannot_be_are_refused(site):
    move = f"{MODEL}/versions/3/stage"
    assert site.session.post(move, f"{MODEL}/versions/3", stage="Live")[0] == 400
    assert site.session.post(move, f"{MODEL}/versions/3")[0] == 400
    assert site.session.post(f"{MODEL}/versions/99/stage", f"{MODEL}/versions/3", stage="Staging")[0] == 404
    # Somebody else was quicker than who looked at version 2 in Production.
    status, _, text = site.session.post(f"{MODEL}/rollback", f"{MODEL}/versions/3", **{"from": "2"})
    assert status == 409 and "nothing was changed" in text
    without_token = site.up.request("POST", move, b"stage=Archived", Cookie=site.session.cookie,
                                    Content_Type="application/x-www-form-urlencoded")
    assert without_token[0] == 403 and stages(site.project)[3] == "Staging"


@contextlib.contextmanager
def locked(project):
    """As a command that works alone on the project."""
    with open(project.folder / ".tidemill.lock", "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_a_project_that_is_being_written_is_left_alone(site):
    with locked(site.project):
        status, _, text = site.session.post(f"{MODEL}/versions/3/stage", f"{MODEL}/versions/3",
                                            stage="Archived")
    assert status == 409 and "nothing was changed" in text and "try again" in text
    assert stages(site.project)[3] == "Staging"


def test_runs_are_sorted_by_their_metrics(site):
    runs = site.project.json("runs", "list")["runs"]
    best, worst = sorted(runs, key=lambda run: run["metrics"]["test_rmse"])[:: len(runs) - 1]
    site.open("/experiments", "customer_churn_prediction")
    site.browser.click("a[href='/experiments/1']")
    site.browser.wait(best["run_name"], selector="th[aria-sort=descending]")
    for run, direction in ((best, "ascending"), (worst, "descending")):
        site.browser.click("th a[href*='metrics.test_rmse']")
        site.browser.wait(selector=f"th[aria-sort={direction}] a[href*='metrics.test_rmse']")
        assert site.browser.run("return document.querySelector('tbody th').innerText") == run["run_name"]
    site.browser.click("tbody th a")
    site.browser.wait(worst["run_id"], "plots/residuals.svg", "predictions.csv", *worst["params"])


def test_a_metric_that_was_logged_step_by_step_is_drawn(site):
    site.open(f"/runs/{run_id(site.project)}", "loss by step", selector=".drawn svg path")


def test_plots_run_no_script_and_artifacts_are_saved(site):
    run = run_id(site.project)
    status, headers, _ = site.session.get(f"/runs/{run}/artifacts/plots/residuals.svg?show=1")
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'") and "sandbox" in headers[
        "Content-Security-Policy"]
    for name in ("plots/residuals.svg", "predictions.csv?show=1"):
        status, headers, _ = site.session.get(f"/runs/{run}/artifacts/{name}")
        assert status == 200 and headers["Content-Disposition"].startswith("attachment")
        assert headers["Content-Type"] == "application/octet-stream"


def test_pages_are_small_and_hold_no_foreign_markup(site):
    for name, path in all_pages(site.project).items():
        status, headers, text = site.session.get(path)
        assert status == 200 and len(text.encode()) < MAX_PAGE_BYTES, f"{name}: {status}, {len(text)}"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert not re.search(r"<script(?! src=)|\sstyle=|<style|<img src=x|\son\w+=\"", text), name


def test_rows_have_headers_and_headings_leave_out_no_level(site):
    for name, path in all_pages(site.project).items():
        text = site.session.get(path)[2]
        levels = [1, *map(int, re.findall(r"<h([1-6])", text))]
        assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), f"{name}: {levels}"
        for body in re.findall(r"<tbody>(.*?)</tbody>", text, re.S):
            assert body.count("<tr") == body.count('scope="row"') > 0, name


def test_pages_are_for_those_who_have_signed_in(site):
    for path in all_pages(site.project).values():
        assert site.up.request("GET", path)[0] in (302, 303), path
    status, _, _ = site.up.request("GET", f"/data/raw_data/{DAYS[0]}/files/data.parquet")
    assert status in (302, 303)


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_shows_hostile_values_as_text(site, look):
    seen = 0
    site.browser.look_like(**LOOKS[look])
    try:
        for name, path in all_pages(site.project).items():
            if look != "light" and name not in KINDS:
                continue
            site.open(path)
            site.browser.run("""const pictures = [...document.querySelectorAll('img')];
                pictures.forEach(one => one.loading = 'eager');
                return Promise.all(pictures.map(one => one.decode()))""")
            site.browser.save_whole_picture(PICTURES / f"{name}-{look}.png")
            ran, text, extra = site.browser.run(
                "return [window.ran, document.body.textContent, "
                "document.documentElement.scrollWidth - innerWidth]")
            assert ran is None and extra <= 0, f"{name}: {extra} pixels too wide"
            seen += COLUMN in text
    finally:
        site.browser.look_like()
    assert seen >= 4


def test_an_empty_project_says_what_to_do(tmp_path):
    project = init(tmp_path / "project")
    project.set("schedule.data_generation", '"none"')
    with Up(project, web=True) as up:
        session = Session(up)
        for path, hint in {"/": "there is no data yet", "/data": "No data has arrived yet",
                           "/models": "No model has been registered yet", "/experiments": "Default"}.items():
            status, _, text = session.get(path)
            assert status == 200 and hint in text, path


@pytest.fixture
def bucket(s3, monkeypatch):
    bucket = Bucket(s3, f"pages-{uuid.uuid4().hex[:8]}")
    for name, value in s3.mlflow_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIDEMILL__STORAGE__URI", bucket.uri("features"))
    monkeypatch.setenv("TIDEMILL__STORAGE__ENDPOINT", s3.url)
    monkeypatch.setenv("TIDEMILL__TRACKING__ARTIFACTS", bucket.uri("mlflow"))
    yield bucket
    bucket.clear("features", "mlflow")


def test_data_on_s3_is_shown_too(bucket, three_days, tmp_path):
    project = init(tmp_path / "project")
    project.set("schedule.data_generation", '"none"')
    project.run("run", "--from", DAYS[0], "--to", DAYS[0])
    with Up(project, web=True) as up:
        session = Session(up)
        _, _, text = session.get("/data")
        assert DAYS[0] in text and text.count("<time datetime=") >= 2  # when both were published
        assert "class=\"column\"" in session.get(f"/data/raw_data/{DAYS[0]}?view=columns")[2]
        _, content = session.download(f"/data/raw_data/{DAYS[0]}/files/data.parquet")
        assert content == three_days.raw(DAYS[0]).read_bytes()
        run = run_id(project)
        status, headers, _ = session.get(f"/runs/{run}/artifacts/plots/residuals.svg?show=1")
        assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
        assert session.get(f"{MODEL}/versions/1?view=preparation")[0] == 200
    assert not list((project.folder / ".tidemill").glob("scratch/download-*"))
