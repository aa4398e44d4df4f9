from __future__ import annotations

import importlib
import importlib.util
import random
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection

LONG = "a very long name of a seller that nobody would ever wish to read in full on a picture " * 2
HOSTILE = [
    "$x\\foo$ costs $5",
    "<img src=x onerror=alert(1)>",
    "日本語の名前",
    "\x00\x1b[31m\u202eabc",
    LONG,
]


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FOLDER = Path(__file__).parent
EXAMPLES: dict[str, Any] = {}
for _path in sorted(FOLDER.glob("examples_*.py")):
    EXAMPLES |= _load(_path).EXAMPLES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """
    Run a test with all plots.

    One that asks for `example` gets each name, one for `picture` each name with each of its
    variants, one for `edge` only with the first and the last of them.
    """
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", list(EXAMPLES))
    for fixture, step in (("picture", 1), ("edge", None)):
        if fixture not in metafunc.fixturenames:
            continue
        pairs = [
            (name, more)
            for name, (_, variants) in EXAMPLES.items()
            for more in variants[:: step or max(1, len(variants) - 1)]
        ]
        ids = [f"{name} {' '.join(f'{k}={v}' for k, v in more.items())}" for name, more in pairs]
        metafunc.parametrize(fixture, pairs, ids=ids)


class Read:
    """What is drawn on axes, as numbers."""

    @staticmethod
    def rows(ax) -> list[list[tuple[float, float]]]:
        """The horizontal bars of each row, from the top: from where to where they reach."""
        rows: dict[int, list[tuple[float, float]]] = {}
        for bar in ax.patches:
            middle = round(bar.get_y() + bar.get_height() / 2)
            rows.setdefault(middle, []).append((bar.get_x(), bar.get_x() + bar.get_width()))
        return [rows[i] for i in sorted(rows)]

    @staticmethod
    def columns(ax) -> list[list[tuple[float, float]]]:
        """The vertical bars of each period, from the left."""
        columns: dict[float, list[tuple[float, float]]] = {}
        for bar in ax.patches:
            span = (bar.get_y(), bar.get_y() + bar.get_height())
            columns.setdefault(round(bar.get_x(), 3), []).append(span)
        return [columns[at] for at in sorted(columns)]

    @staticmethod
    def intervals(ax, axis: int = 0) -> list[tuple[float, float]]:
        """The whiskers, in the order drawn (`axis` 0 along x, 1 along y)."""
        return [
            (segment[0][axis], segment[1][axis])
            for lines in ax.collections
            if isinstance(lines, LineCollection)
            for segment in lines.get_segments()
        ]

    @staticmethod
    def points(ax, marker: str) -> list[tuple[float, float]]:
        """The points of a marker."""
        return [
            (float(x), float(y))
            for line in ax.get_lines()
            if line.get_marker() == marker
            for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
        ]

    @staticmethod
    def labels(ax) -> list[str]:
        """The names of the rows."""
        return [t.get_text().replace("\n", " ") for t in ax.get_yticklabels()]

    @staticmethod
    def beside(ax) -> list[str]:
        """What is said beside the rows."""
        return [t.get_text() for t in ax.texts]


@pytest.fixture
def read() -> type[Read]:
    return Read


@pytest.fixture
def few_panels(monkeypatch):
    """Two panels are as good as six to find what is cut off, and three times as quick."""
    canvas = importlib.import_module("postorder_nb.plots.canvas")
    monkeypatch.setattr(canvas, "MOST_PANELS", 2)


@pytest.fixture(scope="session")
def snap() -> dict[str, Any]:
    """The tables of a small shop, with some refunds that have not arrived."""
    own = dict(_load(FOLDER / "shop.py").frames())
    own["orders"] = own["orders"].assign(buyer_country=own["orders"]["country"])
    unpaid, moved = own["returns"].copy(), own["money_movements"].copy()
    status = unpaid["refund_status"].astype("string")
    status.iloc[:40] = ["PENDING", "FAILED", "$NEW$", "PENDING"] * 10
    unpaid["refund_status"] = status
    of = dict(zip(unpaid["return_id"].iloc[:40], status.iloc[:40], strict=True))
    told = moved["status"].astype("string")
    moved["status"] = moved["record_id"].map(of).astype("string").fillna(told)
    return own | {"unpaid_returns": unpaid, "unpaid_movements": moved}


@pytest.fixture(scope="session")
def examples() -> dict[str, Any]:
    """All plots: how to make their arguments, and the variants to draw."""
    return EXAMPLES


@pytest.fixture(scope="session")
def arguments(snap):
    """Make the arguments of a plot: of all records, or of `head` of each table."""

    def made(name: str, head: int | None = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
        tables = snap if head is None else {key: table.head(head) for key, table in snap.items()}
        return EXAMPLES[name][0](tables)

    return made


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
