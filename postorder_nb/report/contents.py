"""What the report says: its sections, each from the metrics of the same names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from .. import clock, metrics, tables
from ..enums import label
from ..errors import InputError
from ..metrics.results import money
from . import headline, trust
from .material import Material, Snapshot
from .parts import Part, Section, lacking, measured

_SOURCES = {"SIMULATOR": "SIMULATOR (a made-up shop)", "PRODUCTION": "PRODUCTION (eBay)"}
_WEEK = 7
_AGES = (3, 7, 14, 30)
_UNSHARED = ("rate_shrunk_low", "rate_shrunk_high")
_COUNTED = (
    "Counts each of the {table} once, by the reason given when it was opened; the share is of all"
    " {table}, those without a reason included."
)
_REFUNDED = (
    "What the seller actually paid back, each currency by itself; a refund of zero is none. Total,"
    " mean and median are of the refunded {table}; the share is of all {table} in that currency."
)
_ESCALATED = (
    "The {table} that eBay was asked to decide, as a share of all {table}. Those still open may"
    " yet be escalated."
)
_NO_CASES = (
    " eBay's search leaves escalated inquiries out, and the cases were read without details: the"
    " rate is too low."
)
_CASES = (
    " eBay's search leaves escalated inquiries out: those whose case alone is known are added here."
)
_BY_AGE = (
    "The share escalated by each age, however many are still open: a return closed otherwise can"
    " no longer be escalated, one still open counts as long as it was seen (Aalen-Johansen)."
)
_COHORTS = (
    "What has become of the returns of each period, by their age. A field stays empty until all"
    " returns of the period could reach that age: so young periods are not read as good ones."
)
_RANKED = (
    "Ranked by what is bad for certain: each rate is drawn towards that of all {things}, the more"
    " the fewer records there are, and the order is that of its interval's lower end. The event is"
    " a return not as described."
)


def sections(material: Material) -> list[Section]:
    """Return the sections of the report, in their order."""
    makers: Sequence[Callable[[Material], Section]] = (
        _glance, _changes, _due, _reasons, _money, _escalation, _trouble, _orders, trust.section,
    )  # fmt: skip
    return [make(material) for make in makers]


def facts(material: Material) -> list[tuple[str, str]]:
    """Say where the tables come from and what time they cover."""
    meta = material.meta
    source = str(meta.get("source") or "not stated")
    since, until = meta.get("since") or material.first, meta.get("until") or material.last
    known = since is not None and until is not None
    span = f"{_day(since, material)} to {_day(until, material)}" if known else "none"
    rows = [
        ("Source", _SOURCES.get(source, source)),
        ("Marketplace", meta.get("marketplace")),
        ("Records opened", span),
        ("Fetched", _minute(meta["fetched_at"], material) if meta.get("fetched_at") else None),
        ("Page written", _minute(clock.now(), material)),
        ("Buyers", "as eBay names them" if material.buyers else "numbered, not named"),
    ]
    return [(name, str(value)) for name, value in rows if value]


def period(material: Material) -> str:
    """Say what the headline figures count and compare."""
    if material.days is None:
        return (
            "All records of the report. It covers too little time to be compared with a period"
            " before."
        )
    start = material.as_of - pd.Timedelta(days=material.days)
    return (
        f"The last {material.days} days, from {_minute(start, material)}, against the"
        f" {material.days} days before. In brackets and in small print: what chance alone may have"
        " made of it (95 % intervals)."
    )


def _glance(material: Material) -> Section:
    figures, missing = headline.figures(material)
    parts = [Part("", missing=sentence) for sentence in missing]
    return Section("glance", "At a glance", period(material), figures, parts)


def _changes(material: Material) -> Section:
    lead = (
        "The last 7 days against the weeks before, corrected for the many things that were looked"
        " at: of what stands here, about one in twenty is down to chance."
    )
    try:
        found = metrics.alerts(material.records, as_of=material.as_of)
        said = found["sentence"].tolist()
        looked = found.attrs["n_looked"]
        none = f"Nothing stands out beyond chance; {looked:,} things were looked at."
        alerts = Part("Alerts", sentences=said or [none])
    except InputError as error:
        alerts = Part("Alerts", missing=lacking(error))
    chart = measured(
        "Returns by week",
        "control_chart",
        _whole_weeks(material),
        says="Returns opened per day, and the limits that chance alone oversteps in three of a"
        " thousand weeks.",
        drawn=True,
        tz=material.tz,
        as_of=material.as_of,
        shown=lambda _: None,
    )
    return Section("changes", "What has changed", lead, parts=[alerts, chart])


def _whole_weeks(material: Material) -> pd.DataFrame:
    """Leave out the returns of the week in which the fetch begins: it would look like a low one."""
    frame, since = material["returns"], material.meta.get("since")
    if since is None or "created_at" not in frame:
        return frame
    start = _local(since, material).tz_localize(None)
    monday = (start - pd.Timedelta(days=start.weekday())).normalize()
    first = monday if monday == start else monday + pd.Timedelta(weeks=1)
    whole = frame[frame["created_at"] >= _local(first.tz_localize(material.tz), material)]
    return whole if len(whole) else frame


def _due(material: Material) -> Section:
    lead = "What waits for the seller, by when, and the money that hangs on it; overdue ones first."
    said: list[str] = []

    def shown(rows: pd.DataFrame) -> pd.DataFrame:
        said.extend([_stakes(rows)] if len(rows) else [])
        words = {name: [label(str(v)) for v in rows[name]] for name in ("action", "record")}
        told = [
            _amount(*stake)
            for stake in zip(
                rows.pop("at_stake_amount"), rows.pop("at_stake_currency"), strict=True
            )
        ]
        return rows.assign(**words, at_stake=told)

    queue = measured(
        "Work queue", "deadlines", material.records, shown=shown, most=40,
        as_of=material.as_of, within=_WEEK, tz=material.tz,
        none=f"Nothing is due within {_WEEK} days.",
    )  # fmt: skip
    short = [Part("", sentences=said)] if said else []
    return Section("due", "Due this week", lead, parts=[*short, queue])


def _amount(amount: float, code: Any) -> str:
    if pd.isna(amount):
        return "-"
    return f"{amount:,.2f} (no currency)" if pd.isna(code) else f"{money(amount, code)} {code}"


def _stakes(rows: pd.DataFrame) -> str:
    overdue = int((rows["days_left"] < 0).sum())
    sums = rows.groupby("at_stake_currency", observed=True)["at_stake_amount"].sum()
    stakes = ", ".join(f"{money(total, str(code))} {code}" for code, total in sums.items())
    late = f", {overdue:,} of them overdue" if overdue else ""
    things = "thing is" if len(rows) == 1 else "things are"
    return f"{len(rows):,} {things} due within {_WEEK} days{late}. At stake: {stakes or 'nothing'}."


def _reasons(material: Material) -> Section:
    parts = [
        measured(
            "Reasons for returns", "reasons", material["returns"],
            says=_COUNTED.format(table="returns"), drawn=True,
        ),
        _shift(material),
        measured(
            "Reasons for inquiries", "inquiry_reasons", material["inquiries"],
            says=_COUNTED.format(table="inquiries"), leave=["cumulative_share"],
        ),
        measured(
            "Reasons for cancellations", "cancellation_reasons", material["cancellations"],
            says="Who calls orders off, and why. Out of stock counts as a defect of the seller.",
            leave=["cumulative_share"],
        ),
    ]  # fmt: skip
    return Section("reasons", "Reasons", parts=parts)


def _shift(material: Material) -> Part:
    days = material.days or 28

    def changed(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[rows["changed"].fillna(value=False).astype(bool)].drop(columns="changed")

    return measured(
        "What has shifted among the reasons", "reason_shift", material["returns"], shown=changed,
        says=f"The last {days} whole days against the {days} before; p-values are corrected for"
        " the many reasons looked at.",
        none="No reason has shifted beyond chance.",
        days=days, until=_local(material.as_of, material).date(), tz=material.tz,
    )  # fmt: skip


def _money(material: Material) -> Section:
    returns = material["returns"]
    leave = ["mean_amount_low", "mean_amount_high"]
    parts = [
        measured(
            "Refunds of returns", "refund_amount", returns,
            says=_REFUNDED.format(table="returns"), drawn=True, leave=leave,
        ),
        measured(
            "Refunds of inquiries", "refund_amount", material["inquiries"],
            says=_REFUNDED.format(table="inquiries"), leave=leave,
        ),
        _net_cost(returns),
    ]  # fmt: skip
    for name in ("returns", "cancellations"):
        parts.append(
            measured(
                f"Refunds of {name} that have not arrived", "pending_and_failed", material[name],
                movements=material["money_movements"], as_of=material.as_of,
                none="None is pending, none has failed.",
            )
        )  # fmt: skip
    lead = "Each currency by itself: nothing is converted or added up."
    return Section("money", "Money", lead, parts=parts)


def _net_cost(returns: pd.DataFrame) -> Part:
    title = "Net cost of returns"
    says = "Refund and label, less what eBay credits of fees and donations."
    if "fee_credit_amount" not in returns:
        missing = (
            "the table of returns tells neither labels nor credits. To have it: fetch the details"
            " of the returns."
        )
        return Part(title, says, missing=missing)
    return measured(title, "net_cost", returns, says=says)


def _escalation(material: Material) -> Section:
    returns, inquiries, cases = material["returns"], material["inquiries"], material.linked
    parts = [
        measured(
            "Returns escalated", "escalation_rate", returns, cases=cases,
            says=_ESCALATED.format(table="returns"),
        ),
        measured(
            "Returns escalated, by age", "escalation_rate", returns, cases=cases, days=_AGES,
            as_of=material.as_of, says=_BY_AGE,
        ),
        _cohorts(material),
        measured(
            "Inquiries escalated", "escalation_rate", inquiries, cases=cases,
            says=_ESCALATED.format(table="inquiries") + (_NO_CASES if cases is None else _CASES),
        ),
        measured(
            "How cases end", "case_outcomes", material["cases"],
            says="Of the closed cases: who won, and in how many eBay held the seller at fault.",
        ),
    ]  # fmt: skip
    return Section("escalation", "Escalation", parts=parts)


def _cohorts(material: Material) -> Part:
    """Follow weeks where there are few, else months."""
    whole = (material.last - material.first).days if material.first is not None else 0
    freq = "month" if whole > 150 else "week"
    return measured(
        f"Returns escalated, by {freq} and age", "cohorts", material["returns"], says=_COHORTS,
        drawn=True, shown=_triangle, most=24, cases=material.linked, freq=freq, ages=6,
        tz=material.tz, as_of=material.as_of,
    )  # fmt: skip


def _triangle(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the ages beside one another."""
    wide = rows.pivot(index=["period", "n"], columns="age_weeks", values="rate")
    wide.columns = pd.Index([f"share_by_week_{age}" for age in wide.columns])
    wide = wide.reset_index()
    wide.attrs = dict(rows.attrs)
    return wide


