"""Every metric says the same on pandas, Polars, DuckDB, Dask and PySpark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import narwhals as nw
import pandas as pd
import pytest

from postorder_nb import metrics, tables

AS_OF = "2026-03-10T12:00:00Z"
CASES_OWN = {"by": "case_type", "confidence": 0.9}
Tables = Mapping[str, Any]
Call = Callable[[Tables], pd.DataFrame]

# narwhals announces that Dask's part will move to a package of its own, not published so far.
pytestmark = pytest.mark.filterwarnings("ignore:Dask support is moving out:FutureWarning")

# These take figures or a finished result, not a table of records.
NO_TABLE = {"as_text", "shrink", "wilson"}
RATES = pd.DataFrame(
    {"date": ["2025-01-01"] * 3, "currency": ["GBP", "EUR", "USD"], "rate": [1.15, 1.0, 0.92]}
)


DAILY = pd.DataFrame(
    [
        (day, code, rate + place / 1000)
        for place, day in enumerate(pd.date_range("2025-06-01", "2026-03-01", tz="UTC"))
        for code, rate in (("GBP", 1.15), ("USD", 0.92))
    ],
    columns=["date", "currency", "rate"],
)


def _without_history(call: Call, t: Tables) -> pd.DataFrame:
    return call({**t, "history": None})


def _plain(history: Any) -> Any:
    """The history without what its lines tell of each other."""
    beside = ("moved", "since", "until", "last_activity")
    return nw.from_native(history).drop(*beside).to_native()


def _record_tables(t: Tables) -> dict[str, Any]:
    return {name: t[name] for name in tables.NAMES}


def _converted(t: Tables) -> pd.DataFrame:
    """In one order and in plain dtypes: both are the engine's own in what is no aggregate."""
    given = t["returns"]
    made = metrics.in_currency(given, RATES, to="EUR", date="sold_at")
    opened = nw.from_native(made)
    if isinstance(opened, nw.LazyFrame):  # one that has computed nothing yet
        assert type(made) is type(given)
        made = opened.collect().to_pandas()
    made.attrs = {"columns": len(made.columns)}
    amounts = [name for name in made if str(name).endswith(("_amount", "_currency"))]
    made = made[["return_id", *amounts]]
    texts = [name for name in made if not str(name).endswith("_amount")]
    return made.astype(dict.fromkeys(texts, "string")).sort_values("return_id", ignore_index=True)


