from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from postorder_nb.errors import InputError
from postorder_nb.metrics import reasons

NONE = "(not given)"


def plain(value):
    return NONE if pd.isna(value) else value


def test_counts_and_shares_are_those_of_a_loop(returns, engine):
    found = reasons(engine(returns))
    pairs = zip(map(plain, returns["reason"]), map(plain, returns["reason_type"]), strict=True)
    counts = Counter(pairs)
    expected = sorted(counts.items(), key=lambda row: (-row[1], row[0][0]))
    assert list(found.columns) == [
        "reason", "reason_type", "n", "share", "share_low", "share_high", "cumulative_share",
    ]  # fmt: skip
    assert list(zip(found["reason"], found["reason_type"], strict=True)) == [k for k, _ in expected]
    assert list(found["n"]) == [n for _, n in expected]
    assert found["share"].sum() == pytest.approx(1)
    low, high = proportion_confint(found["n"], 600, method="wilson")
    assert list(found["share"]) == [n / 600 for _, n in expected]
    assert list(found["share_low"]) == pytest.approx(list(low), abs=1e-12)
    assert list(found["share_high"]) == pytest.approx(list(high), abs=1e-12)


def test_dtypes_are_the_same_on_every_engine_and_for_no_records(returns, engine):
    expected = {
        "period": "datetime64[us, UTC]", "marketplace": "string", "seller_protected": "boolean",
        "quantity": "Int64", "reason": "string", "reason_type": "string", "n": "int64",
        "share": "float64", "share_low": "float64", "share_high": "float64",
        "cumulative_share": "float64",
    }  # fmt: skip
    by = ["marketplace", "seller_protected", "quantity"]
    for frame in (returns, returns.head(1), returns.head(0)):
        found = reasons(engine(frame), by=by, freq="week")
        assert {name: str(kind) for name, kind in found.dtypes.items()} == expected
    assert len(found) == 0
    assert found.attrs["n_total"] == 0


def test_groups_are_those_of_a_loop(returns, engine):
    found = reasons(engine(returns), by="marketplace")
    groups = Counter(map(plain, returns["marketplace"]))
    cells = Counter(
        zip(map(plain, returns["marketplace"]), map(plain, returns["reason"]), strict=True)
    )
    got = {
        (row.marketplace, row.reason): (row.n, row.share) for row in found.itertuples(index=False)
    }
    assert got == {(m, r): (n, n / groups[m]) for (m, r), n in cells.items()}
    assert list(found["marketplace"].drop_duplicates()) == [NONE, "EBAY_DE", "EBAY_US"]
    for _, group in found.groupby("marketplace"):
        assert list(group["n"]) == sorted(group["n"], reverse=True)


@pytest.mark.parametrize(("freq", "tz"), [
    ("week", "UTC"), ("month", "UTC"), ("week", "America/Los_Angeles"), ("month", "Asia/Tokyo"),
])  # fmt: skip
def test_periods_are_those_of_the_calendar(returns, freq, tz):
    zone, counts = ZoneInfo(tz), Counter()
    for moment in returns["created_at"].dropna():
        day = moment.to_pydatetime().astimezone(zone).date()
        first = day - timedelta(days=day.weekday()) if freq == "week" else day.replace(day=1)
        counts[datetime(first.year, first.month, first.day, tzinfo=zone)] += 1
    found = reasons(returns, freq=freq, tz=tz)
    assert str(found["period"].dt.tz) == tz
    assert found.groupby("period")["n"].sum().to_dict() == counts
    assert found.attrs["n_undated"] == returns["created_at"].isna().sum() > 0
    assert found.attrs["n_total"] == 600 - found.attrs["n_undated"]


def test_periods_are_the_same_on_every_engine(returns, engine):
    found = reasons(engine(returns), freq="month", by="quantity")
    pd.testing.assert_frame_equal(found, reasons(returns, freq="month", by="quantity"))
    assert found.attrs == reasons(returns, freq="month", by="quantity").attrs


def test_midnight_that_the_clock_skips(table):
    """In Havana the clock went from 00:00 to 01:00 on Sunday, 8 March 2026."""
    frame = table(return_id=["1"], reason=["OTHER"], created_at=["2026-03-08T05:00:00Z"])
    monday = reasons(frame, freq="week", tz="America/Havana")["period"][0]
    assert monday == pd.Timestamp("2026-03-02", tz="America/Havana")
    frame["created_at"] = pd.to_datetime(["2026-11-01T04:30:00Z"], utc=True)
    month = reasons(frame, freq="month", tz="America/Havana")["period"][0]
    assert month == pd.Timestamp("2026-11-01T04:00:00Z")


