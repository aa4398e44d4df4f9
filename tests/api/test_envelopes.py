"""Every envelope eBay uses, every number that is known, and how an error looks in a notebook."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from postorder_nb import errors
from postorder_nb.api.advice import KNOWN, find, may_have_happened, may_repeat
from postorder_nb.api.envelopes import is_refusal, refusal
from postorder_nb.errors import ErrorItem

# Number, HTTP status, kind of error, and whether a repeat may help; by the domains of the API.
# Where nobody has seen a status it is 400.
FACTS: dict[str, str] = {
    "returnErrorDomain": """
        1001 500 ServerFault look
        1301 400 NotPermitted never
        1302 400 NotPermitted never
        1303 400 RequestRefused never
        1304 400 NotFound never
        1305 400 RequestRefused never
        1306 400 NotPermitted never
        1308 400 NotPermitted never
        1309 400 RequestRefused never
        1401 400 RequestRefused never
        1402 400 RequestRefused never
        1501 200 RequestRefused never
        1502 500 RequestRefused never
        1505 500 RequestRefused never
        1508 500 RequestRefused never
        1601 400 RequestRefused never
        1616 400 RequestRefused never
        1617 400 RequestRefused never
        1754 400 RequestRefused never
        1755 400 RequestRefused never
        1760 400 RequestRefused never
        1764 400 RequestRefused look
        1771 400 RequestRefused never
    """,
    "resolutionsErrorDomain": """
        292001 400 RequestRefused never
        292004 400 RequestRefused never
        292008 500 NotFound never
        292010 500 ServerFault later
        292011 500 ServerFault later
        292012 500 ServerFault later
        292013 500 ServerFault look
        292014 500 ServerFault look
        292023 400 RequestRefused never
        292024 400 RequestRefused never
        292025 400 RequestRefused never
        292039 400 RequestRefused never
        292050 400 RequestRefused never
        292051 400 RequestRefused never
        292052 400 RequestRefused never
        292053 400 RequestRefused look
        292054 400 RequestRefused never
        292057 400 RequestRefused never
        292058 400 RequestRefused look
        292060 400 RequestRefused never
        292061 400 RequestRefused never
        292062 400 RequestRefused never
        292063 400 RequestRefused never
        292064 400 RequestRefused never
        292065 400 RequestRefused never
        292066 400 RequestRefused look
        292067 400 RequestRefused never
        292068 400 RequestRefused never
        292069 400 RequestRefused never
    """,
    "cancelErrorDomain": "10003 400 RequestRefused never",
    "CancelSvcErrorDomain": "10005 400 RequestRefused never",
    "OAuth": "1001 401 TokenExpired never",
    "ACCESS": """
        1100 403 NotPermitted never
        2001 429 RateLimited later
        2003 500 ServerFault look
        2004 400 RequestRefused never
        215001 403 NotPermitted never
        215113 403 NotPermitted never
        215114 403 NotPermitted never
        215117 403 WrongKeyset never
        215120 403 NotPermitted never
        215121 403 NotPermitted never
        215122 403 NotPermitted never
    """,
    "API_KEYS": """
        210000 500 ServerFault later
        210001 400 RequestRefused never
        210002 404 NotFound never
        210005 400 TokenRefused never
        210006 400 RequestRefused never
    """,
    "API_FULFILLMENT": "34916 400 RequestRefused never",
    "API_ANALYTICS": "105000 500 ServerFault later",
    "Trading API": """
        930 400 TokenRefused never
        931 400 TokenRefused never
        932 400 TokenExpired never
        21916984 400 TokenRefused never
        21917053 400 TokenExpired never
    """,
}
ROWS = [
    (domain, int(number), int(status), kind, repeat)
    for domain, lines in FACTS.items()
    for number, status, kind, repeat in map(str.split, filter(str.strip, lines.splitlines()))
]
GATEWAY = ("OAuth", "ACCESS", "API_KEYS", "API_FULFILLMENT", "API_ANALYTICS")


def complaint(number: int, domain: str | None, **more: Any) -> dict[str, Any]:
    return {"errorId": number, "domain": domain, "category": "REQUEST", "message": "m", **more}


def test_seventy_seven_numbers_are_known_and_no_others() -> None:
    assert len({number for _, number, *_ in ROWS}) == 77
    assert len(ROWS) == len(KNOWN) == 78  # 1001 means two things


@pytest.mark.parametrize(("domain", "number", "status", "kind", "repeat"), ROWS)
def test_each_number_has_its_kind_and_advice(
    domain: str, number: int, status: int, kind: str, repeat: str
) -> None:
    name = "errors" if domain in GATEWAY else "error"
    error = refusal("a call", status, {name: [complaint(number, domain)]}, "", "rq-1")
    assert type(error) is getattr(errors, kind)
    assert error.advice != type(error).advice
    assert 15 < len(error.advice) < 200
    advice = find(error.items[0], status)
    assert advice is not None
    assert (advice.repeat, advice.words) == (repeat, error.advice)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1001, "Duplicate warning"),
        (1505, "billing agreement"),
        (1617, "letters, digits and '-'"),
        (1760, "full refund"),
        (1771, "leave the RMA number out"),
        (10003, "both ends"),
        (10005, "cancellations.check_eligibility"),
        (34916, "return or inquiry"),
        (210001, "ED25519 or RSA"),
        (215001, "signing_key"),
        (215114, "clock"),
        (292004, "X-EBAY-C-MARKETPLACE-ID"),
        (292014, "do not repeat"),
        (292025, "past"),
    ],
)
def test_the_advice_names_what_helps(number: int, words: str) -> None:
    advice = find(ErrorItem(number), 400)
    assert advice is not None
    assert words in advice.words


def test_a_number_means_nothing_in_a_domain_that_does_not_use_it() -> None:
    assert type(refusal("a", 403, {"errors": [complaint(1304, "ACCESS")]}, "", None)) is (
        errors.NotPermitted
    )
    assert type(refusal("a", 500, {"error": [complaint(1502, "OAuth")]}, "", None)) is (
        errors.ServerFault
    )
    assert find(ErrorItem(1616, "cancelErrorDomain"), 400) is None


@pytest.mark.parametrize("domain", ["", None, "a new domain"])
def test_without_a_known_domain_the_number_has_to_do(domain: str | None) -> None:
    def kind(number: int, status: int) -> type[Exception]:
        return type(refusal("a", status, {"error": [complaint(number, domain)]}, "", None))

    assert kind(1304, 400) is errors.NotFound
    assert kind(1502, 500) is errors.RequestRefused
    assert kind(1001, 401) is errors.TokenExpired
    assert kind(1001, 500) is errors.ServerFault


@pytest.mark.parametrize("domain", ["resolutions", "resolutionsErrorDomain", "RESOLUTIONS"])
def test_the_spellings_of_a_domain_are_one(domain: str) -> None:
    assert type(refusal("a", 500, {"error": [complaint(292008, domain)]}, "", None)) is (
        errors.NotFound
    )


def test_an_unknown_number_passes_with_ebays_words_and_the_kind_of_its_status() -> None:
    kinds = {400: "RequestRefused", 401: "TokenExpired", 403: "NotPermitted", 404: "NotFound",
             409: "RequestRefused", 429: "RateLimited", 500: "ServerFault", 503: "ServerFault",
             302: "RequestRefused"}  # fmt: skip
    for status, kind in kinds.items():
        unknown = complaint(777777, "returnErrorDomain", message="Words of eBay's")
        error = refusal("a call", status, {"error": [unknown]}, "", None)
        assert type(error) is getattr(errors, kind)
        assert error.advice == type(error).advice
        assert "[returnErrorDomain 777777] Words of eBay's" in str(error)


ONE = complaint(1616, "returnErrorDomain", parameter=[{"name": "returnId", "value": "5"}])
TWO = complaint(1601, "returnErrorDomain", longMessage="m, and more of it", severity="ERROR")
THREE = complaint(999999, None)
ENVELOPES: dict[str, tuple[int, dict[str, Any]]] = {
    "v2": (400, {"error": [ONE, TWO, THREE]}),
    "v2 under 200": (200, {"error": [ONE, TWO, THREE]}),
    "documented": (400, {"errorMessage": {"error": [ONE, TWO, THREE]}, "ackValue": "FAILURE"}),
    "v1 under 200": (200, {"errorMessage": {"error": [ONE, TWO, THREE]}}),
    "gateway": (400, {"errors": [ONE, TWO, THREE]}),
}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_all_complaints_of_an_answer_are_kept(envelope: str) -> None:
    status, content = ENVELOPES[envelope]
    assert is_refusal(status, content)
    error = refusal("returns.get 5", status, content, "", "rq-9")
    assert [item.error_id for item in error.items] == [1616, 1601, 999999]
    assert error.items[0].parameters == {"returnId": "5"}
    assert error.items[1].message == "m, and more of it"
    assert str(error).splitlines() == [
        f"returns.get 5 was refused (HTTP {status})",
        "eBay says: [returnErrorDomain 1616] m (returnId=5)",
        "eBay says: [returnErrorDomain 1601] m, and more of it",
        "eBay says: [999999] m",
        "What to do: check what the parameters name: eBay expects something else; "
        "give the input that the parameters name",
        "Request id: rq-9",
    ]


def test_one_complaint_may_stand_without_its_list() -> None:
    content = {"errorMessage": {"error": ONE}, "ackValue": "FAILURE"}
    assert is_refusal(200, content)
    assert [item.error_id for item in refusal("a", 200, content, "", None).items] == [1616]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"members": [], "total": 0},
        {"cancelId": "5", "warnings": [ONE]},
        {"error": [{**ONE, "severity": "WARNING"}]},
        {"error": []},
        {"error": None, "errors": None, "errorMessage": None},
        {"errors": ["text"]},
        None,
        [ONE],
    ],
)
def test_what_only_resembles_a_refusal_is_an_answer(content: Any) -> None:
    assert not is_refusal(200, content)
    assert is_refusal(400, content)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "The answer was: (empty)"),
        ("<html><script>x()</script><p>Blocked &amp; gone</p></html>", "was: Blocked & gone"),
        ("upstream\n  timed out", "was: upstream timed out"),
        ("x" * 300, "x" * 200 + "…"),
    ],
)
def test_a_body_that_is_no_envelope_is_told_in_short(body: str, words: str) -> None:
    error = refusal("a", 502, None, body, None)
    assert type(error) is errors.ServerFault
    assert words in str(error)


@pytest.mark.parametrize(
    "content", [None, {"errors": [complaint(1001, "OAuth", message="Bad scheme: Bearer")]}]
)
def test_the_word_bearer_is_explained(content: Any) -> None:
    error = refusal("a", 401, content, "Bad scheme: Bearer", None)
    assert type(error) is errors.TokenRefused
    assert "IAF" in error.advice


def test_reads_know_when_a_repeat_is_in_vain() -> None:
    def items(*numbers: int) -> list[ErrorItem]:
        return [ErrorItem(number) for number in numbers]

    assert may_repeat(items(1502), 500) is False
    assert may_repeat(items(292010, 1502), 500) is False
    assert may_repeat(items(292010), 500) is True
    assert may_repeat(items(1001), 500) is True
    assert may_repeat(items(777777), 500) is None
    assert may_repeat([ErrorItem("invalid_grant")], 400) is None


def test_writes_know_when_a_refusal_may_hide_a_change() -> None:
    def happened(number: int, status: int) -> bool | None:
        return may_have_happened([ErrorItem(number)], status)

    assert happened(292014, 500) is True
    assert happened(1764, 400) is True
    assert happened(292011, 500) is True
    assert happened(2001, 429) is False  # stopped at the gate
    assert happened(1502, 500) is False
    assert happened(777777, 500) is None
    assert may_have_happened([], 503) is None


NOTEBOOK = """
import sys
from traitlets.config import Config
from IPython.core.interactiveshell import InteractiveShell
config = Config()
config.HistoryManager.enabled = False
config.InteractiveShell.colors = "nocolor"
shell = InteractiveShell.instance(config=config)
shell.run_cell('''
from postorder_nb.api.envelopes import refusal
def ask():
    item = {"errorId": 1304, "domain": "returnErrorDomain", "message": "No such return"}
    raise refusal("returns.get 5001", 400, {"error": [item]}, "", "rq-77")
''')
for cell in ("ask()", *sys.argv[1:]):
    print("=== " + cell)
    shell.run_cell(cell)
"""


def notebook(*cells: str, folder: Path) -> dict[str, str]:
    """Run cells after one that fails, in a real shell of its own, and return what each printed."""
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, *cells],
        env={"IPYTHONDIR": str(folder), "HOME": str(folder), "PATH": ""},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    parts = re.split(r"^=== (.*)\n", done.stdout, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_notebook_shows_the_short_form_and_tb_the_long_one(tmp_path: Path) -> None:
    shown = notebook("%tb", "ask()", "%tb Verbose", "%tb Plain", folder=tmp_path)
    assert shown["ask()"].split("\n")[:4] == [
        "NotFound: returns.get 5001 was refused (HTTP 400)",
        "eBay says: [returnErrorDomain 1304] No such return",
        "What to do: check the return id",
        "Request id: rq-77",
    ]
    assert "Traceback" not in shown["ask()"]
    for magic in ("%tb", "%tb Verbose", "%tb Plain"):
        assert "Traceback (most recent call last)" in shown[magic]
        assert "in ask" in shown[magic]
        assert "raise refusal" in shown[magic]
        assert "What to do: check the return id" in shown[magic]
