"""Durations of fifty shops, against plain loops over what truly happened in them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from statistics import NormalDist

import pandas as pd
import pytest

from postorder_nb.errors import InputError
from postorder_nb.metrics import (
    close_days,
    cohorts,
    escalation_days,
    escalation_rate,
    refund_days,
    response_days,
    ship_days,
)

Z = NormalDist().inv_cdf(0.975)
FIGURES = ("median_days", "p90_days", "mean_days")


def spell(start, done, other, now):
    """(whole minutes, end) of one record, or None if it has not begun."""
    if start is None or start > now:
        return None
    done = done if done and done <= now else None
    other = other if other and other <= now else None
    if done and (other is None or done <= other):
        return (done - start) // timedelta(minutes=1), 1
    if other:
        return (other - start) // timedelta(minutes=1), 2
    return (now - start) // timedelta(minutes=1), 0


def curve(spells):
    """[(days, F, variance)]: Aalen and Johansen's estimate, and its variance by the double sum."""
    steps, stay, share = [], 1.0, 0.0
    for minute in sorted({m for m, _ in spells}):
        risk = sum(m >= minute for m, _ in spells)
        done = sum(s == (minute, 1) for s in spells)
        other = sum(s == (minute, 2) for s in spells)
        share += stay * done / risk
        steps.append((minute / 1440, risk, done, other, stay, share))
        stay *= 1 - (done + other) / risk
    found = []
    for day, *_, upto in steps:
        variance = 0.0
        for past, risk, done, other, before, then in steps:
            if past > day:
                break
            a, b, gap = done / risk, other / risk, upto - then
            left = 1 - a - b
            moved = gap / left if left > 1e-12 else 0.0
            own = before - moved
            parts = own**2 * a * (1 - a) + moved**2 * b * (1 - b) + 2 * own * moved * a * b
            variance += parts / risk
        found.append((day, upto, variance))
    return found, stay


def bounds(share, variance):
    rest = 1 - share
    if share < 1e-12 or rest < 1e-12:
        return (round(share), round(share))
    half = Z * math.sqrt(variance) / (rest * math.log(rest))
    low, high = 1 - rest ** math.exp(half), 1 - rest ** math.exp(-half)
    return min(low, high), max(low, high)


def figures(spells, horizon=30.0):
    steps, left = curve(spells)
    limits = [bounds(share, variance) for _, share, variance in steps]
    found = {"n": len(spells)}
    for name, end in (("n_done", 1), ("n_other", 2), ("n_open", 0)):
        found[name] = sum(e == end for _, e in spells)
    for name, q in (("median_days", 0.5), ("p90_days", 0.9)):
        lines = {
            name: [share for _, share, _ in steps],
            f"{name}_low": [high for _, high in limits],
            f"{name}_high": [low for low, _ in limits],
        }
        for key, line in lines.items():
            reached = [s[0] for s, value in zip(steps, line, strict=True) if value >= q - 1e-12]
            found[key] = min(reached, default=math.nan)
    if steps[-1][0] < horizon and left > 1e-12:
        found["mean_days"] = math.nan
    else:
        area, last, level = 0.0, 0.0, 0.0
        for day, share, _ in steps:
            if day > horizon:
                break
            area, last, level = area + (1 - level) * (day - last), day, share
        found["mean_days"] = area + (1 - level) * (horizon - last)
    return found


def table_spells(truths, start, done, other, now):
    some = [spell(start(r), done(r), other(r), now) for r in truths]
    return [s for s in some if s]


def compare(result, shops, expected_of):
    assert len(result) == sum(1 for _, shop in shops if expected_of(shop))
    rows = {row["shop"]: row for row in result.to_dict("records")}
    for name, shop in shops:
        spells = expected_of(shop)
        if not spells:
            continue
        for column, value in figures(spells).items():
            assert rows[name][column] == pytest.approx(value, rel=1e-9, nan_ok=True), (name, column)


def earliest(*moments: datetime | None) -> datetime | None:
    return min((m for m in moments if m), default=None)


def created(record):
    return record.created_at


def escalated(record):
    return getattr(record, "escalated_at", None)


def test_days_until_returns_are_closed(shops):
    now = next(iter(shops))[1].now
    found = close_days(shops.frames["returns"], cases=shops.frames["cases"], by="shop", as_of=now)
    compare(
        found,
        shops,
        lambda shop: table_spells(
            shop.truth["returns"],
            created,
            lambda r: r.closed_at if not escalated(r) else None,
            escalated,
            now,
        ),
    )


