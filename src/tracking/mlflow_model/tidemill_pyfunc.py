"""MLflow's python_function flavor of a Tidemill model: raw rows in, predictions out.

It runs what the model was trained with, on a machine without Tidemill: the feature SQL of preparation.json in
DuckDB, then model.onnx. Rows may come as people have them: integers where a column is DOUBLE, None and NaN,
categories and pandas' string types, numbers as text, categories never seen, extra columns.
"""

import datetime
import json
import os
import re
import warnings

import duckdb
import numpy as np
import onnxruntime
import pandas as pd

_INTEGER = re.compile(r"^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$")
_FLOATING = re.compile(r"^(DOUBLE|FLOAT|REAL|DECIMAL.*)$")


def _load_pyfunc(path):
    """What MLflow calls; `path` is the model's folder."""
    return TidemillModel(path)


class TidemillModel:
    def __init__(self, folder):
        with open(os.path.join(folder, "preparation.json"), encoding="utf-8") as file:
            preparation = json.load(file)
        self._columns = [(column["name"], column["type"]) for column in preparation["raw_columns"]]
        # The key names a row and is no feature, so that a request may leave it out.
        self._optional = {preparation.get("roles", {}).get("key")}
        casts = ", ".join(f"CAST({_quoted(name)} AS {kind}) AS {_quoted(name)}"
                          for name, kind in self._columns)
        self._sql = f"WITH rows AS (SELECT {casts} FROM raw_rows) {preparation['feature_sql']}"
        _check_version(preparation["engine_version"])
        self._engine = duckdb.connect(":memory:", config={"pandas_analyze_sample": 0})
        # The SQL comes from whoever trained the model: it gets the rows and nothing else.
        self._engine.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false; "
                             "SET enable_external_access = false; SET lock_configuration = true")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._graph = onnxruntime.InferenceSession(os.path.join(folder, "model.onnx"), options,
                                                   providers=["CPUExecutionProvider"])
        self._input = self._graph.get_inputs()[0].name

    def predict(self, data, params=None):
        """One prediction per row, in the order of the rows, as a numpy array [N]."""
        features = self.features(data)
        if len(features) == 0:
            return np.empty(0)
        return self._graph.run(None, {self._input: features})[0].reshape(len(features))

    def features(self, data):
        """The graph's input: doubles [N, C], NaN for missing."""
        table = self._typed(data if isinstance(data, pd.DataFrame) else pd.DataFrame(data))
        session = self._engine.cursor()  # requests may come from several threads
        try:
            session.register("raw_rows", table)
            columns = session.execute(self._sql).fetchnumpy()
        finally:
            session.close()
        matrix = np.empty((len(table), len(columns)))
        for index, values in enumerate(columns.values()):
            matrix[:, index] = np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
        return matrix

    def _typed(self, table):
        missing = [name for name, _ in self._columns if name not in table and name not in self._optional]
        if missing:
            raise ValueError(f"the rows lack the columns {missing}; they have {list(table.columns)}")
        typed = {}
        for name, kind in self._columns:
            values = table[name] if name in table else pd.Series([None] * len(table), dtype=object)
            try:
                typed[name] = _column(values, kind)
            except (TypeError, ValueError, OverflowError) as error:
                raise ValueError(f"column {name!r} cannot be read as {kind}: {error}") from error
        return pd.DataFrame(typed)


def _column(values, kind):
    """A plain array that DuckDB reads without guessing and casts to `kind`."""
    kind = kind.upper()
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if _FLOATING.match(kind):
        return _numbers(values)
    if _INTEGER.match(kind):
        if values.dtype.kind in "iu":
            return values.to_numpy()
        exact = [None if pd.isna(value) else _integer(value) for value in values]
        return pd.array(exact, dtype="Int64")
    if kind == "BOOLEAN":
        exact = [None if pd.isna(value) else _boolean(value) for value in values]
        return pd.array(exact, dtype="boolean")
    if values.dtype.kind == "M" and kind.startswith(("TIMESTAMP", "DATE")):
        if getattr(values.dtype, "tz", None) is not None:
            values = values.dt.tz_convert("UTC").dt.tz_localize(None)
        return values.to_numpy()
    texts = np.empty(len(values), dtype=object)
    texts[:] = [None if pd.isna(value) else _text(value) for value in values]
    return texts


def _numbers(values):
    if values.dtype.kind in "fiub" and isinstance(values.dtype, np.dtype):
        return values.to_numpy(dtype=np.float64)
    return pd.to_numeric(values.astype(object), errors="raise").to_numpy(dtype=np.float64, na_value=np.nan)


def _integer(value):
    if isinstance(value, str):
        value = value.strip()
        return None if value == "" else int(value)
    if value != int(value):
        raise ValueError(f"{value!r} is no whole number")
    return int(value)


def _boolean(value):
    if isinstance(value, str):
        value = {"true": 1, "t": 1, "1": 1, "false": 0, "f": 0, "0": 0}.get(value.strip().lower())
    if value is None or value not in (0, 1):
        raise ValueError("neither true nor false")
    return bool(value)


def _text(value):
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and value == int(value):
        return str(int(value))  # pandas makes 1.0 of 1 beside a missing value
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return str(value)


def _quoted(name):
    return '"' + name.replace('"', '""') + '"'


def _check_version(trained_with):
    if trained_with.lstrip("v") != duckdb.__version__:
        warnings.warn(f"trained with DuckDB {trained_with}, running with {duckdb.__version__}: install what "
                      "requirements.txt says to get the same features", stacklevel=2)
