"""Calls are counted for the whole day and computer, paced, and stopped in time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from postorder_nb import errors
from postorder_nb.api import quota as module
from postorder_nb.api.quota import Quota
from postorder_nb.config import resolve


class Hands:
    """Clocks turned by hand: sleeping turns them on."""

    def __init__(self, now: str = "2026-11-21T20:00:00+00:00") -> None:
        self.seconds = 50.0
        self.now = datetime.fromisoformat(now)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def quota(self, limit: int | None = 5000, *args, **more) -> Quota:
        return Quota(
            limit, *args, clock=lambda: self.seconds, sleep=self.sleep, now=lambda: self.now, **more
        )


def test_every_resource_has_a_count_of_its_own() -> None:
    quota = Quota()
    for resource, times in (("return", 3), ("casemanagement", 1), ("a-new-one", 2)):
        for _ in range(times):
            quota.admit(resource)
    assert quota.count("return") == 3
    rows = {row.resource: (row.used, row.limit, row.left) for row in quota.rows()}
    assert rows == {
        "return": (3, 5000, 4947),
        "inquiry": (0, 5000, 4950),
        "cancellation": (0, 5000, 4950),
        "casemanagement": (1, 5000, 4949),
        "a-new-one": (2, 5000, 4948),
    }
    assert repr(quota) == (
        "<Quota today: return 3, casemanagement 1, a-new-one 2; limit 5000 each>"
    )
    assert "3 used, 4947 left of 5000" in quota._repr_html_()


@pytest.mark.parametrize(("limit", "warned_at", "admitted"), [(5000, 4000, 4950), (100, 80, 99),
                                                             (10, 8, 9), (7, 6, 6)])  # fmt: skip
def test_it_warns_at_four_fifths_once_and_stops_before_the_end(
    limit: int, warned_at: int, admitted: int
) -> None:
    quota = Hands().quota(limit)
    heard: list[int] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for number in range(1, admitted + 1):
            quota.admit("return")
            if len(caught) > len(heard):
                heard.append(number)
    assert heard == [warned_at]
    assert f"{warned_at} of today's {limit} calls" in str(caught[0].message)
    for _ in range(2):
        with pytest.raises(errors.QuotaExhausted) as stopped:
            quota.admit("return")
    assert quota.count("return") == admitted
    assert "2026-11-22 08:00 UTC" in str(stopped.value)
    assert isinstance(stopped.value, errors.RateLimited)
    quota.admit("inquiry")


def test_without_a_limit_it_only_counts() -> None:
    quota = Hands().quota(None)
    for _ in range(300):
        quota.admit("return")
    assert quota.rows()[0] == ("return", 300, None, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Midnight in Los Angeles: 8 o'clock UTC in winter, 7 o'clock in summer.
        ("2026-11-22T07:59:59+00:00", "2026-11-22T08:00:00+00:00"),
        ("2026-07-01T06:59:59+00:00", "2026-07-01T07:00:00+00:00"),
    ],
)
def test_a_new_day_starts_at_midnight_in_pacific_time(tmp_path, before: str, after: str) -> None:
    hands = Hands(before)
    quota = hands.quota(folder=tmp_path)
    quota.admit("return")
    assert quota.resets_at() == datetime.fromisoformat(after)
    assert (quota.count("return"), hands.quota(folder=tmp_path).count("return")) == (1, 1)
    hands.now = datetime.fromisoformat(after)
    assert quota.resets_at() == hands.now + timedelta(days=1)
    assert (quota.count("return"), hands.quota(folder=tmp_path).count("return")) == (0, 0)
    quota.admit("return")
    assert hands.quota(folder=tmp_path).count("return") == 1


def test_counts_are_kept_between_runs(tmp_path: Path) -> None:
    for _ in range(3):
        Quota(folder=tmp_path, name="a").admit("return")
    assert Quota(folder=tmp_path, name="a").count("return") == 3
    assert Quota(folder=tmp_path, name="b").count("return") == 0
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in tmp_path.glob("*.json"))


PROGRAM = """
import sys
from pathlib import Path
from postorder_nb.api.quota import Quota
quota = Quota(folder=Path(sys.argv[1]))
sys.stdin.read()
for _ in range(100):
    quota.admit("return")
