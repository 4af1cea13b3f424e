"""How much of a long test is done: a stated sample, or all of it where TIDEMILL_TEST_ALL=1 says so
(`./dev test --servers --all`). And chance, which can be repeated."""

import os
import random

ALL = os.environ.get("TIDEMILL_TEST_ALL") == "1"


def sample(values, count):
    """All of them, or `count`, evenly spread and the same each time."""
    values = list(values)
    if ALL or count >= len(values):
        return values
    return [values[i * len(values) // count] for i in range(count)]


def chance():
    """Random numbers whose seed is printed; TIDEMILL_TEST_SEED repeats them."""
    seed = int(os.environ.get("TIDEMILL_TEST_SEED") or random.randrange(1_000_000))
    print(f"TIDEMILL_TEST_SEED={seed}")
    return random.Random(seed)
