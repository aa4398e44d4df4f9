"""Syncs of a simulated shop: everything comes, once, whatever happens on the way."""

from __future__ import annotations

import json
import runpy
import sys
from collections import Counter
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from distributed import Client, LocalCluster
from distributed.protocol.pickle import dumps

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.archive import Archive, log, schema, syncing
from postorder_nb.archive.planning import uncovered, worth_a_search
from postorder_nb.archive.store import Store
from postorder_nb.simulator import Faults

CAMPAIGN = Path(__file__).parent.parent / "campaigns" / "archive_years.py"
NOW = "2026-03-01T00:00:00Z"


def ids(archive: Archive, name: str) -> list[str]:
    return sorted(archive.frame(name, columns=[pn.tables.KEYS[name]])[pn.tables.KEYS[name]])


def shown(po: pn.Demo, name: str) -> list[str]:
    """List what a search shows: no inquiries that became cases."""
    world = po.simulator.world
    shelf = getattr(world, name)
    return sorted(i for i in shelf if name != "inquiries" or i not in world.cases)


def details_read(po: pn.Demo) -> Counter[str]:
    paths = [e.path for e in po.simulator.requests if e.status == 200 and e.fault is None]
    return Counter(path for path in paths if path.rsplit("/", 1)[1].isdecimal())


def assert_complete(archive: Archive, po: pn.Demo) -> None:
    for name in pn.tables.NAMES:
        assert ids(archive, name) == shown(po, name)
    world = po.simulator.world
    returns = archive.frame("returns", columns=["return_id", "state"])
    states = returns.set_index("return_id")["state"]
    assert states.to_dict() == {i: record.state for i, record in world.returns.items()}
    steps = archive.frame("history", columns=["record", "record_id"])
    steps = steps[steps["record"] == "return"]["record_id"].value_counts().to_dict()
    assert steps == {i: len(r.history) for i, r in world.returns.items() if r.history}