@pytest.mark.parametrize("name", ["cancellations", "inquiries", "cases"])
def test_days_until_other_records_are_closed(shops, name):
    now = next(iter(shops))[1].now
    found = close_days(shops.frames[name], by="shop", as_of=now)
    ended = (lambda r: r.modified_at if r.closed_at else None) if name == "cases" else None
    compare(
        found,
        shops,
        lambda shop: table_spells(
            shop.truth[name], created, ended or (lambda r: r.closed_at), lambda _: None, now
        ),
    )


@pytest.mark.parametrize("name", ["returns", "cancellations", "inquiries"])
def test_days_until_money_is_back(shops, name):
    now = next(iter(shops))[1].now
    cases = shops.frames["cases"] if name == "returns" else None
    found = refund_days(shops.frames[name], cases=cases, by="shop", as_of=now)

    def paid(record):
        if not (record.refund and record.refund.amount > 0):
            return None
        return record.closed_at if name == "inquiries" else record.refunded_at

    def other(record):
        return earliest(None if paid(record) else record.closed_at, escalated(record))

    compare(found, shops, lambda shop: table_spells(shop.truth[name], created, paid, other, now))


MESSAGES = {
    "SELLER_SEND_MESSAGE",
    "SUBMIT_FILE",
    "DELETE_FILE",
    "A message was sent from one party to another.",
}
WAITING = {"RETURN_REQUESTED", "RETURN_REQUEST_TIMEOUT", "APPROVAL_PENDING"}


def first(record, kind):
    return earliest(*(line.at for line in record.history if kind(line)))


@pytest.mark.parametrize("name", ["returns", "cancellations", "inquiries"])
def test_days_until_the_seller_answers(shops, name):
    now = next(iter(shops))[1].now
    history = shops.frames["history"]
    found = response_days(shops.frames[name], history=history, by="shop", as_of=now)
    by_columns = response_days(shops.frames[name], by="shop", as_of=now)
    pd.testing.assert_frame_equal(by_columns, found)

    def answered(record):
        return first(record, lambda e: e.actor == "SELLER" and e.activity not in MESSAGES)

    def freed(record):
        settled = first(
            record,
            lambda e: (
                e.actor != "SELLER"
                and name != "inquiries"
                and e.from_state in WAITING
                and e.to_state not in WAITING
            ),
        )
        return earliest(settled, record.closed_at, escalated(record))

    def asked(record):
        own = name == "cancellations" and record.requestor != "BUYER"
        return None if own else record.created_at

    def expected(shop):
        spells = table_spells(shop.truth[name], asked, answered, freed, now)
        shop_other = sum(end == 2 for _, end in spells)
        return [(m, 0 if end == 2 else end) for m, end in spells], shop_other

    rows = {row["shop"]: row for row in found.to_dict("records")}
    for key, shop in shops:
        spells, other = expected(shop)
        if spells:
            figure = figures(spells)
            assert rows[key]["n_other"] == other
            assert rows[key]["n_open"] == figure["n_open"] - other
            for column in ("n", "n_done", *FIGURES):
                assert rows[key][column] == pytest.approx(figure[column], rel=1e-9, nan_ok=True)
    assert found.attrs["estimator"] == "Kaplan-Meier"


def test_days_until_buyers_ship(shops):
    now = next(iter(shops))[1].now
    found = ship_days(
        shops.frames["returns"], history=shops.frames["history"], by="shop", as_of=now
    )
    by_columns = ship_days(shops.frames["returns"], by="shop", as_of=now)
    pd.testing.assert_frame_equal(by_columns, found)
    compare(
        found,
        shops,
        lambda shop: table_spells(
            shop.truth["returns"],
            lambda r: first(r, lambda e: e.to_state == "ITEM_READY_TO_SHIP"),
            lambda r: first(r, lambda e: e.to_state in {"ITEM_SHIPPED", "ITEM_DELIVERED"}),
            lambda r: earliest(r.closed_at, escalated(r)),
            now,
        ),
    )


def escalation_spells(records, now):
    return table_spells(
        records, created, escalated, lambda r: None if escalated(r) else r.closed_at, now
    )


@pytest.mark.parametrize("by_lines", [False, True])
def test_days_until_escalation(shops, by_lines):
    now = next(iter(shops))[1].now
    told = {"history" if by_lines else "cases": shops.frames["history" if by_lines else "cases"]}
    found = escalation_days(shops.frames["returns"], by="shop", as_of=now, **told)
    compare(found, shops, lambda shop: escalation_spells(shop.truth["returns"], now))


