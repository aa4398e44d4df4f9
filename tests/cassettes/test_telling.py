"""``postorder-nb cassettes list`` and ``show``."""

from __future__ import annotations

import subprocess
import sys

import pytest

from postorder_nb import cassettes
from postorder_nb.errors import CassetteError


def test_all_forms_are_listed(make, command):
    one = make.exchange("/return/5001", {"summary": {"returnId": "5001"}})
    page = make.exchange("/return/search?limit=1", {"members": []})
    make.write("shop/small", one, one, page)
    make.write("large", one, form="jsonl.gz", mark="")
    make.write("killed", one, form="part.jsonl.gz", whole=False)
    (make.folder / "damaged.yaml").write_text("postorder_nb: {version: 9}")
    rows = {row.name: row for row in cassettes.overview(cassettes.find(folder=make.folder))}
    assert [(name, row.form, row.interactions) for name, row in rows.items()] == [
        ("damaged", "yaml", None), ("killed", "cut off", 1), ("large", "compact", 1),
        ("shop/small", "yaml", 3),
    ]  # fmt: skip
    assert rows["shop/small"].calls == "returns.get (2), returns.search"
    assert rows["large"].scrubbed == "no"
    assert "has format 9" in rows["damaged"].calls
    status, said, _ = command("list")
    assert status == 0
    assert [line.split()[0] for line in said.splitlines()] == ["name", *rows]


def test_the_interactions_of_one(make, command):
    body = {"comments": {"content": "Abc."}}
    make.write(
        "one",
        make.exchange("/return/5001/issue_refund", {}, method="POST", body=body, status=201),
        make.exchange("/unheard/of?a=%20b", {"error": []}, status=404),
    )
    [cassette] = cassettes.find(["one"], make.folder)
    first, second = cassettes.show(cassette)
    assert first[:3] == (1, "returns.issue_refund", "/return/5001/issue_refund")
    assert first.sent >= len('{"comments": {"content": "Abc."}}')  # YAML lays it out
    assert first[4:] == ("IAF", False, 201, 2)
    assert (second.call, second.asked) == ("GET /post-order/v2/unheard/of", "/unheard/of?a= b")
    status, said, _ = command("show", "one", "1")
    assert status == 0
    assert '"content": "Abc."' in said
    assert "HTTP 201 OK" in said
    assert "unheard" not in said


def test_what_is_not_there_is_told(make, command):
    make.write("one", make.exchange("/return/5001", {}))
    status, _, errors = command("show", "one", "2")
    assert (status, errors.splitlines()[0]) == (2, "InputError: one has interactions 1 to 1")
    for missing in ("none", str(make.folder / "none.yaml")):
        status, _, errors = command("show", missing)
        assert status == 1
        assert "none" in errors
    with pytest.raises(CassetteError, match="no cassette none"):
        cassettes.find(["none"], make.folder)
    assert command("show", make.folder / "one.yaml") == command("show", "one")


def test_signs_that_steer_a_terminal_are_shown_not_sent(make, command):
    make.write("one", make.exchange("/return/5001", b"\x1b[2J gone"))
    _, said, _ = command("show", "one", "1")
    assert "\x1b" not in said
    assert "[2J gone" in said


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom postorder_nb import cli\n"
        "try: cli.main(['cassettes', 'check', '--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'pandas', 'vcr', 'yaml', 'requests'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
