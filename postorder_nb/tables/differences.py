"""Amounts that no answer holds: one amount of a record less another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..money import minor_units
from .columns import Difference, Record


def with_differences(record: Record, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its differences, reckoned anew; the attrs are kept."""
    columns: dict[str, pd.Series[Any]] = {}
    for difference in record.differences:
        made = _difference(difference, frame)
        columns |= {
            name: part for (name, _), part in zip(difference.column.fields, made, strict=True)
        }
    return frame.assign(**columns) if columns else frame


def _difference(what: Difference, frame: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return the amounts and their currencies, missing where the two are in two currencies."""
    currency = frame[f"{what.of}_currency"]
    other = frame[f"{what.less}_currency"]
    amounts = frame[f"{what.of}_amount"] - frame[f"{what.less}_amount"]
    same = currency.astype(object).eq(other.astype(object)) & amounts.notna()
    units = np.array([*(10.0 ** minor_units(code) for code in currency.cat.categories), 1.0])
    scale = units[currency.cat.codes]
    rounded = (amounts * scale).round() / scale  # to the cent: floats subtracted are not exact
    return rounded.where(same), currency.where(same).cat.remove_unused_categories()
