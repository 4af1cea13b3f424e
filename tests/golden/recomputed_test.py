"""The whole preparation again in Python: split, features, what was fitted, every prepared value."""

import pytest

import check_preparation
from conftest import DAYS


@pytest.mark.parametrize("day", DAYS)
def test_split_features_fit_and_values_agree(three_days, day):
    assert check_preparation.main([str(three_days.features), day]) == 0
