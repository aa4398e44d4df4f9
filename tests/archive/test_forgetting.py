"""Forgetting: searched for in every byte of every file, by other means than the archive's own."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import postorder_nb as pn
from postorder_nb.archive import forgetting
from postorder_nb.archive.compacting import compact
from postorder_nb.archive.observations import Observation
from postorder_nb.errors import InputError

NOW = "2026-06-30T12:00:00Z"
SEEN = datetime(2026, 6, 1, tzinfo=UTC)


def bytes_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield all that is in a folder, files that no table names any more included."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet" and "_delta_log" not in path.parts:
            table = pq.ParquetFile(path).read()
            for column in table.columns:
                cells = (cell for cell in column.to_pylist() if isinstance(cell, str | bytes))
                text = "\n".join(
                    c if isinstance(c, str) else c.decode("utf-8", "replace") for c in cells
                )
                yield path, f"{text}\n{table.schema}"
        elif path.is_file():
            yield path, path.read_bytes().decode("utf-8", "replace")


def traces(folder: Path, names: Iterable[str]) -> list[tuple[str, str]]:
    forms = {form for name in names for form in (name, json.dumps(name)[1:-1])}
    return [
        (path.name, form)
        for path, text in bytes_of(folder)
        for form in forms
        if form.casefold() in text.casefold()
    ]


@pytest.fixture(scope="module")
def shop() -> Iterator[pn.Demo]:
    with pn.demo(returns=25, days=60, seed=6, now=NOW, scenario="fraud-ring") as po:
        yield po


@pytest.fixture(scope="module")
def synced(shop: pn.Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "history"
    pn.Archive(path).sync(shop, since="60d")
    return path


@pytest.fixture
def archive(synced: Path, tmp_path: Path) -> pn.Archive:
    shutil.copytree(synced, tmp_path / "history")
    return pn.Archive(tmp_path / "history")


def busiest(shop: pn.Demo) -> str:
    """Return the buyer with the most returns, by the simulator's own books."""
    counted = Counter(record.buyer for record in shop.simulator.world.returns.values())
    return counted.most_common(1)[0][0].login


@pytest.fixture(scope="module")
def forgetful(
    synced: Path, shop: pn.Demo, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pn.Archive, forgetting.Forgotten]:
    path = tmp_path_factory.mktemp("forgetful") / "history"
    shutil.copytree(synced, path)
    archive = pn.Archive(path)
    return archive, archive.forget(busiest(shop).upper())


@pytest.fixture(scope="module")
def before(synced: Path) -> list[Any]:
    return figures(pn.Archive(synced))


def figures(archive: pn.Archive) -> list[Any]:
    returns, cancelled = archive.frame("returns"), archive.frame("cancellations")
    snapshot = archive.snapshot()
    return [
        pn.metrics.refund_amount(returns, by="reason"),
        pn.metrics.reasons(returns),
        pn.metrics.escalation_rate(returns),
        pn.metrics.cancellation_reasons(cancelled),
        pn.metrics.refund_days(returns),
        pn.metrics.deadlines(snapshot).drop(columns="buyer", errors="ignore"),
        pn.metrics.items(returns),
        sorted(returns["buyer"].value_counts()),
        {name: len(getattr(snapshot, name)) for name in pn.tables.NAMES},
        {name: len(getattr(snapshot, name)) for name in pn.tables.CHILD_NAMES},
    ]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_categorical=False)
        return True
    return bool(one == other)


def test_a_buyer_is_gone_and_the_figures_stay(
    forgetful: tuple[pn.Archive, forgetting.Forgotten],
    synced: Path,
    shop: pn.Demo,
    before: list[Any],
) -> None:
    archive, done = forgetful
    user = busiest(shop)
    returned = {r.id for r in shop.simulator.world.returns.values() if r.buyer.login == user}
    assert done.records >= len(returned) > 2
    assert traces(synced, [user])
    assert traces(Path(archive.store.path), [user]) == []
    assert all(same(*pair) for pair in zip(before, figures(archive), strict=True))
    mine = archive.frame("returns").query("buyer.str.startswith('forgotten-')", engine="python")
    assert set(mine["return_id"]) == returned
    assert mine["buyer"].nunique() == 1
    assert archive.check(whole=True).empty


