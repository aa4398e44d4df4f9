"""``postorder-nb cassettes diff``."""

from __future__ import annotations

from postorder_nb import cassettes

OLD = {"returnId": "1", "state": "CLOSED", "due": {"at": "x"}, "count": 1}


def pages(make, name: str, *members: dict) -> None:
    page = {"members": list(members), "total": len(members)}
    make.write(name, make.exchange("/return/search?limit=3", page))


def changes(make, **options) -> set[tuple[str, ...]]:
    pair = cassettes.find(["before", "after"], make.folder)
    return {change[1:] for change in cassettes.diff(*pair, **options)}


def test_other_ids_and_moments_are_no_change(make, command):
    pages(make, "before", OLD)
    pages(make, "after", {**OLD, "returnId": "2", "due": {"at": "y"}})
    assert changes(make) == set()
    assert command("diff", "before", "after")[:2] == (0, "nothing changed\n")


def test_what_the_records_are_made_of(make, command):
    pages(make, "before", OLD, OLD)
    now = {"returnId": "1", "state": "ON_HOLD", "count": "1", "added": None}
    pages(make, "after", now, {**now, "due": {}})
    assert changes(make) == {
        ("new field", "added", "", "null, in 2 of 2"),
        ("field gone", "due.at", "text, in 2 of 2", ""),
        ("no longer always", "due", "in 2 of 2", "in 1 of 2"),
        ("kinds", "count", "number", "text"),
        ("new words", "state", "CLOSED", "ON_HOLD"),
    }
    said = command("diff", "before", "after")[1]
    assert "ON_HOLD" in said
    assert said.count("returns.search") == 5


def test_other_calls_and_statuses(make):
    make.write("before", make.exchange("/return/1", {}), make.exchange("/return/2", {}))
    make.write("after", make.exchange("/return/1", {}, status=404), make.exchange("/inquiry/1", {}))
    assert changes(make) == {
        ("statuses", "", "200 (2)", "404 (1)"), ("only after", "", "", "1 times"),
    }  # fmt: skip


def test_values_of_equal_requests(make):
    pages(make, "before", OLD, OLD)
    pages(make, "after", OLD, {**OLD, "count": 2})
    assert changes(make) == set()
    assert changes(make, values=True) == {("value", "$.members[1].count", "1", "2")}
