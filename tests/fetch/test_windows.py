"""Spans of time become closed windows that eBay takes, without a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postorder_nb.errors import InputError
from postorder_nb.fetch.windows import LONGEST, moment, span, split

NOW = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)
AWARE = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("90d", NOW - timedelta(days=90)),
        (" 12h ", NOW - timedelta(hours=12)),
        ("2w", NOW - timedelta(days=14)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        (date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T01:00:00+02:00", datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ("2026-03-01T01:00:00Z", datetime(2026, 3, 1, 1, tzinfo=UTC)),
        (
            datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=-8))),
            datetime(2026, 3, 1, 9, tzinfo=UTC),
        ),
    ],
)
def test_moments_are_read(value: object, read: datetime) -> None:
    assert moment(value, now=NOW, name="since") == read
    assert moment(value, now=NOW, name="since").tzinfo is UTC


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (datetime(2026, 3, 1), None, "no time zone"),
        ("2026-03-01T00:00:00", None, "no time zone"),
        ("soon", None, "no moment"),
        (90, None, "no moment"),
        ("2026-09-01", None, "in the future"),
        ("2025-02-27", None, "over 18 months back"),
        ("10d", "20d", "not after since"),
        ("10d", "10d", "not after since"),
    ],
)
def test_bad_spans_are_refused(since: object, until: object, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        span(since, until, now=NOW)
    assert caught.value.advice


def test_the_span_may_reach_back_18_months_by_the_calendar() -> None:
    # 31 August 2026 less 18 months is the last day of February 2025.
    assert span("2025-02-28T12:00:00Z", None, now=NOW)[0].date() == date(2025, 2, 28)


def test_the_future_end_of_a_span_is_now() -> None:
    assert span("10d", "2030-01-01", now=NOW)[1] == NOW


@given(AWARE, st.timedeltas(timedelta(microseconds=1), timedelta(days=560)))
def test_windows_cover_the_span_without_a_gap(start: datetime, length: timedelta) -> None:
    end = start + length
    windows = split(start, end)
    assert windows[0][0] <= start < windows[0][0] + timedelta(milliseconds=1)
    assert windows[-1][1] >= end > windows[-1][1] - timedelta(milliseconds=1)
    for (_, left), (right, _) in pairwise(windows):
        assert left == right
    for begin, stop in windows:
        assert timedelta() < stop - begin <= LONGEST + timedelta(milliseconds=1)
        assert begin.microsecond % 1000 == stop.microsecond % 1000 == 0
    assert len(windows) <= length / LONGEST + 2