def test_the_past_forgets_as_well(
    forgetful: tuple[pn.Archive, forgetting.Forgotten], synced: Path, shop: pn.Demo
) -> None:
    moment = datetime.now(UTC) + timedelta(days=400)
    knew = pn.Archive(synced).frame("returns", as_of=moment)
    knows = forgetful[0].frame("returns", as_of=moment)
    assert busiest(shop) in set(knew["buyer"])
    assert busiest(shop) not in set(knows["buyer"])
    assert knew["refund_amount"].sum() == pytest.approx(knows["refund_amount"].sum(), abs=1e-9)


def test_a_sync_does_not_bring_anybody_back(
    forgetful: tuple[pn.Archive, forgetting.Forgotten], shop: pn.Demo, tmp_path: Path
) -> None:
    user = busiest(shop)
    shutil.copytree(forgetful[0].store.path, tmp_path / "history")
    archive = pn.Archive(tmp_path / "history")
    alias = next(b for b in archive.frame("returns")["buyer"] if b.startswith("forgotten-"))
    count = int(archive.frame("returns")["buyer"].eq(alias).sum())
    shop.simulator.advance(days=3)
    archive.sync(shop, since="60d", overlap="60d")
    archive.rebuild()
    assert traces(Path(archive.store.path), [user]) == []
    assert int(archive.frame("returns")["buyer"].eq(alias).sum()) >= count


