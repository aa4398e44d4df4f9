"""Putting tables together without losing a dtype or an unknown value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd


def combine(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stack tables with the same columns; categories are united, dtypes kept."""
    first, *rest = frames
    columns = {}
    for name in first.columns:
        parts = [first[name], *(frame[name] for frame in rest)]
        if isinstance(first[name].dtype, pd.CategoricalDtype):
            parts = _united(parts)
        columns[name] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns)


def fill(column: pd.Series[Any], other: pd.Series[Any]) -> pd.Series[Any]:
    """Fill what is missing in `column` from `other`, row by row."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column, other = _united([column, other])
    return column.fillna(other)


def conform(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Give a stored table the dtypes of `like`; columns it does not know keep theirs."""
    columns = {}
    for name, column in frame.items():
        columns[name] = column
        if name in like:
            wanted = like[name]
            if isinstance(wanted.dtype, pd.CategoricalDtype):
                columns[name] = _united([wanted, column.astype("category")])[1]
            else:
                columns[name] = column.astype(wanted.dtype)
    conformed = pd.DataFrame(columns)
    conformed.attrs = frame.attrs
    return conformed


def _united(columns: Sequence[pd.Series[Any]]) -> list[pd.Series[Any]]:
    """Give categorical columns the same categories, in the order they come."""
    categories = columns[0].cat.categories
    for column in columns[1:]:
        categories = categories.union(column.cat.categories, sort=False)
    return [column.cat.set_categories(categories) for column in columns]
