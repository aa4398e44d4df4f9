"""Retention: what is too old goes, persons before their records, and open records stay."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb import clock
from postorder_nb.archive import forgetting, retention
from postorder_nb.archive.observations import Observation
from postorder_nb.errors import InputError

NOW = datetime(2026, 6, 30, tzinfo=UTC)
YEARS = {"1": 2019, "2": 2022, "3": 2025, "4": 2019}
OPEN = "4"


def answer(number: str, year: int) -> dict[str, Any]:
    is_open = number == OPEN
    closed = {"closeInfo": {"returnCloseDate": {"value": f"{year}-09-01T10:00:00.000Z"}}}
    return {
        "summary": {
            "returnId": number,
            "buyerLoginName": f"buyer_{number}_login",
            "state": "RETURN_REQUESTED" if is_open else "CLOSED",
            "status": "RETURN_REQUESTED" if is_open else "CLOSED",
            "creationInfo": {
                "comments": {"content": f"secret words {number}"},
                "creationDate": {"value": f"{year}-08-01T10:00:00.000Z"},
            },
        },
        "detail": {
            "buyerLoginName": f"buyer_{number}_login",
            "refundInfo": {
                "actualRefundDetail": {
                    "actualRefund": {"totalAmount": {"value": 7.25, "currency": "EUR"}}
                }
            },
            **({} if is_open else closed),
        },
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = pn.Archive(tmp_path_factory.mktemp("archive") / "history")
    for seller in ("one", "two"):
        archive.add(
            Observation(seller, "returns", "get", n, datetime(year, 10, 1, tzinfo=UTC), body)
            for n, year in YEARS.items()
            for body in [answer(n, year)]
        )
    return Path(archive.store.path)


@pytest.fixture
def archive(filled: Path, tmp_path: Path) -> pn.Archive:
    shutil.copytree(filled, tmp_path / "history")
    return pn.Archive(tmp_path / "history")


def kept(archive: pn.Archive) -> set[str]:
    returns = archive.frame("returns")
    assert sorted(returns["seller"]) == sorted(["one", "two"] * (len(returns) // 2))
    assert (returns["refund_amount"] == 7.25).all()
    return set(returns["return_id"])


def named(archive: pn.Archive) -> set[str]:
    returns = archive.frame("returns")
    here = returns["buyer"].str.startswith("buyer_") & returns["buyer"].str.endswith("_login")
    return set(returns.loc[here, "return_id"])


def retain(archive: pn.Archive, *spans: str, **more: str) -> retention.Retained:
    with clock.frozen(NOW):
        return archive.retain(*spans, **more)


def test_old_records_go_with_their_past(archive: pn.Archive) -> None:
    assert kept(archive) == {"1", "2", "3", "4"}
    done = retain(archive, "5y")
    assert (done.removed, done.anonymised) == (2, 0)  # 2019, of two sellers
    assert done.files > 0
    assert kept(archive) == {"2", "3", OPEN}
    assert set(archive.frame("returns", as_of="2019-12-31")["return_id"]) == {OPEN}
    assert "1" not in set(archive.store.read("observations")["record_id"].to_pylist())
    assert archive.check(whole=True).empty
    assert retain(archive, "5y") == retention.Retained()


def test_persons_go_before_their_records(archive: pn.Archive) -> None:
    done = retain(archive, "5y", personal="2y")
    assert (done.removed, done.anonymised) == (2, 2)  # 2019 goes, 2022 loses its persons
    assert kept(archive) == {"2", "3", OPEN}
    assert named(archive) == {"3", OPEN}
    told = archive.store.read("observations").to_pylist()
    assert [row["record_id"] for row in told if b"secret words 2" in (row["body"] or b"")] == []
    assert archive.check(whole=True).empty
    assert retain(archive, "5y", personal="2y") == retention.Retained()
    archive.rebuild()
    assert named(archive) == {"3", OPEN}


def test_what_was_cut_off_is_brought_to_its_end(
    archive: pn.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for step in ("exchange", "cleared"):
        with monkeypatch.context() as cut:
            cut.setattr(forgetting, step, killed)
            with pytest.raises(KeyboardInterrupt):
                retain(archive, "5y", personal="2y")
    assert retain(archive, "5y", personal="2y").files > 0
    assert (kept(archive), named(archive)) == ({"2", "3", OPEN}, {"3", OPEN})
    assert archive.check(whole=True).empty
    assert retain(archive, "5y", personal="2y").files == 0


def test_what_the_next_sync_would_bring_back_is_not_removed(archive: pn.Archive) -> None:
    for span in ("17mo", "1y", "500d"):
        with pytest.raises(InputError, match="18 months"):
            retain(archive, span)
    assert kept(archive) == set(YEARS)


@pytest.mark.parametrize("span", ["5", "y", "0y", "5 years", "-1y", "", "1.5y"])
def test_a_span_that_is_none_is_refused(archive: pn.Archive, span: str) -> None:
    with pytest.raises(InputError, match="is no span"):
        retain(archive, span)
    with pytest.raises(InputError, match="is no span"):
        retain(archive, personal=span)


def test_an_archive_without_anything_has_nothing_to_lose(tmp_path: Path) -> None:
    assert retain(pn.Archive(tmp_path / "none"), "5y", personal="1y") == retention.Retained()
    assert not (tmp_path / "none").exists()