def test_forgetting_may_be_cut_off_anywhere_and_begun_again(
    archive: pn.Archive, shop: pn.Demo, before: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = busiest(shop)
    for module, step in ((forgetting.merging, "restate"), (forgetting.compacting, "write")):
        with monkeypatch.context() as cut:
            cut.setattr(module, step, _killed)
            with pytest.raises(KeyboardInterrupt):
                archive.forget(user)
    archive.forget(user)
    assert traces(Path(archive.store.path), [user]) == []
    assert all(same(*pair) for pair in zip(before, figures(archive), strict=True))


def _killed(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("users", [(), ("",), (" ",), ("x",), (5,), (["anna"],)])
def test_who_is_nobody_is_refused(archive: pn.Archive, users: tuple[Any, ...]) -> None:
    with pytest.raises(InputError):
        archive.forget(*users)


def test_somebody_unknown_changes_nothing(archive: pn.Archive, before: list[Any]) -> None:
    assert archive.forget("nobody_of_this_name").records == 0
    assert all(same(*pair) for pair in zip(before, figures(archive), strict=True))


def person(i: int, dice: random.Random) -> dict[str, str]:
    letters = "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=9))
    return {
        "login": f"{letters}_{i}",
        "name": f"{letters.capitalize()} Ünal-{letters[::-1].capitalize()}",
        "mail": f"{letters}.{i}@mail.example",
        "phone": f"+49 30 {dice.randrange(10**6, 10**7)}",
        "street": f"{letters[::-1].capitalize()}weg {i}",
    }


def answer(i: int, who: dict[str, str], other: dict[str, str]) -> dict[str, Any]:
    """Make the answer about a return of one person, in which another one is spoken of."""
    address = {"addressLine1": who["street"], "city": "Köln", "country": "DE"}
    return {
        "summary": {
            "returnId": str(5_000_000 + i),
            "buyerLoginName": who["login"],
            "state": "CLOSED",
            "creationInfo": {
                "item": {"itemId": "110", "transactionId": str(i), "returnQuantity": 1},
                "reason": "NOT_AS_DESCRIBED",
                "comments": {"content": f"call me: {who['phone']} or {who['mail']}"},
                "creationDate": {"value": "2026-05-01T10:00:00.000Z"},
            },
        },
        "detail": {
            "buyerLoginName": who["login"],
            "buyerAddress": {"name": who["name"], "phone": who["phone"], "address": address},
            "itemDetail": {"itemId": "110", "itemTitle": f"Lamp, asked for by {who['login']}"},
            "refundInfo": {
                "actualRefundDetail": {
                    "actualRefund": {"totalAmount": {"value": 10.5 + i, "currency": "EUR"}}
                }
            },
            "responseHistory": [
                {"author": "SELLER", "activity": "NOTIFIED_DELIVERED",
                 "notes": f"not {other['login']} ({other['mail']}, {other['name']})"}
            ],
            "newField": {"note": who["mail"], "who": [who["name"]]},
        },
    }  # fmt: skip


def _parts(run: str) -> list[str]:
    return [run[i : i + 9] for i in range(len(run) - 8)]


def test_of_a_thousand_planted_persons_no_byte_is_left(tmp_path: Path) -> None:
    dice = random.Random(3)
    people = [person(i, dice) for i in range(1_100)]
    gone, staying = people[:1_000], people[1_000:]
    archive = pn.Archive(tmp_path / "history")
    archive.add(
        Observation("shop", "returns", "get", str(5_000_000 + i), SEEN, answer(i, who, other))
        for i, (who, other) in enumerate(zip(people, [*people[700:], *people[:700]], strict=True))
    )
    before = archive.frame("returns")
    done = archive.forget(*(who["login"] for who in gone))
    assert done.records == 1_000
    assert done.mentions == 100  # of those who stay, in whose records one of the gone is named
    left = "\n".join(text for _, text in bytes_of(tmp_path / "history")).casefold()
    # Each secret is made of letters, their reverse or a number that are its person's alone.
    words = {word for run in set(re.findall("[a-z]{9,}", left)) for word in _parts(run)}
    numbers = set(re.findall("30 [0-9]{7}", left))
    for who in gone:
        letters = who["login"][:9]
        assert words.isdisjoint({letters, letters[::-1]})
        assert who["phone"][-10:] not in numbers
    for who in staying:
        assert who["login"] in left
    after = archive.frame("returns")
    assert after["refund_amount"].sum() == pytest.approx(sum(10.5 + i for i in range(1_100)))
    assert sorted(before["return_id"]) == sorted(after["return_id"])
    assert after["buyer"].nunique() == 1_100
    assert archive.forget(*(who["login"] for who in gone)).records == 0


def test_the_audit_tells_what_is_held_and_where(
    forgetful: tuple[pn.Archive, forgetting.Forgotten], synced: Path, shop: pn.Demo
) -> None:
    told = pn.Archive(synced).audit().set_index(["place", "column"])["rows"]
    assert told["returns", "buyer"] >= len(shop.simulator.world.returns)
    assert ("returns", "buyer_comments") in told.index
    assert ("returns", "item_title") not in told.index
    assert told["forgotten", "mark"] == 0
    after = forgetful[0].audit().set_index("place")
    bodies = after.loc["observations"].set_index("holds")["rows"]
    assert bodies["answers whose person was taken out"] > 0
    assert bodies.sum() == told["observations", "body"]
    assert after.loc["forgotten", "rows"] == 1


def test_of_two_sellers_both_forget_and_their_figures_stay_apart(tmp_path: Path) -> None:
    dice = random.Random(5)
    people = [person(i, dice) for i in range(4)]
    archive = pn.Archive(tmp_path / "history")
    for seller in ("one", "two"):
        archive.add(
            Observation(seller, "returns", "get", str(i), SEEN, answer(i, who, people[-1]))
            for i, who in enumerate(people)
        )
    done = archive.forget(people[0]["login"], people[1]["login"])
    assert (done.names, done.records, done.mentions) == (2, 4, 0)
    returns = archive.frame("returns")
    assert sorted(returns["seller"]) == ["one"] * 4 + ["two"] * 4
    assert returns.groupby("return_id")["buyer"].nunique().eq(1).all()  # the same alias
    assert archive.check(whole=True).empty
    with pytest.raises(InputError, match="is a seller of this archive"):
        archive.forget("one")


def test_who_is_called_like_a_state_takes_no_state_along(tmp_path: Path) -> None:
    dice = random.Random(6)
    odd, other = {**person(0, dice), "login": "closed"}, person(1, dice)
    archive = pn.Archive(tmp_path / "history")
    archive.add(
        Observation("shop", "returns", "get", str(i), SEEN, answer(i, who, odd))
        for i, who in enumerate((odd, other))
    )
    assert archive.forget("closed").records == 1
    returns = archive.frame("returns").set_index("return_id")
    assert returns["state"].astype(str).to_list() == ["CLOSED", "CLOSED"]
    assert returns.loc["0", "buyer"] != "closed"
    assert returns.loc["1", "buyer"] == other["login"]


@pytest.mark.parametrize("login", ["closed", "Buyer_3", "4711"])
def test_a_login_that_is_a_word_of_the_api_or_a_number_is_found(tmp_path: Path, login: str) -> None:
    archive = pn.Archive(tmp_path)
    logins = {"5001": login.upper(), "5002": "jo_miller"}
    archive.add(
        Observation("shop", "returns", "search", i, SEEN, {
            "returnId": i, "buyerLoginName": name, "state": "CLOSED", "status": "4711",
        })
        for i, name in logins.items()
    )  # fmt: skip
    assert archive.forget(login).records == 1
    after = archive.frame("returns").set_index("return_id")
    assert after.loc["5001", "buyer"].startswith("forgotten-")
    assert after.loc["5002", "buyer"] == "jo_miller"
    assert after["state"].astype(str).to_list() == ["CLOSED", "CLOSED"]
    [body, _] = sorted(archive.store.read("observations")["body"].to_pylist())
    assert login.upper().encode() not in body.replace(b'"CLOSED"', b"").replace(b'"4711"', b"")


def test_a_sync_goes_on_after_a_forgetting_that_was_cut_off_between_two_commits(
    tmp_path: Path, cut: Any
) -> None:
    dice = random.Random(8)
    gone, other = person(0, dice), person(1, dice)
    archive = pn.Archive(tmp_path)
    archive.add([Observation("shop", "returns", "get", "0", SEEN, answer(0, gone, other))])
    compact(archive.store, always=True)
    for commits in range(1, 9):
        assert cut.off(commits, lambda: pn.Archive(tmp_path).forget(gone["login"]))
        later = SEEN + timedelta(hours=commits)
        body = answer(commits, other, gone)
        again = pn.Archive(tmp_path)
        again.add([Observation("shop", "returns", "get", str(commits), later, body)])
        assert len(again.frame("returns", columns=["return_id"])) == 1 + commits
    pn.Archive(tmp_path).forget(gone["login"])
    assert traces(tmp_path, [gone["login"]]) == []


def test_who_is_written_about_later_does_not_come_back(tmp_path: Path) -> None:
    dice = random.Random(7)
    gone, staying, stranger = (person(i, dice) for i in range(3))
    archive = pn.Archive(tmp_path / "history")
    archive.add([Observation("shop", "returns", "get", "0", SEEN, answer(0, gone, stranger))])
    archive.forget(gone["login"])
    later = SEEN + timedelta(days=1)
    archive.add([Observation("shop", "returns", "get", "1", later, answer(1, staying, gone))])
    assert traces(tmp_path / "history", [gone["login"]]) == []
    assert set(archive.frame("returns")["buyer"]) > {staying["login"]}
    told = archive.audit().query("place == 'observations'").set_index("holds")["rows"]
    assert told.to_dict() == {
        "whole answers: all that eBay says of a buyer": 1,
        "answers whose person was taken out": 1,
    }


def test_a_sync_at_the_same_time_neither_loses_nor_brings_back_anybody(
    archive: pn.Archive, shop: pn.Demo
) -> None:
    user = busiest(shop)
    shop.simulator.advance(days=1)
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(archive.sync, shop, since="60d", overlap="60d")
        forgotten = pool.submit(pn.Archive(archive.store.path).forget, user)
        assert forgotten.result(timeout=120).records > 0
        running.result(timeout=120)
    assert traces(Path(archive.store.path), [user]) == []
    assert set(archive.frame("returns")["return_id"]) == set(shop.simulator.world.returns)
    assert archive.check(shop, whole=True).empty
