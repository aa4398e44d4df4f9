"""A snapshot holds all four records of one span, and survives the disk."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.simulator import Faults


@pytest.fixture(scope="module")
def snapshot(shop: pn.Demo) -> pn.Snapshot:
    return pn.fetch.snapshot(shop, since="60d", details=True)


def test_it_says_what_it_is(snapshot: pn.Snapshot) -> None:
    assert snapshot.meta == {
        "source": "SIMULATOR",
        "marketplace": "EBAY_US",
        "since": "2026-05-01T12:00:00.000+00:00",
        "until": "2026-06-30T12:00:00.000+00:00",
        "fetched_at": "2026-06-30T12:00:00+00:00",
        "details": ["cancellations", "inquiries", "returns", "cases"],
    }
    assert repr(snapshot).startswith(f"<Snapshot SIMULATOR: {len(snapshot.cancellations)} canc")
    assert set(snapshot.history["record"]) == {"cancellation", "inquiry", "return", "case"}


def test_it_survives_the_disk(snapshot: pn.Snapshot, tmp_path) -> None:
    loaded = pn.Snapshot.load(snapshot.save(tmp_path / "may"))
    assert loaded.meta == snapshot.meta
    for (name, before), (_, after) in zip(snapshot.tables(), loaded.tables(), strict=True):
        pd.testing.assert_frame_equal(before, after, obj=name)
        assert after.attrs == before.attrs


def test_saving_again_replaces_and_strangers_are_left_alone(snapshot, tmp_path) -> None:
    snapshot.save(tmp_path)
    snapshot.save(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(errors.InputError, match=r"notes\.txt"):
        snapshot.save(tmp_path)


def test_a_snapshot_of_the_first_version_has_no_rows_in_later_tables(snapshot, tmp_path) -> None:
    folder = snapshot.save(tmp_path)
    for name in ("fundings", "lines", "label_costs", "conversions"):
        (folder / f"{name}.parquet").unlink()
    loaded = pn.Snapshot.load(folder)
    assert len(snapshot.fundings) > len(loaded.fundings) == 0
    pd.testing.assert_frame_equal(loaded.history, snapshot.history)
    (folder / "history.parquet").unlink()
    with pytest.raises(FileNotFoundError):
        pn.Snapshot.load(folder)


def test_the_tax_is_reckoned_though_search_and_details_tell_a_part_each(snapshot) -> None:
    returns = snapshot.returns
    same = returns["buyer_refund_currency"].astype(str) == returns["refund_currency"].astype(str)
    known = returns["refund_amount"].notna() & returns["buyer_refund_amount"].notna() & same
    assert known.any()
    tax = (returns["buyer_refund_amount"] - returns["refund_amount"])[known].round(2)
    assert (returns["refund_tax_amount"][known] == tax).all()
    assert returns["refund_tax_amount"][~known].isna().all()


def test_a_folder_without_a_snapshot_is_named(tmp_path) -> None:
    with pytest.raises(errors.InputError, match="holds no snapshot"):
        pn.Snapshot.load(tmp_path)


def test_without_details_the_child_tables_are_empty_but_typed(po: pn.Demo) -> None:
    plain = pn.fetch.snapshot(po, since="30d")
    assert len(plain.returns) > 0
    assert plain.meta["details"] == []
    assert plain.history.empty
    assert plain.history.dtypes["at"] == "datetime64[us, UTC]"


def test_details_of_some_records_only(po: pn.Demo) -> None:
    some = pn.fetch.snapshot(po, since="30d", details=["cases"])
    assert set(some.history["record"]) == {"case"}
    with pytest.raises(errors.InputError, match="details='case' is no record"):
        pn.fetch.snapshot(po, since="30d", details=["case"])


def test_a_failure_keeps_the_tables_that_were_read(po: pn.Demo, monkeypatch) -> None:
    monkeypatch.setattr(po.cases, "search", lambda **_: _fail(po))
    with pytest.raises(errors.ServerFault) as caught:
        pn.fetch.snapshot(po, since="30d")
    partial = caught.value.partial
    assert isinstance(partial, pn.Snapshot)
    assert len(partial.returns) > 0
    assert partial.cases.empty


def _fail(po: pn.Demo) -> None:
    po.simulator.faults = Faults(rate=1, kinds=("503",))
    po.request("GET", "/casemanagement/search")


def test_its_meta_is_plain_json(snapshot: pn.Snapshot) -> None:
    assert json.loads(json.dumps(snapshot.meta)) == snapshot.meta