def test_a_first_sync_brings_all_and_a_second_nothing(shop: pn.Demo, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    result = archive.sync(shop)
    assert result.is_complete
    assert result.seller == shop.simulator.world.seller
    assert result.new == {name: len(shown(shop, name)) for name in pn.tables.NAMES}
    assert_complete(archive, shop)
    kept = archive.store.read("observations").num_rows
    shop.simulator.requests.clear()
    again = archive.sync(shop)
    assert not any(details_read(shop).values())
    assert again.calls == 4  # one page of each record's last month
    assert not any(again.new.values())
    assert not any(again.changed.values())
    assert archive.store.read("observations").num_rows == kept


def test_a_budget_is_kept_and_what_is_owed_comes_later(shop: pn.Demo, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    results = []
    shop.simulator.requests.clear()
    while not results or not results[-1].is_complete:
        results.append(archive.sync(shop, budget=40))
        assert results[-1].calls <= 40
        assert len(results) < 20
    first, *_, last = results
    assert first.stopped == "the budget of calls is used up"
    assert sum(first.owed.values()) > 0
    assert not last.stopped
    assert_complete(archive, shop)
    closed = {r.id for r in shop.simulator.world.returns.values() if not r.open}
    reads = {p.rsplit("/", 1)[1]: n for p, n in details_read(shop).items() if "/return/" in p}
    assert {reads[i] for i in closed} == {1}


def test_what_is_open_is_read_first(shop: pn.Demo, tmp_path: Path) -> None:
    opened = {r.id for r in shop.simulator.world.returns.values() if r.open}
    shop.simulator.requests.clear()
    searches = 28  # four records, six or seven windows of ninety days
    Archive(tmp_path).sync(shop, budget=searches + len(opened) + 20)
    read = {path.rsplit("/", 1)[1] for path in details_read(shop)}
    assert len(opened) > 3
    assert opened <= read


def test_a_record_that_ended_out_of_sight_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open records are read one by one; the next search that shows them tells nothing new."""
    monkeypatch.setattr(syncing, "worth_a_search", lambda *_: [])  # there are too few of them
    with pn.demo(returns=25, days=60, seed=4, now=NOW, behaviour="lively") as po:
        archive = Archive(tmp_path)
        archive.sync(po)
        stood = {i for i, record in po.simulator.world.returns.items() if record.open}
        po.simulator.advance(days=20)
        archive.sync(po, overlap="1d")
        ended = sorted(i for i in stood if not po.simulator.world.returns[i].open)
        assert len(ended) > 3
        answers = [po.returns.get(return_id) for return_id in ended]
        fresh = pn.tables.from_details("returns", answers)["returns"].set_index("return_id")
        found = archive.frame("returns", filters=[("return_id", "in", ended)])
        found = found.set_index("return_id")[fresh.columns].loc[ended]
        pd.testing.assert_frame_equal(found, fresh, check_dtype=False, check_categorical=False)
        po.simulator.requests.clear()
        result = archive.sync(po, overlap="89d")
        read = {path.rsplit("/", 1)[1] for path in details_read(po)}
        assert not read.intersection(ended)
        assert result.changed["returns"] >= len(ended)  # their summaries are other than they were
        assert result.is_complete
        assert_complete(archive, po)


def test_a_quota_that_ends_is_no_error(tmp_path: Path) -> None:
    faults = Faults(rate=0, quota=20)
    with pn.demo(returns=25, days=60, seed=4, now=NOW, faults=faults) as po:
        po._transport._sleep = lambda _: None  # between two tries of a call
        archive = Archive(tmp_path)
        first = archive.sync(po)
        assert first.stopped
        assert first.owed["returns"] > 0
        po.simulator.faults = None
        assert archive.sync(po).is_complete
        assert_complete(archive, po)


def test_several_sellers_share_an_archive(shop: pn.Demo, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with pn.demo(returns=20, days=60, seed=9, now=NOW) as other:
        results = archive.sync({"north": shop, "south": other})
        assert set(results) == {"north", "south"}
        for name in pn.tables.NAMES:
            frame = archive.frame(name)
            for seller, po in (("north", shop), ("south", other)):
                found = frame[frame["seller"] == seller][pn.tables.KEYS[name]]
                assert sorted(found) == shown(po, name)


def test_what_several_note_at_once_is_all_in_the_log(tmp_path: Path) -> None:
    def note(number: int) -> None:
        log.note(Store(tmp_path), "sync", datetime.now(UTC), {"number": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(8)))
    told = Store(tmp_path).read("log")["told"].to_pylist()
    assert sorted(told) == [f'{{"number": {number}}}' for number in range(8)]


def test_two_syncs_of_a_seller_do_not_run_at_once(shop: pn.Demo, tmp_path: Path) -> None:
    archive = Archive(tmp_path)

    with archive.store.lock("sync-me"):
        with pytest.raises(errors.ArchiveError, match="another sync of me is running"):
            Archive(tmp_path).sync(shop, seller="me")
        assert Archive(tmp_path).sync(shop, "5d", seller="you", details="none").seller == "you"
    assert not archive.sync(shop, "5d", seller="me", details="none").stopped


def test_without_a_lock_two_syncs_at_once_double_nothing(
    shop: pn.Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On object storage no lock is to be had: the commits' numbers have to do."""
    from contextlib import nullcontext  # noqa: PLC0415 - of this test only

    monkeypatch.setattr(Store, "lock", lambda *_, **__: nullcontext(True))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: Archive(tmp_path).sync(shop, seller="me"), range(2)))
    archive = Archive(tmp_path)
    assert_complete(archive, shop)
    for name in pn.tables.NAMES:
        assert len(ids(archive, name)) == len(set(ids(archive, name)))
        versions = archive.store.read(schema.versions(name)).to_pandas()
        assert not versions.duplicated(["seller", pn.tables.KEYS[name], "seen_from"]).any()


@pytest.mark.parametrize("commits", [0, 2, 7])
def test_a_sync_cut_off_at_a_commit_loses_only_what_was_on_its_way(
    shop: pn.Demo, tmp_path: Path, cut: Any, commits: int
) -> None:
    assert cut.off(commits, lambda: Archive(tmp_path).sync(shop))
    archive = Archive(tmp_path)
    archive.frame("returns")  # it is readable
    archive.sync(shop)
    assert_complete(archive, shop)


