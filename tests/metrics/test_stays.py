"""How long records stay in each state, where DuckDB reads the lines, against plain loops."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postorder_nb.metrics import bins, stays, stream
from postorder_nb.metrics.bins import Bins
from postorder_nb.metrics.grouping import NOT_GIVEN, Source

START = datetime(2020, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=1500)
NEAR, FAR, EVER = 60, 60 * 24 * 50, 60 * 24 * 800  # minutes


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 2**15 - 1, 2**15, 2**31])))
    )
)
def test_bins_count_what_they_are_given(batches):
    bins = Bins(codes=4)
    for batch in batches:
        codes, minutes = np.array(batch, dtype="int64").reshape(-1, 2).T
        bins.add(codes, minutes)
    found = bins.counts()
    times = {(row.code, row.minutes): row.n for row in found.itertuples()}
    assert times == Counter(pair for batch in batches for pair in batch)
    assert len(found) == len(times)


def test_bins_take_no_more_codes_than_they_can_hold(monkeypatch):
    monkeypatch.setattr(bins, "MOST_CODES", 3)
    few = Bins(codes=9)
    few.add(np.array([8, 0, 8]), np.array([1, 1, 1]))
    few.add(np.array([4]), np.array([2]))
    assert not few.full
    few.add(np.array([5, 4]), np.array([2, 2]))
    assert few.full


def history(states, minutes, records=40):
    """Lead records through states, with lines that are no moves between."""
    dice, lines = np.random.default_rng(len(states)), []
    for number in range(records):
        at, state = START + timedelta(minutes=int(dice.integers(0, 9999)), seconds=30), "INITIAL"
        for seq in range(int(dice.integers(1, 6))):
            after = str(dice.choice(states)) if seq < 4 else "CLOSED"
            lines.append((str(number), seq, at, state, state if dice.random() < 0.2 else after))
            state, at = lines[-1][4], at + timedelta(seconds=60 * int(dice.choice(minutes)) + 1)
    columns = ["record_id", "seq", "at", "from_state", "to_state"]
    made = pd.DataFrame(lines, columns=columns)
    texts = ["record", "activity", "record_id", "from_state", "to_state"]
    return made.assign(record="return", activity="x").astype(
        dict.fromkeys(texts, "string") | {"at": "datetime64[us, UTC]"}
    )


def counted(lines, now):
    """Count by loops: (from, to, minutes), minutes None for the first move of a record."""
    found: Counter[tuple[str, str, float | None]] = Counter()
    for _, all_of_it in lines.sort_values(["at", "seq"]).groupby("record_id"):
        rows = all_of_it.to_dict("records")
        own = [row for row in rows if row["from_state"] != row["to_state"]]
        for at, row in enumerate(own):
            took = (row["at"] - own[at - 1]["at"]) // timedelta(minutes=1) if at else None
            found[row["from_state"], row["to_state"], took] += row["at"] <= now
        past = [row for row in own if row["at"] <= now]
        if past and past[-1]["to_state"] != "CLOSED":
            so_far = (now - past[-1]["at"]) // timedelta(minutes=1)
            found[past[-1]["to_state"], stays.STILL, so_far] += 1
    return +found


def tallied(table, as_of):
    counts, _ = stays.tally(Source(table), as_of)
    rows = counts.groupby(["from_state", "to_state", "minutes"], dropna=False)["n"].sum()
    return {
        (before, after, None if np.isnan(minutes) else int(minutes)): n
        for (before, after, minutes), n in rows.items()
    }


def with_moments(lines):
    """Add the columns that a fetched history has, so that DuckDB counts and not the memory."""
    source = stays._with_neighbours(Source(lines))
    return source.frame.collect("pyarrow").to_native()


STATES = {
    "eBay's": ["RETURN_REQUESTED", "ITEM_SHIPPED", "ITEM_DELIVERED", "REFUND_FAILED"],
    "unheard of": ["it's", 'a "state"', *(f"STATE_{i}" for i in range(4))],
    "more than have bins": ["it's", 'a "state"', *(f"STATE_{i}" for i in range(78))],
}


@pytest.mark.parametrize("now", [NOW, START + timedelta(days=4), None])
@pytest.mark.parametrize("minutes", [[0, 1, NEAR], [NEAR, FAR], [0, FAR, EVER]])
@pytest.mark.parametrize("states", STATES)
@pytest.mark.parametrize("some", [3, 20_000], ids=["few lines tell", "all lines tell"])
def test_stays_are_counted_as_by_hand(some, states, minutes, now, monkeypatch):
    monkeypatch.setattr(stream, "_SOME", some)
    monkeypatch.setattr(bins, "MOST_CODES", 50)
    lines = history(STATES[states], minutes)
    expected = counted(lines, now or lines["at"].max())
    assert any(took is not None for *_, took in expected)
    assert tallied(duckdb.from_arrow(with_moments(lines)), now) == expected
    assert tallied(lines, now) == expected


def test_duckdb_counts_in_one_pass_unless_the_states_are_too_many(monkeypatch):
    monkeypatch.setattr(bins, "MOST_CODES", 50)
    found = {
        name: stream.count(Source(duckdb.from_arrow(with_moments(history(states, [NEAR])))), NOW)
        for name, states in STATES.items()
    }
    assert [name for name, moves in found.items() if moves is None] == ["more than have bins"]


@pytest.mark.parametrize("last", ["message", "inquiry"])
def test_the_latest_line_is_the_moment_also_if_it_is_no_move(last):
    lines = history(STATES["eBay's"], [NEAR])
    end = lines["at"].max() + timedelta(days=3)
    line = lines.tail(1).assign(at=end, seq=9, from_state=pd.NA, to_state=pd.NA, activity="said")
    if last == "inquiry":
        opened = line.assign(record="inquiry", record_id="77", at=end - timedelta(hours=5), seq=0)
        line = pd.concat([opened, line.assign(record="inquiry", record_id="77", activity="closed")])
    lines = pd.concat([lines, line.astype(lines.dtypes)], ignore_index=True)
    own = lines[(lines["record"] == "return") & (lines["activity"] == "x")]
    expected = counted(own, end)
    if last == "inquiry":
        expected["said", "closed", 300] = 1
    for table in (lines, duckdb.from_arrow(with_moments(lines))):
        assert stays.tally(Source(table), None)[1] == end
        assert tallied(table, None) == expected


def test_a_line_without_a_state_is_no_stay_of_it():
    lines = history(["A", "B"], [NEAR], records=1).head(1)
    gap = lines.assign(seq=1, at=lines["at"] + timedelta(hours=2), from_state=pd.NA, to_state="B")
    lines = pd.concat([lines, gap.astype(lines.dtypes)], ignore_index=True)
    found = tallied(duckdb.from_arrow(with_moments(lines)), NOW)
    assert found == tallied(lines, NOW)
    assert NOT_GIVEN not in {before for before, *_ in found}
