"""A training and a test matrix as one file that both sides of the learner benchmarks load.

int64 train rows, test rows, columns; then float64: train features column-major, train target, test features
column-major, test target.
"""

import numpy as np


def write_matrix(path, train_x, train_y, test_x, test_y):
    with open(path, "wb") as file:
        np.array([len(train_y), len(test_y), train_x.shape[1]], dtype=np.int64).tofile(file)
        for features, target in ((train_x, train_y), (test_x, test_y)):
            np.asarray(features, dtype=np.float64).T.tofile(file)  # tofile writes C order
            np.asarray(target, dtype=np.float64).tofile(file)


def read_matrix(path):
    """(train features [rows, columns], train target, test features, test target)."""
    data = np.fromfile(path, dtype=np.float64, offset=24)
    train_rows, test_rows, columns = np.fromfile(path, dtype=np.int64, count=3)
    parts, at = [], 0
    for rows in (train_rows, test_rows):
        parts.append(np.ascontiguousarray(data[at:at + rows * columns].reshape(columns, rows).T))
        parts.append(data[at + rows * columns:at + rows * (columns + 1)])
        at += rows * (columns + 1)
    return parts