class Watched(Executor):
    """Hands tasks on, and keeps what travels of them."""

    def __init__(self, pool: Executor) -> None:
        self.pool = pool
        self.travelled: list[bytes] = []

    def submit(self, task: Any, /, *args: Any, **more: Any) -> Any:
        self.travelled.append(dumps((task, args, more)))
        return self.pool.submit(task, *args, **more)


def test_a_cluster_does_the_calls_and_is_sent_no_token(
    shop: pn.Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, token = Archive(tmp_path), shop.simulator.token
    monkeypatch.setenv("EBAY_TOKEN", token)  # workers look theirs up, as the client did
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        pool = Watched(client.get_executor(pure=False))
        result = archive.sync(shop, since="60d", executor=pool)
        rebuilt = archive.rebuild(pool)
    assert result.is_complete
    assert rebuilt > 0
    assert len(pool.travelled) >= result.calls > 20
    assert not any(token.encode() in task for task in pool.travelled)
    assert_complete(archive, shop)


def test_tables_made_anew_say_the_same(shop: pn.Demo, kept: Archive) -> None:
    before = {name: kept.frame(name) for name in schema.ROWS}
    assert kept.rebuild() == sum(
        kept.store.read(schema.versions(name)).num_rows for name in schema.VERSIONED
    )
    for name, frame in before.items():
        keys = [*schema.keys(name)]
        old = frame.sort_values(keys, ignore_index=True).drop(columns="seen_from")
        new = kept.frame(name).sort_values(keys, ignore_index=True)
        assert (
            old.astype(object)
            .where(old.notna(), None)
            .equals(new[old.columns].astype(object).where(new[old.columns].notna(), None))
        )
    assert kept.sync(shop).calls == 4


def test_a_rebuild_cut_off_goes_on(shop: pn.Demo, kept: Archive, cut: Any) -> None:
    for commits in (3, 8, 9, 10):  # while staging each of three pieces, and while swapping
        assert cut.off(commits, Archive(kept.store.path).rebuild)
    archive = Archive(kept.store.path)
    target = archive.store.reached("observations")
    assert archive.store.reached("returns_versions") == target
    assert archive.store.reached("known_versions") < target
    assert archive.sync(shop).calls == 4
    assert_complete(archive, shop)
    assert not (Path(kept.store.path) / "rebuild").exists()


def test_an_import_ends_a_rebuild_that_was_cut_off(shop: pn.Demo, kept: Archive, cut: Any) -> None:
    assert cut.off(20, kept.rebuild)
    archive = Archive(kept.store.path)
    archive.add([])
    assert_complete(archive, shop)


def test_wrong_plans_are_refused(shop: pn.Demo, tmp_path: Path) -> None:
    for budget in (0, "10"):
        with pytest.raises(errors.InputError, match="no plan"):
            Archive(tmp_path).sync(shop, budget=budget)  # type: ignore[arg-type]  # what is tested
    with pytest.raises(errors.InputError, match="no plan"):
        Archive(tmp_path).sync(shop, details="all")  # type: ignore[arg-type]  # what is tested


def day(n: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n)


def test_spans_that_were_not_read() -> None:
    covered = [(day(2), day(5)), (day(4), day(6)), (day(9), day(12))]
    assert uncovered((day(0), day(10)), covered) == [(day(6), day(9)), (day(0), day(2))]
    assert uncovered((day(2), day(6)), covered) == []


def test_many_open_records_are_worth_a_search() -> None:
    window = (day(0), day(30))
    few, many = [day(1)], [day(1), day(2)]
    assert worth_a_search(window, few, [(window, 90)], 200) == []
    assert worth_a_search(window, many, [(window, 90)], 200) == [window]
    assert worth_a_search(window, many * 2, [(window, 900)], 200) == []


def test_years_of_a_shop_in_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--json", "--days", "3", "--returns", "10", "--evenings", "3"]
    monkeypatch.setattr(sys, "argv", [str(CAMPAIGN), *arguments])
    assert runpy.run_path(str(CAMPAIGN))["main"]() == 0
    told = json.loads(capsys.readouterr().out)
    assert told["days"] == 3
    assert told["kills"] == 1
    assert told["wrong"] == []
    assert told["findings"] == 0