CALLS: dict[str, list[Call]] = {
    "alerts": [
        lambda t: metrics.alerts(
            _record_tables(t), days=14, weeks=6, level=None, as_of=AS_OF, volumes=("marketplace",)
        )
    ],
    "appeals": [lambda t: metrics.appeals(t["cases"], **CASES_OWN)],
    "buyers": [lambda t: metrics.buyers(t["returns"])],
    "cancellation_reasons": [lambda t: metrics.cancellation_reasons(t["cancellations"])],
    "case_outcomes": [lambda t: metrics.case_outcomes(t["cases"], **CASES_OWN)],
    "cases_closed_without_resolution": [
        lambda t: metrics.cases_closed_without_resolution(t["cases"], orders=t["orders"])
    ],
    "close_days": [
        lambda t: metrics.close_days(t["returns"], cases=t["cases"], by="reason", as_of=AS_OF),
        lambda t: metrics.close_days(t["inquiries"], curve=True, as_of=AS_OF),
    ],
    "close_reasons": [lambda t: metrics.close_reasons(t["returns"], freq="quarter")],
    "cohorts": [lambda t: metrics.cohorts(t["returns"], event="closed", as_of=AS_OF)],
    "concentration": [lambda t: metrics.concentration(t["returns"], by="marketplace")],
    "control_chart": [
        lambda t: metrics.control_chart(
            t["returns"], column="reason_type", values="SNAD", as_of=AS_OF
        ),
        lambda t: metrics.control_chart(t["returns"], orders=t["orders"], as_of=AS_OF),
    ],
    "countries": [lambda t: metrics.countries(t["returns"], orders=t["orders"], event="snad")],
    "counts": [
        lambda t: metrics.counts(t["returns"], by=["marketplace", "rma_required"], freq="week"),
        lambda t: metrics.counts(t["cancellations"], by="quantity", min_n=2),
    ],
    "deadlines": [lambda t: metrics.deadlines(_record_tables(t), as_of=AS_OF)],
    "defect_rate": [
        lambda t: metrics.defect_rate(
            cancellations=t["cancellations"], cases=t["cases"], orders=t["orders"], freq="month"
        )
    ],
    "escalation_days": [
        lambda t: metrics.escalation_days(
            t["returns"], cases=t["cases"], history=t["history"], as_of=AS_OF, curve=True
        )
    ],
    "escalation_rate": [
        lambda t: metrics.escalation_rate(t["inquiries"], cases=t["cases"], freq="month"),
        lambda t: metrics.escalation_rate(
            t["returns"], history=t["history"], days=[7, 30], as_of=AS_OF
        ),
    ],
    "exposure": [lambda t: metrics.exposure(t["returns"], tz="Europe/London", as_of=AS_OF)],
    "in_currency": [
        _converted,
        lambda t: metrics.refund_amount(
            metrics.in_currency(t["returns"], DAILY, to="EUR", date="sold_at"), by="reason"
        ),
    ],
    "inquiry_rate": [lambda t: metrics.inquiry_rate(t["inquiries"], orders=t["orders"])],
    "inquiry_reasons": [lambda t: metrics.inquiry_reasons(t["inquiries"])],
    "items": [lambda t: metrics.items(t["returns"], min_n=2)],
    "late_share": [
        lambda t: metrics.late_share(t["returns"], history=t["history"], as_of=AS_OF),
        lambda t: metrics.late_share(t["inquiries"], history=t["history"], as_of=AS_OF),
    ],
    "net_cost": [lambda t: metrics.net_cost(t["returns"], freq="month", date="refunded_at")],
    "outcomes": [
        lambda t: metrics.outcomes(t["returns"], by="reason_type"),
        lambda t: metrics.outcomes(t["cases"]),
    ],
    "pending_and_failed": [
        lambda t: metrics.pending_and_failed(
            t["returns"], movements=t["money_movements"], as_of=AS_OF
        )
    ],
    "reason_shift": [lambda t: metrics.reason_shift(t["returns"], until="2026-03-10")],
    "reasons": [
        lambda t: metrics.reasons(t["returns"], freq="day"),
        lambda t: metrics.reasons(t["returns"], measure="money"),
    ],
    "refund_amount": [lambda t: metrics.refund_amount(t["returns"], by="reason", freq="year")],
    "refund_days": [lambda t: metrics.refund_days(t["returns"], freq="month", as_of=AS_OF)],
    "refund_gap": [lambda t: metrics.refund_gap(t["returns"])],
    "refund_lines": [lambda t: metrics.refund_lines(t["refund_lines"], by="record")],
    "response_days": [
        lambda t: metrics.response_days(t["returns"], history=t["history"], as_of=AS_OF)
    ],
    "return_rate": [
        lambda t: metrics.return_rate(
            t["returns"], orders=t["orders"], by="marketplace", freq="month"
        )
    ],
    "ship_days": [lambda t: metrics.ship_days(t["returns"], history=t["history"], as_of=AS_OF)],
    "stage_flow": [lambda t: metrics.stage_flow(t["history"], as_of=AS_OF)],
}
# The same from the columns of the records, and from a history that has lost its own.
for _name in ("response_days", "ship_days", "late_share", "escalation_days"):
    CALLS[_name] += [partial(_without_history, call) for call in CALLS[_name]]
CALLS["stage_flow"].append(lambda t: metrics.stage_flow(_plain(t["history"]), as_of=AS_OF))
EACH = [(name, at) for name, calls in CALLS.items() for at in range(len(calls))]


def test_none_is_forgotten() -> None:
    assert set(CALLS) | NO_TABLE == set(metrics.__all__)


@pytest.fixture(scope="module")
def on_pandas(frames: Tables) -> Callable[[str, int], pd.DataFrame]:
    return cache(lambda name, at: CALLS[name][at](frames))


@pytest.mark.parametrize(("name", "at"), EACH)
def test_the_engine_says_what_pandas_says(
    elsewhere: Tables, on_pandas: Callable[[str, int], pd.DataFrame], name: str, at: int
) -> None:
    expected = on_pandas(name, at)
    assert len(expected) > 0
    found = CALLS[name][at](elsewhere)
    assert found.attrs == expected.attrs
    _assert_money_to_the_cent(found, expected)
    # Of what is no float, every value must be the same.
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-9)


def _assert_money_to_the_cent(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    amounts = [name for name in expected if str(name).endswith("_amount")]
    pd.testing.assert_frame_equal(found[amounts], expected[amounts], check_exact=True)


@pytest.mark.parametrize("name", ["response_days", "ship_days", "late_share", "stage_flow"])
def test_columns_say_what_the_history_says(
    on_pandas: Callable[[str, int], pd.DataFrame], name: str
) -> None:
    calls = len(CALLS[name])
    for at in range(calls // 2):
        by_history, by_columns = on_pandas(name, at), on_pandas(name, calls // 2 + at)
        pd.testing.assert_frame_equal(by_columns, by_history)
        assert by_columns.attrs == by_history.attrs
