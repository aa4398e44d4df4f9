import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import matplotlib as mpl
import pandas as pd
import pytest

from postorder_nb import clock, metrics, report
from postorder_nb.errors import InputError

mpl.use("Agg")

EVIL = "<img src=x onerror=alert(1)>"
QUOTED = "\"'><script>alert(1)</script>"


@dataclass
class Tables:
    cancellations: pd.DataFrame
    inquiries: pd.DataFrame
    returns: pd.DataFrame
    cases: pd.DataFrame
    meta: dict = field(default_factory=dict)


def frame(**columns):
    table = pd.DataFrame(columns)
    for name in table:
        if name.endswith("_at"):
            table[name] = pd.to_datetime(table[name], utc=True).astype("datetime64[us, UTC]")
        elif name.endswith("_amount"):
            table[name] = table[name].astype("float64")
        else:
            table[name] = table[name].astype("string" if name.endswith("_id") else "category")
    return table


@pytest.fixture
def tables():
    days = pd.date_range("2026-01-05", periods=6, freq="9D").strftime("%Y-%m-%d")
    return Tables(
        returns=frame(
            return_id=list("123456"),
            reason=["WRONG_SIZE", EVIL, None, "WRONG_SIZE", "日本", "$x$"],
            reason_type=["REMORSE", "SNAD", None, "REMORSE", QUOTED, "SNAD"],
            status=["CLOSED"] * 5 + ["ESCALATED"], case_id=[None] * 5 + ["9"], created_at=days,
            refund_amount=[10, 20, None, 0, 3000, 1],
            refund_currency=["USD", "EUR", None, "USD", "JPY", EVIL],
        ),
        inquiries=frame(
            inquiry_id=list("78"), item_id=["1", EVIL], transaction_id=["0", "0"],
            reason=["LATE_ORDER", None], status=["OPEN", "CLOSED"], created_at=days[:2],
        ),
        cancellations=frame(
            cancel_id=["3"], reason=[QUOTED], status=["CANCEL_PENDING"], created_at=days[:1],
        ),
        cases=frame(
            case_id=["9", "10"], case_type=["RETURN", "ITEM_NOT_RECEIVED"], return_id=["6", None],
            item_id=["5", "6"], transaction_id=["0", "0"], status=["OPEN", "OPEN"],
            created_at=days[:2],
        ),
        meta={
            "source": "SIMULATOR", "marketplace": EVIL, "since": "2026-01-01T00:00:00",
            "until": "2026-04-01",
        },
    )  # fmt: skip


