#!/usr/bin/env python3
"""A model of your own: XGBoost, trained by a program that Tidemill starts (kind = "command").

It gets in its environment
  TIDEMILL_TRAIN, TIDEMILL_TEST   Parquet files: the features as prepared (scaled, one-hot), key and target
  TIDEMILL_KEY, TIDEMILL_TARGET   the names of those two columns
  TIDEMILL_PARAMETERS             the block's parameters as JSON
  TIDEMILL_SEED                   the project's seed
  TIDEMILL_OUTPUT                 an empty folder
and leaves in that folder
  predictions.csv                 key and prediction of each test row, in the order of the file
  model/                          an MLflow model directory
Tidemill scores the predictions itself, logs the run, and registers the model when it is the best.

Needs: pip install mlflow xgboost pandas pyarrow
"""

import json
import os
from pathlib import Path

import mlflow.xgboost
import pandas as pd
from mlflow.models import infer_signature
from xgboost import XGBRegressor


def train_xgboost(train, test, key, target, parameters, seed, output):
    features = [name for name in train.columns if name not in (key, target)]
    model = XGBRegressor(random_state=seed, **parameters)
    model.fit(train[features], train[target])

    predictions = model.predict(test[features]).astype(float)
    pd.DataFrame({key: test[key], "prediction": predictions}).to_csv(output / "predictions.csv", index=False)

    signature = infer_signature(test[features], predictions)
    mlflow.xgboost.save_model(
        model, output / "model", signature=signature, input_example=test[features].head(3)
    )


def main():
    train_xgboost(
        train=pd.read_parquet(os.environ["TIDEMILL_TRAIN"]),
        test=pd.read_parquet(os.environ["TIDEMILL_TEST"]),
        key=os.environ["TIDEMILL_KEY"],
        target=os.environ["TIDEMILL_TARGET"],
        parameters=json.loads(os.environ["TIDEMILL_PARAMETERS"]),
        seed=int(os.environ["TIDEMILL_SEED"]),
        output=Path(os.environ["TIDEMILL_OUTPUT"]),
    )


if __name__ == "__main__":
    main()
