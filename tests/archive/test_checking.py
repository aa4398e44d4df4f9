"""Damage done by hand to an archive's files and rows: named by the check, healed by a rebuild."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import postorder_nb as pn
from postorder_nb import errors
from postorder_nb.archive import Archive, schema
from postorder_nb.archive.compacting import compact


def found(archive: Archive, **how: Any) -> list[tuple[str, str]]:
    told = archive.check(**how)
    return list(zip(told["what"], told["table"], strict=True))


def states(po: pn.Demo) -> dict[str, str]:
    return {i: record.state for i, record in po.simulator.world.returns.items()}


def states_in(archive: Archive) -> dict[str, str]:
    return dict(archive.frame("returns").set_index("return_id")["state"].astype(str))


def files(archive: Archive, name: str) -> list[Path]:
    return [Path(uri) for uri in archive.store.table(name).file_uris()]


def spoil(path: Path) -> None:
    """Write nonsense over the first page of data, as a bad disk does."""
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(0)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * 40)


def test_a_whole_archive_has_no_findings(shop: pn.Demo, kept: Archive) -> None:
    assert found(kept, po=shop, whole=True) == []


def test_damage_is_named_and_healed(shop: pn.Demo, kept: Archive) -> None:
    compact(kept.store, ["history"], always=True)
    spoiled, gone = files(kept, "returns_versions")[0], files(kept, "history")[0]
    spoil(spoiled)
    gone.unlink()
    log = Path(kept.store.path) / "inquiries_versions" / "_delta_log"
    min(log.glob("*.json")).write_text("{broken")

    archive = Archive(kept.store.path)
    told = archive.check()
    assert set(told["what"]) == {"damaged"}
    words = dict(zip(told["table"], told["told"], strict=True))
    assert set(words) == {"returns_versions", "history", "inquiries_versions"}
    for name, file in (("returns", spoiled), ("history", gone), ("inquiries", log)):
        with pytest.raises(errors.ArchiveError, match=file.name) as error:
            archive.frame(name)
        assert "archive.rebuild()" in error.value.advice
        assert any(file.name in text for text in words.values())

    archive.rebuild()
    assert found(archive) == []
    assert states_in(archive) == states(shop)


def test_lost_answers_are_told(kept: Archive) -> None:
    spoil(files(kept, "observations")[0])
    assert ("damaged", "observations") in found(Archive(kept.store.path))


def test_an_altered_answer_is_told(kept: Archive) -> None:
    rows = kept.store.read("observations").to_pylist()
    row = next(row for row in rows if row["table"] == "returns" and row["call"] == "search")
    row["body"] = row["body"].replace(b'"currency":"', b'"currency":"X')
    kept.store.overwrite("observations", pa.Table.from_pylist(rows, schema.OBSERVATIONS))
    told = kept.check()
    told = told[told["what"] == "altered"]
    assert told[["table", "seller", "record_id"]].values.tolist() == [
        ["returns", row["seller"], row["record_id"]]
    ]


def test_rows_that_nobody_answered_are_told(kept: Archive) -> None:
    rows = kept.store.read("returns_versions")
    ids = rows["return_id"].unique().to_pylist()
    number = kept.store.reached("returns_versions")
    rest = rows.filter(pc.invert(pc.is_in(rows["return_id"], pa.array(ids[:1]))))
    other = rows.filter(pc.equal(rows["return_id"], ids[1]))
    made_up = other.slice(0, 1).to_pylist()[0] | {"return_id": ids[1] + "9"}
    changed = rest.to_pylist()
    for row in changed:
        if row["return_id"] == ids[2]:
            row["quantity"] = 77
    twice = [row for row in changed if row["return_id"] == ids[3]]
    spoiled = pa.Table.from_pylist([*changed, *twice, made_up], rows.schema)
    kept.store.overwrite("returns_versions", spoiled, number)
    told = kept.check(whole=True)
    by_what = {what: set(some["record_id"]) for what, some in told.groupby("what")}
    assert by_what == {
        "missing": {ids[0]}, "extra": {ids[1] + "9"}, "differs": {ids[2]}, "double": {ids[3]},
    }  # fmt: skip
    assert "quantity" in told[told["what"] == "differs"]["told"].iloc[0]


def test_what_ebay_has_more_is_told(shop: pn.Demo, kept: Archive) -> None:
    known = kept.store.read("known_versions")
    number = kept.store.reached("known_versions")
    lost = known.filter(pc.equal(known["table"], "returns"))["record_id"][0]
    kept.store.overwrite(
        "known_versions", known.filter(pc.not_equal(known["record_id"], lost)), number
    )
    told = kept.check(shop)
    told = told[told["what"] == "fewer"]
    assert told["table"].tolist() == ["returns"]
    n = len(shop.simulator.world.returns)
    assert f"eBay has {n}, the archive {n - 1}" in told["told"].iloc[0]


def test_a_client_that_was_never_synced_is_refused(shop: pn.Demo, tmp_path: Path) -> None:
    with pytest.raises(errors.InputError, match="no sync"):
        Archive(tmp_path).check(shop)
    assert found(Archive(tmp_path)) == []


def without(rows: pa.Table, columns: list[str]) -> pa.Table:
    return rows.drop_columns([name for name in columns if name in rows.column_names])


def test_an_archive_of_an_older_release_opens_and_is_filled_by_a_rebuild(
    shop: pn.Demo, kept: Archive
) -> None:
    """As if these columns had been thought of since."""
    young = ["marketplace", "refund_amount", "notes", "answered_at", "moved", "last_activity"]
    reckoned = {name: kept.frame(name) for name in ("returns", "history")}
    compact(kept.store, ["returns", "history"], always=True)
    for name in ("returns", "history"):
        for there in (name, schema.versions(name)):
            held = kept.store.read(there)
            kept.store.overwrite(there, without(held, young), kept.store.reached(there))
    rows = kept.store.read("log").to_pylist()
    old = [{**row, "columns": "of another release", "release": "0.0.1"} for row in rows]
    kept.store.overwrite("log", pa.Table.from_pylist(old, schema.LOG))

    archive = Archive(kept.store.path)
    assert archive.frame("returns")["refund_amount"].isna().all()
    assert archive.frame("history", engine="duckdb", columns=["notes"]).fetchall()[0] == (None,)
    assert archive.sql("select count(refund_amount) n from returns")["n"].tolist() == [0]
    assert found(archive) == [("outdated", "")]
    archive.sync(shop)  # goes on as it is
    archive.rebuild()
    assert found(archive, whole=True) == []
    refunds = {
        i: float(record.refund.amount)
        for i, record in shop.simulator.world.returns.items()
        if record.refund is not None
    }
    told = archive.frame("returns").set_index("return_id")["refund_amount"].dropna()
    assert refunds
    assert told.to_dict() == refunds
    for name, column in (("returns", "answered_at"), ("history", "moved")):
        before, after = (
            frame.set_index(schema.keys(name))[column].sort_index().dropna()
            for frame in (reckoned[name], archive.frame(name))
        )
        assert len(before) > 5
        assert before.equals(after)


def test_an_archive_of_a_later_form_is_refused(shop: pn.Demo, kept: Archive) -> None:
    row = kept.store.read("log").to_pylist()[0] | {"version": schema.VERSION + 1}
    kept.store.append("log", pa.Table.from_pylist([row], schema.LOG))
    for act in (lambda: kept.sync(shop), kept.check, kept.rebuild, lambda: kept.add([])):
        with pytest.raises(errors.ArchiveError, match="a form this one does not know"):
            act()


def test_a_missing_library_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(errors.MissingExtra) as error:
        Archive(tmp_path)
    assert 'pip install "postorder_nb[archive]"' in error.value.advice
    assert not (tmp_path / "log").exists()
