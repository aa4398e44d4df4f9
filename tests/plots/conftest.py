from __future__ import annotations

import random

import matplotlib as mpl
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

LONG = "a very long name of a seller that nobody would ever wish to read in full on a picture " * 2
HOSTILE = [
    "$x\\foo$ costs $5",
    "<img src=x onerror=alert(1)>",
    "日本語の名前",
    "\x00\x1b[31m\u202eabc",
    LONG,
]


@pytest.fixture(autouse=True)
def _no_windows_and_no_leftovers(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a plot must not show itself")

    monkeypatch.setattr(plt, "show", refuse)
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def returns() -> pd.DataFrame:
    """300 returns of three currencies, sold by sellers whose names are traps."""
    dice = random.Random(3)
    n = 300
    frame = pd.DataFrame({"return_id": [f"5{i}" for i in range(n)]}, dtype="string")
    reason = dice.choices(
        ["WRONG_SIZE", "DEFECTIVE_ITEM", "$a$", "日本", None], [5, 3, 1, 1, 1], k=n
    )
    frame["reason"] = pd.Series(reason, dtype="category")
    kinds = {"WRONG_SIZE": "REMORSE", "DEFECTIVE_ITEM": "SNAD"}
    frame["reason_type"] = frame["reason"].map(kinds).astype("category")
    frame["status"] = pd.Series(
        dice.choices(["CLOSED", "ESCALATED"], [9, 1], k=n), dtype="category"
    )
    frame["seller"] = pd.Series(dice.choices([*HOSTILE, None], k=n), dtype="string")
    start = pd.Timestamp("2026-01-20", tz="UTC")
    days = [dice.choice([*range(20), *range(40, 80)]) for _ in range(n)]
    frame["created_at"] = pd.Series([start + pd.Timedelta(days=d) for d in days]).astype(
        pd.DatetimeTZDtype("us", "UTC")
    )
    currency = dice.choices(["USD", "EUR", "JPY", None], [5, 3, 2, 1], k=n)
    frame["refund_amount"] = [dice.choice([0, 5.5, 123456.0]) if c else None for c in currency]
    frame["refund_currency"] = pd.Series(currency, dtype="category")
    return frame
