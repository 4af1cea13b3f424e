"""What a project holds, without what may differ between two equal runs (random ids, times).

state(folder) is a plain dictionary: compare two with differences(). Reads files and the SQLite databases
directly, so it does not trust the program under test.
"""

import hashlib
import re
import sqlite3
from pathlib import Path

# Every file's content is the same whenever the same data, settings and seed made it, but for those that hold
# random ids and times.
VARYING = {"MLmodel"}
# Metrics and parameters that tell how long something took.
TIMED = re.compile(r"seconds|duration|_ms$|_time$")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def visible_files(folder):
    """Relative paths of files, without those below names that begin with a dot."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.parts))


def rows(database, sql):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def files_of(folder):
    """{relative path: hash, or "" where the content may differ}."""
    return {str(path): "" if path.name in VARYING else sha256(folder / path)
            for path in visible_files(folder)}


def local_path(uri, project):
    return Path(uri.removeprefix("file://")) if uri.startswith(("file:", "/")) else project / uri


def runs_of(database, project):
    """One entry for every run, sorted by name: what it recorded and what files it left."""
    found = []
    for run, name, status, stage, uri in rows(
            database, "select run_uuid, name, status, lifecycle_stage, artifact_uri from runs"):
        of_run = f"where run_uuid = '{run}' order by 1"
        metrics = rows(database, f"select key, value, step from metrics {of_run}, 3, 2")
        params = rows(database, f"select key, value from params {of_run}")
        tags = rows(database, f"select key from tags {of_run}")
        models = rows(database, "select name, status, artifact_location from logged_models "
                                f"where source_run_id = '{run}' order by name")
        found.append({
            "name": name, "status": status, "stage": stage,
            "metrics": [metric for metric in metrics if not TIMED.search(metric[0])],
            "params": [param for param in params if not TIMED.search(param[0])],
            "tags": [tag for (tag,) in tags],
            "files": files_of(local_path(uri, project)),
            "models": [(model, ready, files_of(local_path(uri, project))) for model, ready, uri in models],
        })
    return sorted(found, key=lambda run: (run["name"], str(run["metrics"])))


def versions_of(database):
    return rows(database, """
        select v.name, v.version, v.current_stage, v.status, r.name,
               (select group_concat(alias) from (select alias from registered_model_aliases a
                where a.name = v.name and a.version = v.version order by alias))
        from model_versions v join runs r on r.run_uuid = v.run_id order by v.name, v.version""")


def state(project):
    project = Path(project)
    database = project / "mlflow.db"
    artifacts = project / "data" / "mlflow"
    return {
        "features": files_of(project / "data" / "features"),
        "top": [str(path) for path in visible_files(project) if len(path.parts) == 1
                and not str(path).endswith(("-wal", "-shm"))],
        "runs": runs_of(database, project),
        "versions": versions_of(database),
        "artifact_file_count": len(visible_files(artifacts)),
        "integrity": [rows(project / name, "pragma integrity_check")
                      for name in ("mlflow.db", "tidemill.db")],
    }


def differences(expected, actual, place=""):
    """Lines saying where two states differ; [] when they are equal."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = [f"{place}: missing {key}" for key in expected.keys() - actual.keys()]
        found += [f"{place}: extra {key}" for key in actual.keys() - expected.keys()]
        for key in sorted(expected.keys() & actual.keys()):
            found += differences(expected[key], actual[key], f"{place}/{key}")
        return found
    if isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            return [f"{place}: {len(expected)} expected, {len(actual)} found: {str(actual)[:300]}"]
        return [line for at, pair in enumerate(zip(expected, actual))
                for line in differences(*pair, f"{place}[{at}]")]
    return [] if expected == actual else [f"{place}: expected {expected!r}, found {actual!r}"]