def test_the_curve_is_the_incidence_by_day(shop):
    shop = shop(3)
    found = escalation_days(
        shop.all_inquiries, cases=shop.frames["cases"], as_of=shop.now, curve=True
    )
    steps, _ = curve(escalation_spells(shop.truth["all_inquiries"], shop.now))
    assert found["days"].tolist() == pytest.approx([day for day, _, _ in steps])
    assert found["share"].tolist() == pytest.approx([share for _, share, _ in steps], rel=1e-9)
    limits = [bounds(share, variance) for _, share, variance in steps]
    assert found["share_low"].tolist() == pytest.approx([low for low, _ in limits], rel=1e-9)
    assert found["share_high"].tolist() == pytest.approx([high for _, high in limits], rel=1e-9)


def test_escalation_rate_by_days(shops):
    now = next(iter(shops))[1].now
    found = escalation_rate(
        shops.frames["returns"],
        cases=shops.frames["cases"],
        by="shop",
        days=[7, 21, 400],
        as_of=now,
    )
    rows = {(row["shop"], row["days"]): row for row in found.to_dict("records")}
    for key, shop in shops:
        spells = escalation_spells(shop.truth["returns"], now)
        steps, left = curve(spells)
        for day in (7, 21, 400):
            row = rows[key, day]
            past = [s for s in steps if s[0] <= day]
            share, variance = past[-1][1:] if past else (0.0, 0.0)
            if day > steps[-1][0] and left > 1e-12:
                assert math.isnan(row["rate"])
            else:
                assert row["rate"] == pytest.approx(share, abs=1e-12)
                low, high = bounds(share, variance)
                assert (row["rate_low"], row["rate_high"]) == pytest.approx((low, high), rel=1e-9)
            by_then = [end for minute, end in spells if minute <= day * 1440]
            assert (row["escalated"], row["other"], row["open"]) == tuple(
                by_then.count(end) for end in (1, 2, 0)
            )
            assert row["n"] == len(spells)


def test_cohorts_are_told_once_they_are_old_enough(shops):
    now = next(iter(shops))[1].now
    found = cohorts(shops.frames["returns"], event="closed", by="shop", ages=4, as_of=now)
    rows = {
        (row["shop"], row["period"].to_pydatetime(), row["age_weeks"]): row
        for row in found.to_dict("records")
    }
    seen = 0
    for key, shop in shops:
        weeks = {}
        for record in shop.truth["returns"]:
            day = record.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
            weeks.setdefault(day - timedelta(days=day.weekday()), []).append(record)
        for week, records in weeks.items():
            for age in range(1, 5):
                row = rows[key, week, age]
                seen += 1
                assert row["n"] == len(records)
                if week + timedelta(days=7 + 7 * age) > now:
                    assert math.isnan(row["rate"])
                    assert row["n_done"] is not row["n"]
                    continue
                done = sum(
                    bool(r.closed_at and not escalated(r))
                    and (r.closed_at - r.created_at) // timedelta(minutes=1) <= age * 7 * 1440
                    for r in records
                )
                assert (row["n_done"], row["rate"]) == (done, done / len(records))
    assert seen == len(found)


def test_looking_from_an_earlier_day_is_as_if_it_were_that_day(shop):
    shop = shop(7)
    then = shop.now - timedelta(days=40)
    found = close_days(shop.frames["cancellations"], as_of=then)
    spells = table_spells(
        shop.truth["cancellations"], created, lambda r: r.closed_at, lambda _: None, then
    )
    row = found.to_dict("records")[0]
    for column, value in figures(spells).items():
        assert row[column] == pytest.approx(value, rel=1e-9, nan_ok=True)


def test_where_time_stands(shop, table):
    frame = shop(0).frames["cancellations"]
    assert (
        close_days(frame).attrs["as_of"]
        == max(frame[c].max() for c in ("created_at", "closed_at")).isoformat()
    )
    frame = frame.copy()
    frame.attrs["fetched_at"] = "2026-04-01T10:00:00+00:00"
    assert close_days(frame).attrs["as_of"] == "2026-04-01T10:00:00+00:00"
    with pytest.raises(InputError, match="time zone"):
        close_days(frame, as_of="2026-04-01")
    with pytest.raises(InputError, match="no moment"):
        close_days(frame, as_of="soon")


def test_all_engines_agree(shop, engine):
    shop = shop(5)
    frames = shop.frames
    told = {name: engine(frames[name]) for name in ("returns", "cases", "history")}
    calls = [
        lambda t: close_days(t["returns"], cases=t["cases"], by="reason", freq="month"),
        lambda t: response_days(t["returns"], history=t["history"]),
        lambda t: refund_days(t["returns"], as_of=shop.now, curve=True),
        lambda t: cohorts(t["returns"], cases=t["cases"], ages=2),
    ]
    for call in calls:
        pd.testing.assert_frame_equal(call(told), call(frames))