"""


def test_processes_and_threads_add_up(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path)]
    others = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(3)]
    quota = Quota(folder=tmp_path)
    for other in others:
        assert other.stdin is not None
        other.stdin.close()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: quota.admit("return"), range(100)))
    assert [other.wait(timeout=60) for other in others] == [0, 0, 0]
    assert quota.count("return") == 400


def test_the_limit_holds_for_all_processes_together(tmp_path: Path) -> None:
    quotas = [Hands().quota(10, folder=tmp_path) for _ in range(3)]
    admitted = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for turn in range(12):
            try:
                quotas[turn % 3].admit("return")
            except errors.QuotaExhausted:
                continue
            admitted += 1
    assert admitted == 9
    assert len(caught) == 1


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '["2026-11-21", 5]', '["2999-01-01", {}]',
                                     '["2026-11-21", {"return": "x"}]', "null"])  # fmt: skip
def test_a_broken_file_starts_the_count_again(tmp_path: Path, content: str) -> None:
    hands = Hands()
    (tmp_path / "quota-all.json").write_text(content)
    quota = hands.quota(folder=tmp_path)
    quota.admit("return")
    assert quota.count("return") == 1
    assert json.loads((tmp_path / "quota-all.json").read_text()) == ["2026-11-21", {"return": 1}]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, caplog) -> None:
    (tmp_path / "file").write_text("")
    quota = Quota(folder=tmp_path / "file")
    quota.admit("return")
    quota.admit("return")
    assert quota.count("return") == 2
    assert caplog.text.count("counted in memory only") == 1


def test_calls_are_spaced_evenly() -> None:
    hands = Hands()
    quota = hands.quota(5000, 4.0)
    moments = []
    for resource in ("return", "inquiry") * 5:
        quota.admit(resource)
        moments.append(hands.seconds)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps == [0.25] * 9
    hands.seconds += 60
    before = len(hands.slept)
    quota.admit("return")
    assert hands.slept[before:] == []  # an idle minute saves up nothing, and costs nothing


def test_threads_are_paced_together() -> None:
    quota = Quota(per_second=100)
    moments: list[float] = []
    guard = threading.Lock()

    def call(_: int) -> None:
        quota.admit("return")
        with guard:
            moments.append(time.monotonic())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(41)))
    assert max(moments) - min(moments) >= 0.38  # 40 steps of 10 ms, less what waking up takes


def test_a_penalty_holds_for_everybody_who_wants_that_resource() -> None:
    hands = Hands()
    quota = hands.quota()
    quota.penalise("return", 30)
    quota.penalise("return", 5)  # a shorter one does not take back a longer one
    quota.admit("inquiry")
    assert hands.slept == []
    quota.admit("return")
    assert hands.slept == [30]
    quota.admit("return")
    assert hands.slept == [30]


def test_a_penalty_of_hours_is_told_instead_of_slept() -> None:
    hands = Hands()
    quota = hands.quota()
    quota.penalise("return", 7200)
    with pytest.raises(errors.RateLimited, match="7200 seconds") as caught:
        quota.admit("return")
    assert caught.value.retry_after == 7200
    assert hands.slept == []
    assert quota.count("return") == 0


def test_the_settings_decide(tmp_path: Path) -> None:
    def quota(**settings) -> Quota:
        given = {"token": "t", "marketplace": "EBAY_US", "cache_folder": tmp_path, **settings}
        return Quota.from_settings(resolve(**given))

    local = quota(base_url="http://127.0.0.1:8000", calls_per_day=50, calls_per_second=9)
    assert (local.limit, local.per_second) == (50, 9.0)
    local.admit("return")
    assert list(tmp_path.iterdir()) == []  # what a simulator counts is of no interest tomorrow
    quota(client_id="one", marketplace="EBAY_DE").admit("return")
    assert quota(client_id="one", account="mine").count("return") == 1  # the count is the keyset's
    assert quota(client_id="two").count("return") == 0
    assert quota(client_id="one", base_url="https://api.sandbox.ebay.com").count("return") == 0
    assert quota().limit == 5000


def test_a_system_without_time_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> None:
        raise module.ZoneInfoNotFoundError("none")

    monkeypatch.setattr(module, "ZoneInfo", none)
    assert Hands().quota().resets_at() == datetime(2026, 11, 22, 8, tzinfo=UTC)
