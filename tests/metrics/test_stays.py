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

from postorder_nb.metrics import stays
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


def tallied(table, now):
    rows = stays.tally(Source(table), now).groupby(
        ["from_state", "to_state", "minutes"], dropna=False
    )["n"].sum()  # fmt: skip
    return {
        (before, after, None if np.isnan(minutes) else int(minutes)): n
        for (before, after, minutes), n in rows.items()
    }


def with_moments(lines):
    """Add the columns that a fetched history has, so that DuckDB counts and not the memory."""
    source = stays._with_neighbours(Source(lines))
    return source.frame.collect("pyarrow").to_native()


@pytest.mark.parametrize("now", [NOW, START + timedelta(days=4)])
@pytest.mark.parametrize("minutes", [[0, 1, NEAR], [NEAR, FAR], [0, FAR, EVER]])
@pytest.mark.parametrize("n", [6, 80], ids=["few states", "more than have bins"])
def test_stays_are_counted_as_by_hand(n, minutes, now):
    states = ["it's", 'a "state"', *(f"STATE_{i}" for i in range(n - 2))]
    lines = history(states, minutes)
    expected = counted(lines, now)
    assert any(took is not None for *_, took in expected)
    assert tallied(duckdb.from_arrow(with_moments(lines)), now) == expected
    assert tallied(lines, now) == expected


def test_a_line_without_a_state_is_no_stay_of_it():
    lines = history(["A", "B"], [NEAR], records=1).head(1)
    gap = lines.assign(seq=1, at=lines["at"] + timedelta(hours=2), from_state=pd.NA, to_state="B")
    lines = pd.concat([lines, gap.astype(lines.dtypes)], ignore_index=True)
    found = tallied(duckdb.from_arrow(with_moments(lines)), NOW)
    assert found == tallied(lines, NOW)
    assert NOT_GIVEN not in {before for before, *_ in found}