class Page(HTMLParser):
    """Reads the page as a browser would."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.found, self.words, self.open = [], [], []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


ALLOWED = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(), "style": set(), "body": set(), "header": set(), "nav": {"aria-label"},
    "main": set(), "section": {"id"}, "h1": set(), "h2": set(), "h3": set(), "p": {"class"},
    "ul": set(), "li": set(), "a": {"href"}, "dl": set(), "dt": set(), "dd": set(),
    "div": {"class", "role", "tabindex", "aria-label"}, "figure": set(),
    "img": {"src", "alt", "width", "height"}, "table": {"class"}, "caption": set(), "thead": set(),
    "tbody": set(), "tr": set(), "th": {"scope", "style"}, "td": {"style"},
}  # fmt: skip


def test_hostile_text_makes_no_tag_and_no_attribute(tables):
    for name in ("returns", "cases"):
        getattr(tables, name).attrs["drift"] = {EVIL: {QUOTED: 2}}
    page = Page(report.html(tables))
    assert page.open == []
    assert {tag for tag, _ in page.found} <= set(ALLOWED)
    for tag, attrs in page.found:
        assert set(attrs) <= ALLOWED[tag]
    assert EVIL in page.words
    assert QUOTED in page.words
    assert len(page.all("script")) == 0


def test_the_page_asks_nobody_for_anything(tables):
    markup = report.html(tables)
    page = Page(markup)
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv"))
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert all(i["src"].startswith("data:image/svg+xml;base64,") for i in page.all("img"))
    assert all(a["href"].startswith("#") for a in page.all("a"))
    assert not re.search(r"@import|url\(|https?:", markup)
    ids = [s["id"] for s in page.all("section")]
    assert [a["href"][1:] for a in page.all("a")] == ids


def test_pictures_are_those_of_the_tables_with_words_for_them(tables):
    images = Page(report.html(tables)).all("img")
    says = [image["alt"] for image in images]
    assert [text.split(":")[0] for text in says] == [
        "Reasons for returns (n = 6)",
        "Refunds for returns (n = 6), one bar a currency",
        "Returns escalated to eBay (n = 6)",
        "Reasons for inquiries (n = 2)",
        "Inquiries escalated to eBay (n = 3)",
        "Reasons for cancellations (n = 1)",
    ]
    for image in images:
        svg = base64.b64decode(image["src"].partition(",")[2]).decode("utf-8")
        root = ElementTree.fromstring(svg)
        assert root.tag.endswith("}svg")
        assert "prefers-color-scheme:dark" in svg
    drawn = "".join(
        ElementTree.fromstring(base64.b64decode(images[0]["src"].partition(",")[2])).itertext()
    )
    assert EVIL in drawn


def test_tables_hold_the_metrics(tables):
    words = Page(report.html(tables)).words
    headers, rows = metrics.as_text(metrics.refund_amount(tables.returns))
    at = words.index("Refunded share")
    shown = [word for word in words[at - 3 :] if word.strip()]
    assert shown[: len(headers)] == headers
    assert shown[len(headers) : 6 * len(headers)] == [cell for row in rows for cell in row]
    assert words[words.index("Source") + 1] == "SIMULATOR (a made-up shop)"
    assert words[words.index("Records opened") + 1] == "2026-01-01 to 2026-04-01 (UTC)"


def test_headings_come_in_order(tables):
    levels = [
        int(tag[1]) for tag, _ in Page(report.html(tables)).found if re.fullmatch("h[1-6]", tag)
    ]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_the_same_tables_give_the_same_page(tables):
    with clock.frozen(datetime(2026, 5, 1, 12, tzinfo=UTC)):
        first, second = report.html(tables), report.html(tables)
    assert first == second
    assert "2026-05-01 12:00 UTC" in first


def test_no_records_at_all(tables):
    empty = Tables(*(getattr(tables, name).head(0) for name in
                     ("cancellations", "inquiries", "returns", "cases")))  # fmt: skip
    page = Page(report.html(empty))
    assert page.words.count("No records.") == 6
    assert page.all("img") == []
    assert "not stated" in page.words
    assert "no records" in report.terminal(empty)


def test_what_only_details_know_is_said_to_be_missing(tables):
    tables.inquiries = tables.inquiries.drop(columns="reason")
    tables.returns = tables.returns.drop(columns=["refund_amount"])
    tables.cases = tables.cases.drop(columns=["case_type", "return_id"])
    words = " ".join(Page(report.html(tables)).words)
    assert "the table of inquiries has no column 'reason'. To have it: fetch the details" in words
    assert "the table of returns has no column 'refund_amount'" in words
    assert "the rate is too low" in words
    assert "Inquiries escalated to eBay (n = 2)" in report.html(tables)


def test_escalated_inquiries_are_added_from_their_cases(tables):
    words = " ".join(Page(report.html(tables)).words)
    assert "Counted here from their case alone: 1." in words


def test_gaps_are_counted(tables):
    tables.returns.loc[1, "return_id"] = "1"
    tables.returns.attrs = {"truncated": True, "drift": {"unknown field": {"summary.flags": 1234}}}
    words = [w for w in Page(report.html(tables)).words if w.strip()]
    at = words.index("Gaps in the tables")
    rows = words[at + 8 : at + 8 + 28]
    assert rows[14:21] == ["Returns", "6", "1", "0", "0", "1", "0"]
    assert rows[21:28] == ["Cases", "2", "0", "0", "0", "-", "0"]
    assert "Cut by a limit: returns." in words
    assert words[words.index("summary.flags") + 1] == "1,234"


def test_the_tables_own_facts_serve_where_the_snapshot_has_none(tables):
    tables.meta = {}
    tables.returns.attrs = {"source": "PRODUCTION", "fetched_at": "2026-04-02T10:00:00+00:00"}
    words = Page(report.html(tables)).words
    assert words[words.index("Source") + 1] == "PRODUCTION (eBay)"
    assert words[words.index("Fetched") + 1] == "2026-04-02 10:00:00+00:00"
    assert words[words.index("Records opened") + 1] == "2026-01-05 to 2026-02-19 (UTC)"


def test_write_makes_the_file(tables, tmp_path):
    path = report.write(tables, tmp_path / "report.html")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert report.write(tables, str(path)) == path
    with pytest.raises(InputError, match="is a folder"):
        report.write(tables, tmp_path)
    with pytest.raises(InputError, match="no folder"):
        report.write(tables, tmp_path / "none" / "report.html")


def test_terminal_tells_the_same_figures_in_its_width(tables):
    lines = report.terminal(tables, width=70).split("\n")
    assert "Reasons (returns)" in lines
    assert any(re.fullmatch(r"USD\s+2\s+1\s+50\.0 %.*10\.00\s+10\.00\s+10\.00", line) for line in
               report.terminal(tables, width=120).split("\n"))  # fmt: skip
    start = lines.index("Reasons (returns)")
    assert all(len(line) <= 70 for line in lines[start : start + 8])
    assert "\x1b" not in "".join(lines)


def test_terminal_cuts_long_tables(tables):
    tables.cancellations = frame(
        cancel_id=[str(i) for i in range(30)], reason=[f"REASON_{i}" for i in range(30)]
    )
    assert "(18 more rows)" in report.terminal(tables, width=100)