def _trouble(material: Material) -> Section:
    returns, orders = material["returns"], material.orders
    by_orders: dict[str, Any] = {} if orders is None else {"orders": orders}
    says = _RANKED.format(things="items")
    if by_orders:
        says = says.replace("a return not as described", "a return; the records are orders")
    parts = [
        measured("Items", "items", returns, says=says, drawn=True, most=12, leave=_UNSHARED,
                 **by_orders),
        measured("Buyers with two returns or more", "buyers", returns, min_n=2, most=10,
                 says=_RANKED.format(things="buyers"), leave=[*_UNSHARED, "share"],
                 none="No buyer has two returns."),
        measured("How much hangs on a few buyers", "concentration", returns,
                 says="Members are buyers, repeat those with two returns or more; the shares are"
                 " of all returns."),
    ]  # fmt: skip
    return Section("trouble", "Problem items and buyers", parts=parts)


def _orders(material: Material) -> Section:
    title = "Against the orders"
    if material.orders is None:
        missing = (
            "Return rates need the orders, which this API does not have. To have them: give a"
            " table of the orders (orders=, on the command line --orders FILE)."
        )
        return Section("orders", title, parts=[Part("Rates", missing=missing)])
    options: dict[str, Any] = {"orders": material.orders, "tz": material.tz}
    says = "A record counts in the month in which its order was placed: the last months may rise."
    parts = [
        measured("Return rate", "return_rate", material["returns"], says=says, freq="month",
                 drawn=True, **options),
        measured("Inquiry rate", "inquiry_rate", material["inquiries"], says=says, freq="month",
                 **options),
        measured("Defect rate", "defect_rate", cancellations=material["cancellations"],
                 cases=material["cases"], says="Against eBay's limit of 2 %: out of stock, or a"
                 " case closed against the seller.", **options),
        measured("Cases closed without resolution", "cases_closed_without_resolution",
                 material["cases"], says="Against eBay's limit of 0.3 %.", **options),
    ]  # fmt: skip
    return Section("orders", title, parts=parts)


def counts(material: Material) -> tuple[list[str], list[list[str]]]:
    """Count the records of each table, with the first and last day of opening."""
    rows = []
    for name in tables.NAMES:
        frame = material[name]
        days = frame["created_at"].dropna() if "created_at" in frame else pd.Series(dtype=object)
        ends = [_day(d, material) for d in (days.min(), days.max())] if len(days) else ["-", "-"]
        rows.append([name.capitalize(), f"{len(frame):,}", *ends])
    return ["Records", "Count", "First opened", "Last opened"], rows


def _local(moment: Any, material: Material) -> pd.Timestamp:
    stamp = pd.Timestamp(moment)
    stamp = stamp.tz_localize("UTC") if stamp.tz is None else stamp
    return stamp.tz_convert(material.tz)


def _day(moment: Any, material: Material) -> str:
    return f"{_local(moment, material):%Y-%m-%d}"


def _minute(moment: Any, material: Material) -> str:
    return f"{_local(moment, material):%Y-%m-%d %H:%M} {material.tz}"


__all__ = ["Material", "Snapshot", "counts", "facts", "period", "sections"]
