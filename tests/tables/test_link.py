"""The view of sold lines: every record once, beside those of its line, and no claim too big."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postorder_nb import errors, tables
from postorder_nb.simulator import wire
from postorder_nb.simulator.clock import Clock
from postorder_nb.simulator.world import World

KINDS = {"cancellations": "cancel", "inquiries": "inquiry", "returns": "return", "cases": "case"}
TEXTS = ("order_id", "item_id", "transaction_id", "buyer", "case_id", "return_id")


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Return a table of records from what is told of each."""
    key = tables.KEYS[name]
    columns = {column: [row.get(column) for row in rows] for column in (key, *TEXTS)}
    frame = pd.DataFrame(columns, dtype="string")
    created = [f"2026-01-{row.get('day', 1):02}T00:00:00Z" for row in rows]
    return frame.assign(created_at=pd.to_datetime(created, utc=True))


def linked(**frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the view's rows as dicts of what is not missing."""
    view = tables.link({name: table(name, *rows) for name, rows in frames.items()})
    return [
        {column: held for column, held in row.items() if not pd.isna(held)}
        for row in view.to_dict("records")
    ]


def links(row: dict[str, Any], kind: str) -> tuple[str, str, str | None]:
    return row[f"{kind}_id"], row[f"{kind}_link"], row.get(f"{kind}_certainty")


LINE = {"item_id": "110", "transaction_id": "220"}


# -- against the truth -----------------------------------------------------------------------


def world_of(seed: int) -> World:
    home = ("EBAY_US", "EBAY_GB", "EBAY_DE")[seed % 3]
    clock = Clock("2026-03-10T12:00:00Z")
    return World(returns=120, days=150, seed=seed, clock=clock, marketplace=home)


def truth_of(world: World) -> dict[str, list[Any]]:
    return {
        "cancellations": list(world.cancellations.values()),
        "inquiries": [r for r in world.inquiries.values() if r.escalated_at is None],
        "returns": list(world.returns.values()),
        "cases": list(world.cases.values()),
    }


def frames_of(truth: dict[str, list[Any]], *, details: bool) -> dict[str, pd.DataFrame]:
    now = Clock("2026-03-10T12:00:00Z").now()
    draw = {"cancellations": wire.cancellations, "inquiries": wire.inquiries, "cases": wire.cases}
    frames = {}
    for name, records in truth.items():
        if name == "returns":
            drawn = [wire.returns.summary(record, now) for record in records]
            whole = [
                {"summary": one, "detail": wire.returns.detail(record)}
                for one, record in zip(drawn, records, strict=True)
            ]
        else:
            drawn = [draw[name].summary(record) for record in records]
            whole = [draw[name].detail(record) for record in records]
        if details:
            made = tables.from_details(name, whole)
            frames[name] = made[name]
            if name == "cancellations":
                frames["lines"] = made["lines"]
        else:
            listed = "cancellations" if name == "cancellations" else "members"
            frames[name] = tables.from_search(name, [{listed: drawn}])
    return frames


@pytest.mark.parametrize("details", [True, False], ids=["details", "search"])
@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_the_truth(seed, details):
    truth = truth_of(world_of(seed))
    view = tables.link(frames_of(truth, details=details))
    by_id = {record.id: record for records in truth.values() for record in records}
    by_case = {case.id: case for case in truth["cases"]}
    placed: list[str] = []
    for row in view.to_dict("records"):
        ids = {kind: row[f"{kind}_id"] for kind in KINDS.values() if not pd.isna(row[f"{kind}_id"])}
        assert ids
        orders = {
            (by_case if kind == "case" else by_id)[i].order.order_id for kind, i in ids.items()
        }
        assert len(orders) == 1
        if "return" in ids and by_id[ids["return"]].case_id:
            assert ids["case"] == by_id[ids["return"]].case_id
            assert row["case_certainty"] == "certain"
        placed += ids.values()
    assert sorted(placed) == sorted(record.id for group in truth.values() for record in group)
    told = {held for kind in KINDS.values() for held in view[f"{kind}_certainty"].dropna()}
    assert told <= ({"certain"} if details else {"certain", "likely"})
    sold = {r.order.order_id for group in truth.values() for r in group}
    assert len(view) == len(sold)


def test_the_order_id_is_the_one_since_payment():
    rows = linked(
        cancellations=[{"cancel_id": "1", "order_id": "110-220"}],
        returns=[{"return_id": "2", "order_id": "10-11111-22222", **LINE}],
    )
    assert len(rows) == 1
    assert rows[0]["order_id"] == "10-11111-22222"
    assert links(rows[0], "cancel") == ("1", "legacy_order_id", "certain")
    assert links(rows[0], "return") == ("2", "item_transaction", "certain")


def test_an_order_not_paid_yet_tells_its_line():
    rows = linked(cancellations=[{"cancel_id": "1", "order_id": "110-220"}])
    assert (rows[0]["item_id"], rows[0]["transaction_id"]) == ("110", "220")
    assert rows[0]["order_id"] == "110-220"


# -- cases and what they came from -----------------------------------------------------------


def test_a_case_by_each_of_its_keys():
    rows = linked(
        returns=[
            {"return_id": "21", "item_id": "1", "transaction_id": "1"},
            {"return_id": "22", "item_id": "2", "transaction_id": "2", "case_id": "32"},
        ],
        inquiries=[{"inquiry_id": "33", "item_id": "3", "transaction_id": "3"}],
        cases=[
            {"case_id": "31", "return_id": "21"},
            {"case_id": "32"},
            {"case_id": "33"},
            {"case_id": "34", "item_id": "1", "transaction_id": "9"},
            {"case_id": "35"},
        ],
    )
    told = {row["case_id"]: links(row, "case")[1:] for row in rows}
    assert told == {
        "31": ("return_id", "certain"),
        "32": ("case_id", "certain"),
        "33": ("inquiry_id", "certain"),
        "34": ("item_transaction", "certain"),
        "35": ("none", None),
    }
    assert [row.get("return_id") for row in rows if row["case_id"] in ("31", "32")] == ["21", "22"]
    assert next(row for row in rows if row["case_id"] == "33")["inquiry_id"] == "33"


def test_the_same_number_does_not_join_two_lines():
    rows = linked(
        inquiries=[{"inquiry_id": "33", **LINE}],
        cases=[{"case_id": "33", "item_id": "110", "transaction_id": "999"}],
    )
    assert len(rows) == 2


def test_a_return_that_names_no_line_is_found_by_its_case():
    rows = linked(
        returns=[{"return_id": "21", "case_id": "31"}],
        cases=[{"case_id": "31", **LINE}],
        inquiries=[{"inquiry_id": "41", **LINE}],
    )
    assert len(rows) == 1
    assert links(rows[0], "return") == ("21", "case_id", "certain")
    assert rows[0]["item_id"] == "110"


def test_a_return_and_its_case_without_any_line_stay_together():
    rows = linked(returns=[{"return_id": "21"}], cases=[{"case_id": "31", "return_id": "21"}])
    assert len(rows) == 1
    assert links(rows[0], "return") == ("21", "none", None)


# -- several chains --------------------------------------------------------------------------


def test_several_returns_of_a_line_are_chains_by_age():
    rows = linked(
        returns=[
            {"return_id": "22", "day": 9, **LINE},
            {"return_id": "21", "day": 2, "case_id": "31", **LINE},
        ],
        inquiries=[{"inquiry_id": "41", **LINE}],
        cases=[{"case_id": "32", "return_id": "22", "day": 8, **LINE}, {"case_id": "31", **LINE}],
    )
    assert [row["chain"] for row in rows] == [0, 1]
    assert [(row["return_id"], row["case_id"]) for row in rows] == [("21", "31"), ("22", "32")]
    assert links(rows[0], "return") == ("21", "item_transaction", "certain")
    assert links(rows[0], "inquiry") == ("41", "item_transaction", "ambiguous")
    assert links(rows[0], "case") == ("31", "case_id", "certain")


def test_a_case_without_a_return_takes_a_row_that_holds_no_case():
    rows = linked(
        returns=[
            {"return_id": "21", "day": 1, **LINE},
            {"return_id": "22", "day": 2, **LINE},
        ],
        cases=[
            {"case_id": "31", "return_id": "21", "day": 5, **LINE},
            {"case_id": "30", "day": 3, **LINE},
            {"case_id": "39", "day": 9, **LINE},
        ],
    )
    assert [(row.get("return_id"), row["case_id"]) for row in rows] == [
        ("21", "31"),
        ("22", "30"),
        (None, "39"),
    ]


def test_two_cases_of_one_return_do_not_double_it():
    rows = linked(
        returns=[{"return_id": "21", **LINE}],
        cases=[{"case_id": "31", "return_id": "21"}, {"case_id": "32", "return_id": "21"}],
    )
    assert [(row.get("return_id"), row["case_id"]) for row in rows] == [("21", "31"), (None, "32")]


# -- keys that are less than a line ----------------------------------------------------------


def test_an_order_with_one_known_line_is_likely():
    rows = linked(
        cancellations=[{"cancel_id": "1", "order_id": "10-1-2"}],
        returns=[{"return_id": "2", "order_id": "10-1-2", **LINE}],
    )
    assert len(rows) == 1
    assert links(rows[0], "cancel") == ("1", "order_id", "likely")


def test_an_order_with_two_known_lines_is_ambiguous_and_claims_neither():
    rows = linked(
        cancellations=[{"cancel_id": "1", "order_id": "10-1-2"}],
        returns=[
            {"return_id": "2", "order_id": "10-1-2", **LINE},
            {"return_id": "3", "order_id": "10-1-2", "item_id": "111", "transaction_id": "221"},
        ],
    )
    alone = next(row for row in rows if "cancel_id" in row)
    assert len(rows) == 3
    assert links(alone, "cancel") == ("1", "order_id", "ambiguous")
    assert alone["order_id"] == "10-1-2"
    assert not {"item_id", "return_id"} & set(alone)


def test_a_cancellation_of_two_lines_joins_the_one_that_is_known():
    own = pd.DataFrame(
        {
            "record_id": ["1", "1"],
            "item_id": ["110", "111"],
            "transaction_id": ["220", "221"],
        },
        dtype="string",
    )
    frames = {
        "cancellations": table("cancellations", {"cancel_id": "1", "order_id": "10-1-2"}),
        "returns": table("returns", {"return_id": "2", **LINE}),
        "lines": own,
    }
    view = tables.link(frames)
    assert len(view) == 1
    assert view.loc[0, ["cancel_link", "cancel_certainty"]].tolist() == ["lines", "certain"]


def test_an_order_does_not_join_what_is_of_another_item():
    rows = linked(
        inquiries=[{"inquiry_id": "4", "order_id": "10-1-2", "item_id": "111"}],
        cancellations=[{"cancel_id": "1", "order_id": "10-1-2"}],
        returns=[{"return_id": "2", "order_id": "10-1-2", **LINE}],
    )
    assert [row["item_id"] for row in rows] == ["110", "111"]
    assert links(rows[1], "inquiry") == ("4", "order_id", "certain")


def test_item_and_buyer_are_likely_if_they_fit_one_line():
    rows = linked(
        inquiries=[
            {"inquiry_id": "4", "item_id": "110", "buyer": "ann"},
            {"inquiry_id": "5", "item_id": "110", "buyer": "bob"},
            {"inquiry_id": "6", "item_id": "110", "buyer": "cid"},
        ],
        returns=[
            {"return_id": "1", "buyer": "ann", **LINE},
            {"return_id": "2", "buyer": "bob", "item_id": "110", "transaction_id": "221"},
            {"return_id": "3", "buyer": "bob", "item_id": "110", "transaction_id": "222"},
        ],
    )
    told = {
        row["inquiry_id"]: (row, links(row, "inquiry")[1:]) for row in rows if "inquiry_id" in row
    }
    assert told["4"][1] == ("item_buyer", "likely")
    assert told["4"][0]["return_id"] == "1"
    assert told["5"][1] == ("item_buyer", "ambiguous")
    assert "return_id" not in told["5"][0]
    assert told["6"][1] == ("none", None)


# -- nothing lost, nothing doubled -----------------------------------------------------------


def test_two_cases_of_one_return_that_tell_two_lines():
    line = {"item_id": "1", "transaction_id": "2"}
    other = {"item_id": "1", "transaction_id": "3"}
    frames = {
        "returns": table("returns", {"return_id": "r0"}, {"return_id": "r1", **line}),
        "cases": table(
            "cases",
            {"case_id": "c0", "return_id": "r0", **line},
            {"case_id": "c1", "return_id": "r0", **other},
        ),
    }
    view = tables.link(frames)
    assert sorted(view["return_id"].dropna()) == ["r0", "r1"]
    assert sorted(view["case_id"].dropna()) == ["c0", "c1"]
    assert not view.duplicated(["item_id", "transaction_id", "chain"]).any()


def test_rows_left_out_are_counted():
    frame = table("returns", {"return_id": "1", **LINE}, {"return_id": "1", **LINE}, {})
    view = tables.link({"returns": frame})
    assert view["return_id"].tolist() == ["1"]
    assert view.attrs == {"n_without_id": 1, "n_duplicates": 1}


def test_nothing_at_all():
    for frames in ({}, {name: tables.empty(name) for name in tables.NAMES}):
        view = tables.link(frames)
        assert len(view) == 0
        assert list(view.columns)[:5] == [
            "order_id", "item_id", "transaction_id", "chain", "cancel_id",
        ]  # fmt: skip


def test_a_table_without_its_ids_is_named():
    with pytest.raises(errors.InputError, match="no column return_id"):
        tables.link({"returns": pd.DataFrame({"item_id": ["1"]})})


SOME = st.sampled_from([None, "1", "2", "3"])
RECORD = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from([None, "1-1", "1-2", "10-1-2", "10-1-3"]),
        "item_id": SOME,
        "transaction_id": SOME,
        "buyer": SOME,
        "case_id": st.sampled_from([None, "c0", "c1", "i0"]),
        "return_id": st.sampled_from([None, "r0", "r1", "r9"]),
        "day": st.integers(1, 3),
    }
)


@given(groups=st.tuples(*[st.lists(RECORD, max_size=4)] * 4))
@settings(max_examples=25, deadline=None)
def test_every_record_stands_in_exactly_one_row(groups):
    frames, ids = {}, {}
    for (name, kind), rows in zip(KINDS.items(), groups, strict=True):
        key = tables.KEYS[name]
        # A case may have the number of an inquiry.
        stem = "i" if kind in ("inquiry", "case") else kind[0]
        named = [{**row, key: f"{stem}{n}"} for n, row in enumerate(rows)]
        frames[name] = table(name, *named)
        ids[kind] = [row[key] for row in named]
    view = tables.link(frames)
    for kind, expected in ids.items():
        column = view[f"{kind}_id"].dropna()
        assert sorted(column) == sorted(expected)
        assert view[f"{kind}_link"].notna().equals(view[f"{kind}_id"].notna())
    assert view[[f"{kind}_id" for kind in ids]].notna().any(axis=1).all()
    lines = view.dropna(subset=["item_id", "transaction_id"])
    assert not lines.duplicated(["item_id", "transaction_id", "chain"]).any()
