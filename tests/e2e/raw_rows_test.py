"""The loader that every registered model carries, on rows as people have them. No program, no mlflow."""

import datetime
import json
import sys

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from conftest import ROOT

sys.path.insert(0, str(ROOT / "src" / "tracking" / "mlflow_model"))

import tidemill_pyfunc  # noqa: E402

COLUMNS = {"id": "BIGINT", "at": "TIMESTAMP", "age": "DOUBLE", "n": "BIGINT", "segment": "VARCHAR",
           "vip": "BOOLEAN"}
FEATURES = """SELECT age, CAST(n AS DOUBLE) AS n, CAST(hour("at") AS DOUBLE) AS hour,
    CASE WHEN segment IS NOT NULL
         THEN CAST(coalesce(list_position(['gold', 'silver'], segment) - 1, -1) AS DOUBLE) END AS segment,
    CAST(vip AS DOUBLE) AS vip FROM rows"""
HOURS = [10, 11, 0, 23]
NAN = float("nan")
EXPECTED = np.array([[30, 3, 10, 0, 1], [NAN, NAN, 11, NAN, NAN], [40, 5, 0, -1, 0], [50, 7, 23, 1, 1]])
# The graph of the test: missing is -1, then a weighted sum.
WEIGHTS = np.array([1.0, 10.0, 100.0, 1000.0, 0.5])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    columns = [{"name": name, "type": kind} for name, kind in COLUMNS.items()]
    (folder / "preparation.json").write_text(json.dumps({
        "roles": {"key": "id"}, "raw_columns": columns, "feature_sql": FEATURES, "engine_version": "v1.5.5"}))
    nodes = [helper.make_node("IsNaN", ["features"], ["missing"]),
             helper.make_node("Where", ["missing", "minus", "features"], ["filled"]),
             helper.make_node("MatMul", ["filled", "weights"], ["prediction"])]
    graph = helper.make_graph(
        nodes, "test", [helper.make_tensor_value_info("features", TensorProto.DOUBLE, ["N", 5])],
        [helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, ["N", 1])],
        [numpy_helper.from_array(np.array(-1.0), "minus"),
         numpy_helper.from_array(WEIGHTS[:, None], "weights")])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(proto.SerializeToString())
    return tidemill_pyfunc._load_pyfunc(str(folder))


def texts(form):
    return [form.format(hour) for hour in HOURS]


def rows():
    return pd.DataFrame({
        "id": [1, 2, 3, 4], "at": pd.to_datetime(texts("2026-11-01 {:02d}:30:00")),
        "age": [30.0, None, 40.0, 50.0], "n": [3, None, 5, 7],
        "segment": ["gold", None, "platinum", "silver"], "vip": [True, None, False, True]})


FORMS = {
    "as pandas infers": lambda t: t,
    "objects": lambda t: t.astype(object),
    "object strings": lambda t: t.assign(segment=t.segment.astype(object)),
    "categories": lambda t: t.assign(segment=t.segment.astype("category")),
    "pandas' string type": lambda t: t.assign(segment=t.segment.astype("string")),
    "nullable types": lambda t: t.assign(n=t.n.astype("Int64"), age=t.age.astype("Float64"),
                                         vip=t.vip.astype("boolean")),
    "arrow types": lambda t: t.convert_dtypes(dtype_backend="pyarrow"),
    "numbers as text": lambda t: t.assign(age=["30", "", "40.0", "50"], n=["3", None, "5", "7"]),
    "truth as numbers": lambda t: t.assign(vip=[1.0, NAN, 0.0, 1.0]),
    "times as text": lambda t: t.assign(at=texts("2026-11-01 {:02d}:30:00")),
    "times as JSON": lambda t: t.assign(at=texts("2026-11-01T{:02d}:30:00.000Z")),
    "times with a zone": lambda t: t.assign(at=t["at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")),
    "time objects": lambda t: t.assign(at=pd.Series(
        [datetime.datetime(2026, 11, 1, hour, 30) for hour in HOURS], dtype=object)),
    "no key": lambda t: t.drop(columns=["id"]),
    "more columns in another order": lambda t: t.assign(more=1)[
        ["vip", "more", "segment", "n", "age", "at", "id"]],
    "an index with repeats": lambda t: t.set_index(pd.Index([7, 7, 3, 1])),
    "records": lambda t: t.astype({"at": str}).to_dict("records"),
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_as_people_have_them(model, form):
    table = FORMS[form](rows())
    np.testing.assert_array_equal(model.features(table), EXPECTED)
    np.testing.assert_allclose(model.predict(table), np.nan_to_num(EXPECTED, nan=-1) @ WEIGHTS, rtol=1e-15)


def test_integers_where_numbers_are_doubles(model):
    table = rows().iloc[[0, 2]].assign(age=np.array([30, 40]), n=np.array([3, 5], dtype="int32"))
    np.testing.assert_array_equal(model.features(table), EXPECTED[[0, 2]])


def test_the_order_of_rows_is_kept(model):
    table = pd.concat([rows()] * 50_000, ignore_index=True).sample(frac=1, random_state=1)
    np.testing.assert_array_equal(model.features(table), EXPECTED[table.index % 4])


def test_no_rows_and_nothing_but_nulls(model):
    assert model.predict(rows().iloc[:0]).shape == (0,)
    table = rows().assign(age=None, n=None, segment=None, vip=None)
    assert np.isnan(model.features(table)[:, [0, 1, 3, 4]]).all()


@pytest.mark.parametrize("name, values", [("age", ["x", 1, 2, 3]), ("n", [1.5, 2, 3, 4]),
                                          ("vip", ["maybe"] * 4)])
def test_what_cannot_be_read_is_named(model, name, values):
    with pytest.raises(ValueError, match=f"column '{name}'"):
        model.predict(rows().assign(**{name: values}))


def test_a_missing_column_is_named(model):
    with pytest.raises(ValueError, match="age"):
        model.predict(rows().drop(columns=["age"]))


@pytest.mark.parametrize("sql", ["SELECT * FROM read_csv('/etc/hostname')", "SELECT * FROM local_variable",
                                 "SET enable_external_access = true", "INSTALL httpfs"])
def test_sql_sees_the_rows_and_nothing_else(model, sql):
    local_variable = rows()
    assert len(local_variable) == 4
    with pytest.raises(Exception, match="(?i)disabled|does not exist|locked|permission"):
        model._engine.cursor().execute(sql)