def test_categories_without_records_have_no_row(table):
    frame = table(return_id=["1"], reason=["OTHER"])
    frame["reason"] = frame["reason"].cat.add_categories(["CUSTOMIZED"])
    assert list(reasons(frame)["reason"]) == ["OTHER"]


def test_only_gaps(table, engine):
    found = reasons(engine(table(return_id=[None, None], reason=[None, None])))
    assert found[["reason", "n", "share"]].to_numpy().tolist() == [[NONE, 2, 1.0]]


def test_provenance_is_told(returns):
    attrs = reasons(returns, by="marketplace").attrs
    assert attrs["metric"] == "reasons"
    assert (attrs["table"], attrs["unit"], attrs["date_basis"]) == (
        "returns",
        "share of records",
        "created_at",
    )
    assert (attrs["n_total"], attrs["by"]) == (600, ["marketplace"])


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"case_id": ["1"], "case_type": ["RETURN"]}, "case_type or escalate_reason"),
        ({"inquiry_id": ["1"], "status": ["OPEN"]}, "fetch the details"),
        ({"cancel_id": ["1"], "marketplace": ["EBAY_US"]}, "cancel_id, marketplace"),
    ],
)
def test_a_table_without_reasons_says_what_it_has(table, columns, says):
    frame = table(**{k: v for k, v in columns.items() if k != "cancel_id"})
    if "cancel_id" in columns:
        frame = frame.assign(cancel_id="1")[["cancel_id", "marketplace"]]
    with pytest.raises(InputError, match=says) as caught:
        reasons(frame)
    assert "'reason'" in caught.value.message


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"by": "market_place"}, "did you mean marketplace"),
        ({"by": ["marketplace", "zzz"]}, "return_id"),
        ({"by": "reason"}, "leave it out"),
        ({"freq": "hour"}, '"week"'),
        ({"freq": "week", "tz": "Mars/Olympus"}, "Europe/Berlin"),
    ],
)
def test_wrong_arguments_say_what_would_be_right(returns, arguments, says):
    with pytest.raises(InputError) as caught:
        reasons(returns, **arguments)
    assert says in str(caught.value)


def test_times_without_a_zone_are_refused(returns, engine):
    frame = returns.assign(created_at=returns["created_at"].dt.tz_localize(None))
    with pytest.raises(InputError, match="time zone"):
        reasons(engine(frame), freq="week")


def test_an_engine_of_one_zone_says_how_to_set_it(returns):
    duckdb = pytest.importorskip("duckdb")
    import pyarrow as pa  # noqa: PLC0415 - one test's engine

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        relation = connection.from_arrow(pa.Table.from_pandas(returns))
        with pytest.raises(InputError, match="SET TimeZone = 'Asia/Tokyo'"):
            reasons(relation, freq="week", tz="Asia/Tokyo")


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_months_of_utc_are_those_of_utc_in_any_zone_of_the_engine(table, zone):
    duckdb = pytest.importorskip("duckdb")
    import pyarrow as pa  # noqa: PLC0415 - one test's engine

    frame = table(
        return_id=["1", "2", "3"],
        reason=["OTHER"] * 3,
        created_at=["2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", None],
    )
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{zone}'")
        found = reasons(connection.from_arrow(pa.Table.from_pandas(frame)), freq="month")
    assert list(found["period"]) == [
        pd.Timestamp("2026-01-01", tz="UTC"),
        pd.Timestamp("2026-02-01", tz="UTC"),
    ]
    assert list(found["n"]) == [1, 1]


def test_no_table_is_refused():
    with pytest.raises(InputError, match="list is no table"):
        reasons([1, 2])


def test_a_reason_of_two_kinds_comes_in_one_order(table, engine):
    kinds = ["SNAD", "REMORSE", "CANCEL"] * 7
    frame = engine(table(return_id=["1"] * 21, reason=["OTHER"] * 21, reason_type=kinds))
    assert list(reasons(frame)["reason_type"]) == ["CANCEL", "REMORSE", "SNAD"]
