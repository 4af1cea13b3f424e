"""The real MLflow's pages, in a real browser, over the database and artifacts that Tidemill wrote.

Each test asserts what a page shows and leaves a picture of it in build/results/pages.
"""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from browser import Browser
from conftest import DAYS, ROOT
from servers import MlflowServer

MODEL = "customer_churn_model"
PICTURES = ROOT / "build" / "results" / "pages"


@pytest.fixture(scope="module")
def pages(three_days, tmp_path_factory):
    """A browser and a server over a copy of the three days; `best` is the last day's run with a version."""
    project = three_days.copy(tmp_path_factory.mktemp("pages") / "project")
    versions = project.json("models", "list")["model_versions"]  # opening a moved project makes it at home
    runs = project.json("runs", "list")["runs"]
    store = f"sqlite:///{project.folder}/mlflow.db"
    subprocess.run([sys.executable, "-m", "mlflow", "db", "upgrade", store], check=True, capture_output=True)
    newest = max(versions, key=lambda version: version["version"])
    best = next(run for run in runs if run["run_id"] == newest["run_id"])
    with MlflowServer(store) as server, Browser() as browser:
        yield SimpleNamespace(
            browser=browser, runs=runs, versions=versions, newest=newest, best=best,
            experiment=f"{server.url}/#/experiments/{best['experiment_id']}/runs",
            run=f"{server.url}/#/experiments/{best['experiment_id']}/runs/{best['run_id']}",
            model=f"{server.url}/#/models/{MODEL}")


@pytest.fixture
def look(pages, request):
    """Shows a page, asserts its texts, and leaves its picture under the name of the test."""

    def show(url, *texts, selector=None):
        try:
            return pages.browser.open(url, *texts, selector=selector)
        finally:
            pages.browser.save_picture(PICTURES / f"{request.node.name.removeprefix('test_')}.png")

    return show


def test_the_experiment_lists_its_runs(pages, look):
    names = [run["run_name"] for run in pages.runs]
    assert len(names) == 9
    look(pages.experiment, "customer_churn_prediction", "9 matching runs", *names,
         *[f"prepared_data/{day}/train.parquet" for day in DAYS])


def test_a_run_shows_its_params_and_metrics(pages, look):
    metrics = [text for name, value in pages.best["metrics"].items() for text in (name, repr(value))]
    params = [text for pair in pages.best["params"].items() for text in pair]
    look(pages.run, pages.best["run_name"], "Finished", MODEL, f"v{pages.newest['version']}", *metrics,
         *params, pages.best["tags"]["tidemill.data_manifest_hash"])


def test_a_run_draws_its_metrics(pages, look):
    shown = look(pages.run + "/model-metrics", *pages.best["metrics"],
                 selector=".js-plotly-plot .barlayer path")
    assert f"{pages.best['metrics']['test_rmse']:.2f}" in shown


def test_a_run_lists_its_artifacts(pages, look):
    look(pages.run + "/artifacts", "plots", "data_manifest.json", "features.sql", "model_spec.json",
         "predictions.csv")
    look(pages.run + "/artifacts/plots", "feature_importances.svg", "predicted_vs_actual.svg",
         "residuals.svg")


def test_an_artifact_is_read(pages, look):
    look(pages.run + "/artifacts/data_manifest.json", f'"{DAYS[-1]}"', "sha256")


def test_a_plot_is_drawn(pages, look):
    look(pages.run + "/artifacts/plots/residuals.svg", "residuals.svg",
         selector="img[src^=blob], img[src*=svg]")


def test_the_model_lists_its_versions(pages, look):
    texts = [text for version in pages.versions
             for text in (f"Version {version['version']}", version["tags"]["tidemill.promotion"])]
    look(pages.model, *texts, "@ challenger")


def test_a_version_shows_its_stage_and_signature(pages, look):
    newest = pages.newest
    look(f"{pages.model}/versions/{newest['version']}", newest["current_stage"], newest["description"],
         pages.best["run_name"], newest["tags"]["tidemill.promotion"], "Inputs (12)", "Outputs (1)")
