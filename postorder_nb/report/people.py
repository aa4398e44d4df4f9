"""Buyers as numbers: the page tells that two records are of one buyer, but not of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from .. import tables

_NAME = "buyer"


def hide(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """
    Replace the buyers by "Buyer 1", "Buyer 2" ...; drop other personal data but the country.

    The numbers are in the order in which the buyers first opened a record, so they are the same
    in all tables and in every report on the same tables.
    """
    numbers = {login: f"Buyer {i}" for i, login in enumerate(_logins(frames.values()), start=1)}
    return {name: _hidden(name, frame, numbers) for name, frame in frames.items()}


def _logins(frames: Iterable[pd.DataFrame]) -> Iterable[object]:
    """Return the buyers, those who came first first."""
    wanted = [_NAME, "created_at"]
    seen = [
        frame.reindex(columns=wanted).astype({_NAME: "string"})
        for frame in frames
        if _NAME in frame and len(frame)
    ]
    if not seen:
        return []
    together = pd.concat([rows.dropna(subset=[_NAME]) for rows in seen], ignore_index=True)
    together = together.sort_values("created_at", kind="stable")
    return list(together[_NAME].unique())


def _hidden(name: str, frame: pd.DataFrame, numbers: Mapping[object, str]) -> pd.DataFrame:
    told = tables.describe(name)
    personal = set(told.loc[told["personal"], "column"]) - {_NAME, "buyer_country"}
    kept = frame.drop(columns=[column for column in frame if column in personal])
    if _NAME in kept:
        kept[_NAME] = kept[_NAME].astype("string").map(numbers).astype("string")
    return kept
