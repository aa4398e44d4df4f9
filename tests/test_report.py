import base64
import importlib
import inspect
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import matplotlib as mpl
import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb import clock, metrics, report, tables
from postorder_nb.errors import InputError
from postorder_nb.metrics.intervals import newcombe
from postorder_nb.report.headline import Estimate

mpl.use("Agg")

NOW = "2026-06-15T10:00:00Z"
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


def small_shop():
    days = pd.date_range("2026-01-05", periods=6, freq="9D").strftime("%Y-%m-%d")
    return Tables(
        returns=frame(
            return_id=list("123456"),
            item_id=list("112233"), item_title=[EVIL, EVIL, "Lamp", "Lamp", None, None],
            buyer=["ann_77", "bob_78", "ann_77", EVIL, None, "zoe_79"],
            reason=["WRONG_SIZE", EVIL, None, "WRONG_SIZE", "日本", "$x$"],
            reason_type=["REMORSE", "SNAD", None, "REMORSE", QUOTED, "SNAD"],
            status=["CLOSED"] * 5 + ["ESCALATED"], case_id=[None] * 5 + ["9"], created_at=days,
            refund_amount=[10, 20, None, 0, 3000, 1],
            refund_currency=["USD", "EUR", None, "USD", "JPY", EVIL],
        ),
        inquiries=frame(
            inquiry_id=list("78"), buyer=["bob_78", "cat_80"],
            item_id=["1", EVIL], transaction_id=["0", "0"],
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
            "source": "SIMULATOR", "marketplace": EVIL, "since": "2026-01-01T00:00:00Z",
            "until": "2026-04-01T00:00:00Z",
        },
    )  # fmt: skip


@pytest.fixture
def shop():
    return small_shop()


@pytest.fixture(scope="module")
def made():
    """Make the report on the small shop once, for the tests that only look at it."""
    report_ = pn.report(small_shop(), buyers=True)
    assert report_.html  # which is kept
    return report_


class Page(HTMLParser):
    """Reads the page as a browser would."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.found, self.words, self.open = [], [], []
        self.flow, self.tiles = [], []  # (tag, its words) of tables; the words of each tile
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.found.append((tag, attrs))
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)
        if tag in {"caption", "th", "td", "table"}:
            self.flow.append((tag, ""))
        if attrs.get("class") == "name":
            self.tiles.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if self.open and self.open[-1] in {"caption", "th", "td"}:
            self.flow[-1] = (self.open[-1], data)
        if "span" in self.open:
            self.tiles[-1].append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


SECTIONS = [
    *("glance", "changes", "due", "reasons", "money", "escalation", "trouble", "orders"),
    "quality",
]
ALLOWED = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(), "style": set(), "body": set(), "header": set(), "nav": {"aria-label"},
    "main": set(), "footer": set(), "section": {"id", "aria-labelledby"}, "h1": set(),
    "h2": {"id"}, "h3": set(), "p": {"class"}, "br": set(), "span": {"class", "aria-hidden"},
    "ul": {"class"}, "li": set(), "a": {"href"}, "dl": {"class"}, "dt": set(), "dd": set(),
    "div": {"class", "role", "tabindex", "aria-label"}, "figure": set(),
    "img": {"src", "alt", "width", "height"}, "table": {"class"}, "caption": set(), "thead": set(),
    "tbody": set(), "tr": set(), "th": {"scope", "style"}, "td": {"style"},
}  # fmt: skip


def pictures(page):
    """Return the SVG documents inside the page."""
    return [
        base64.b64decode(image["src"].partition(",")[2]).decode("utf-8")
        for image in page.all("img")
    ]


@pytest.fixture(scope="module")
def adversarial():
    with pn.demo(returns=40, days=60, seed=5, scenario="adversarial", now=NOW) as po:
        return pn.fetch.snapshot(po, since="60d", details=True, progress=False)


def assert_harmless(markup):
    page = Page(markup)
    assert page.open == []
    assert {tag for tag, _ in page.found} <= set(ALLOWED)
    for tag, attrs in page.found:
        assert set(attrs) <= ALLOWED[tag]
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv"))
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert all(i["src"].startswith("data:image/svg+xml;base64,") for i in page.all("img"))
    assert all(a["href"].startswith("#") for a in page.all("a"))
    style = markup[markup.index("<style>") : markup.index("</style>")]
    assert not re.search(r"@import|url\(|https?:|expression", style)
    for svg in pictures(page):
        root = ElementTree.fromstring(svg)
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not names & {"script", "image", "foreignObject", "a", "animate", "set"}
        assert not re.search(r"\son\w+=", re.sub(r">[^<]*<", "><", svg))
    return page


def test_hostile_text_makes_no_tag_and_no_attribute(shop):
    for name in ("returns", "cases"):
        getattr(shop, name).attrs["drift"] = {"unknown value": {QUOTED: 2, EVIL: 1}}
    page = assert_harmless(report.html(shop, buyers=True))
    assert EVIL in page.words
    assert QUOTED in page.words
    assert any(EVIL in "".join(ElementTree.fromstring(svg).itertext()) for svg in pictures(page))


def test_a_whole_shop_of_hostile_text_stays_harmless_and_small(adversarial):
    for buyers in (False, True):
        markup = report.html(adversarial, buyers=buyers)
        assert_harmless(markup)
        assert len(markup.encode("utf-8")) < 1_500_000
    assert "\x1b" not in report.terminal(adversarial, width=100)


def logins(snapshot):
    seen = [getattr(snapshot, name)["buyer"] for name in tables.NAMES]
    return {str(login) for login in pd.concat(seen).dropna()}


def test_no_login_is_in_the_page_unless_asked_for(adversarial):
    known = {login for login in logins(adversarial) if len(login) > 3}
    assert len(known) > 20
    made = pn.report(adversarial)
    page = Page(made.html)
    told = "\n".join([*page.words, *(i["alt"] for i in page.all("img")), *pictures(page)])
    told += made.html + made.terminal(width=400)
    assert not [login for login in known if login in told]
    assert "numbered, not named" in told
    named = pn.report(adversarial, buyers=True)
    assert any(login in Page(named.html).words for login in known)


def test_the_sections_see_no_other_personal_data(adversarial):
    frames = pn.report(adversarial)._material.frames
    for name, table in frames.items():
        told = tables.describe(name)
        personal = set(told.loc[told["personal"], "column"]) - {"buyer", "buyer_country"}
        assert not personal & set(table)
    assert "buyer_comments" in adversarial.returns


def test_a_buyer_has_one_number_throughout(shop):
    frames = pn.report(shop)._material.frames
    assert frames["returns"]["buyer"].tolist()[:4] == ["Buyer 2", "Buyer 1", "Buyer 2", "Buyer 4"]
    assert frames["inquiries"]["buyer"].tolist() == ["Buyer 1", "Buyer 3"]
    assert pd.isna(frames["returns"]["buyer"].iloc[4])
    assert shop.returns["buyer"].iloc[0] == "ann_77"


def test_sections_and_their_navigation(made):
    page = Page(made.html)
    ids = [section["id"] for section in page.all("section")]
    assert ids == SECTIONS
    assert [a["href"][1:] for a in page.all("a")] == ids
    titles = [heading["id"] for heading in page.all("h2")]
    assert [section["aria-labelledby"] for section in page.all("section")] == titles
    every = [attrs["id"] for _, attrs in page.found if "id" in attrs]
    assert len(every) == len(set(every))
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tables_and_pictures_can_be_read_without_eyes(made):
    page = Page(made.html)
    assert len(page.all("table")) == len(page.all("caption")) > 5
    assert all(th["scope"] == "col" for th in page.all("th"))
    says = [image["alt"] for image in page.all("img")]
    assert "Reasons for returns (n = 6)" in {text.split(":")[0] for text in says}
    assert all(len(text) > 30 for text in says)
    assert all("prefers-color-scheme:dark" in svg for svg in pictures(page))


def table_of(page, title):
    """Return the cells of the table with that caption, headers first."""
    at = next(i for i, (tag, _) in enumerate(page.flow) if (tag, _) == ("caption", title))
    cells = []
    for tag, words in page.flow[at + 1 :]:
        if tag not in {"th", "td"}:
            break
        cells.append(words)
    return cells


@pytest.mark.parametrize(
    ("title", "metric", "name", "leave"),
    [
        ("Reasons for returns", "reasons", "returns", []),
        ("Reasons for inquiries", "inquiry_reasons", "inquiries", ["cumulative_share"]),
        ("Refunds of returns", "refund_amount", "returns", ["mean_amount_low", "mean_amount_high"]),
        ("Returns escalated", "escalation_rate", "returns", []),
    ],
)
def test_tables_hold_the_metrics(made, title, metric, name, leave):
    page = Page(made.html)
    shop = small_shop()
    options = {"cases": shop.cases} if metric == "escalation_rate" else {}
    result = getattr(metrics, metric)(getattr(shop, name), **options).drop(columns=leave)
    headers, rows = metrics.as_text(result)
    assert table_of(page, title) == [*headers, *(cell for row in rows for cell in row)]


def big(now, *, recent, before, snad):
    """Make returns of two periods of 28 days, and how many of the recent are not as described."""
    ages = [1 + i * 20 / recent for i in range(recent)] + [
        30 + i * 20 / before for i in range(before)
    ]
    return frame(
        return_id=[str(i) for i in range(recent + before)],
        created_at=[now - pd.Timedelta(days=age) for age in ages],
        reason_type=["SNAD"] * snad + ["REMORSE"] * (recent + before - snad),
        reason=["OTHER"] * (recent + before), status=["CLOSED"] * (recent + before),
        case_id=[None] * (recent + before),
        refund_amount=[2.5] * (recent + before), refund_currency=["EUR"] * (recent + before),
    )  # fmt: skip


def tiles(page):
    """Return the headline figures: the words of each tile."""
    return {words[0]: words[1:] for words in page.tiles}


def test_headline_figures_are_those_of_the_metrics(shop):
    now = pd.Timestamp("2026-06-01", tz="UTC")
    shop.returns = big(now, recent=60, before=20, snad=30)
    shop.meta = {"fetched_at": "2026-06-01T00:00:00Z", "since": "2026-03-01T00:00:00Z"}
    told = tiles(Page(report.html(shop)))
    opened = metrics.counts(shop.returns.head(60)).iloc[0]
    assert told["Returns opened"][0] == "60"
    assert told["Returns opened"][1] == f"{opened.n_low:,.0f} to {opened.n_high:,.0f}"
    assert told["Returns opened"][2].startswith("+40 (")
    assert told["Returns opened"][-1] == " more than before"
    share = told["Returns not as described"]
    low, high = newcombe(30, 60, 0, 20)
    assert share[0] == "50.0 %"
    assert share[1] == "37.7 to 62.3 %"  # Wilson, by hand: (30 + 1.9207) / 63.8415 -+ 0.1227
    assert share[2] == f"+50.0 points ({100 * low:+.1f} to {100 * high:+.1f} points)"
    # Without refunded_at the money is that of the returns opened, and not compared.
    assert told["Refunded in EUR so far"][0] == "150.00"
    assert len(told["Refunded in EUR so far"]) == 2


def test_a_difference_of_wilson_intervals_is_newcombes():
    now = Estimate(30 / 60, *map(float, metrics.wilson(30, 60)))
    before = Estimate(5 / 40, *map(float, metrics.wilson(5, 40)))
    change = now.less(before)
    low, high = newcombe(30, 60, 5, 40)
    assert (change.low, change.high) == pytest.approx((float(low), float(high)), abs=1e-12)
    assert change.value == pytest.approx(0.375)


def test_money_is_compared_by_the_day_it_was_refunded(shop):
    now = pd.Timestamp("2026-06-01", tz="UTC")
    shop.returns = big(now, recent=4, before=12, snad=0)
    shop.returns["refunded_at"] = shop.returns["created_at"] - pd.Timedelta(days=8)
    shop.meta = {"fetched_at": "2026-06-01T00:00:00Z", "since": "2026-03-01T00:00:00Z"}
    told = tiles(Page(report.html(shop)))["Refunded in EUR"]
    age = (now - shop.returns["refunded_at"]) / pd.Timedelta(days=1)
    recent, before = int((age < 28).sum()), int(((age >= 28) & (age < 56)).sum())
    assert told[0] == f"{2.5 * recent:.2f}"
    assert told[2].startswith(f"{2.5 * (recent - before):.2f} (")


def test_too_little_time_is_not_compared(shop):
    shop.meta = {"fetched_at": "2026-01-10T00:00:00Z", "since": "2026-01-01T00:00:00Z"}
    page = Page(report.html(shop))
    assert "It covers too little time" in " ".join(page.words)
    assert all("chance" not in words[-1] for words in tiles(page).values())
    assert tiles(page)["Returns opened"][0] == "6"


def test_what_is_due_stands_with_its_money(shop):
    now = pd.Timestamp("2026-03-10 12:00", tz="UTC")
    shop.returns = frame(
        return_id=["1", "2", "3"], state=["RETURN_REQUESTED"] * 2 + ["CLOSED"],
        seller_activity_due=["SELLER_APPROVE_REQUEST"] * 3, created_at=[now] * 3,
        refund_estimated_amount=[20, 5, 7], refund_estimated_currency=["EUR", "USD", "EUR"],
        buyer=["ann_77", "bob_78", "bob_78"],
    )  # fmt: skip
    shop.returns["respond_by"] = [now + pd.Timedelta(days=d) for d in (1.5, -1, 1)]
    for name in ("inquiries", "cases", "cancellations"):
        empty = getattr(shop, name).head(0)
        setattr(shop, name, empty.assign(respond_by=empty["created_at"]))
    shop.meta = {"fetched_at": "2026-03-10T12:00:00Z"}
    page = Page(report.html(shop, tz="Europe/Berlin"))
    cells = table_of(page, "Work queue")
    assert cells[:3] == ["Due", "Days left", "Record"]
    assert cells[8:16] == [
        "2026-03-09 13:00", "-1.0", "Return", "2", "Seller approve request", "(not given)",
        "Buyer 2", "5.00 USD",
    ]  # fmt: skip
    assert cells[16] == "2026-03-12 01:00"
    assert (
        "2 things are due within 7 days, 1 of them overdue. At stake: 20.00 EUR, 5.00 USD."
        in page.words
    )


def test_alerts_are_sentences(shop):
    end = pd.Timestamp("2026-03-30", tz="UTC")
    opened = [end - pd.Timedelta(hours=h) for h in [*range(1, 31), *range(170, 1500, 50)]]
    shop.returns = frame(return_id=[str(i) for i in range(57)], created_at=opened)
    shop.meta = {"fetched_at": end.isoformat()}
    sentence = metrics.alerts({"returns": shop.returns}, as_of=end)["sentence"].iloc[0]
    assert sentence in Page(report.html(shop)).words


def test_the_same_tables_give_the_same_page(shop):
    with clock.frozen(datetime(2026, 5, 1, 12, tzinfo=UTC)):
        first, second = report.html(shop), report.html(small_shop())
    assert first == second
    assert "2026-05-01 12:00 UTC" in first


def test_no_records_at_all():
    empty = pn.Snapshot()
    page = Page(report.html(empty))
    assert page.words.count("No records.") >= 5
    assert page.all("img") == []
    assert "not stated" in page.words
    assert "No records." in report.terminal(empty)
    assert [section["id"] for section in page.all("section")] == SECTIONS


def test_what_only_details_know_is_said_to_be_missing(shop):
    shop.inquiries = shop.inquiries.drop(columns="reason")
    shop.returns = shop.returns.drop(columns=["refund_amount"])
    shop.cases = shop.cases.drop(columns=["case_type", "return_id"])
    page = Page(report.html(shop))
    words = " ".join(page.words)
    assert "the table of inquiries has no column 'reason'. To have it: fetch the details" in words
    assert "the table of returns has no column 'refund_amount'" in words
    assert "the rate is too low" in words
    assert "Returns by week" in words
    assert [section["id"] for section in page.all("section")] == SECTIONS


def test_the_quality_of_the_data_is_told(shop):
    shop.returns.loc[1, "return_id"] = "1"
    shop.returns.attrs = {"truncated": True, "drift": {"unknown field": {"summary.flags": 1234}}}
    page = Page(report.html(shop))
    found = table_of(page, "Findings")
    assert found[6:10] == ["Error", "Duplicated id", "returns", "1"]
    assert table_of(page, "New to the tables")[4:] == [
        "Returns", "unknown field", "summary.flags", "1,234",
    ]  # fmt: skip
    assert "Incomplete: returns, cut by a limit (holds the newest 6)." in page.words
    gaps = table_of(page, "Gaps")
    assert gaps[21:28] == ["Returns", "6", "1", "0", "0", "1", "0"]
    assert gaps[28:] == ["Cases", "2", "0", "0", "0", "-", "0"]


def test_the_tables_own_facts_serve_where_the_snapshot_has_none(shop):
    shop.meta = {}
    shop.returns.attrs = {"source": "PRODUCTION", "fetched_at": "2026-04-02T10:00:00+00:00"}
    words = Page(report.html(shop, tz="Europe/Berlin")).words
    assert words[words.index("Source") + 1] == "PRODUCTION (eBay)"
    assert words[words.index("Fetched") + 1] == "2026-04-02 12:00 Europe/Berlin"
    assert words[words.index("Records opened") + 1] == "2026-01-05 to 2026-02-19"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_orders_from_a_file_give_rates(shop, tmp_path, ending):
    orders = pd.DataFrame({
        "creationDate": ["2026-01-01T10:00:00.000Z"] * 8, "legacyItemId": list("11223344"),
        "orderId": [f"0{i}" for i in range(8)],
    })  # fmt: skip
    path = tmp_path / f"orders.{ending}"
    orders.to_csv(path, index=False) if ending == "csv" else orders.to_parquet(path)
    shop.returns["order_id"] = pd.Series(["00", "01", "09", None, None, None], dtype="string")
    page = Page(report.html(shop, orders=path))
    assert table_of(page, "Return rate")[5:9] == ["2026-01", "8", "2", "25.0 %"]
    assert tiles(page)["Orders that came back"][0] == "25.0 %"
    assert "Return rates need the orders" not in " ".join(page.words)


def test_orders_that_are_none_are_refused(shop, tmp_path):
    (tmp_path / "empty.csv").write_text("a,b\n1,2\n")
    (tmp_path / "bad.parquet").write_text("no")
    (tmp_path / "late.csv").write_text("order_id,placed_at\n1,yesterday\n")
    for name, message in {
        "none.csv": "there is no file", "empty.csv": "no column placed_at and no order_id",
        "bad.parquet": "cannot be read", "late.csv": "placed_at is no time",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=message):
            pn.report(shop, orders=tmp_path / name)


def test_the_module_is_the_function_however_it_was_imported(shop, tmp_path):
    import postorder_nb.report  # noqa: PLC0415  (binds the module to the package's name)

    assert pn.report is postorder_nb.report is sys.modules["postorder_nb.report"]
    assert importlib.import_module("postorder_nb.report") is pn.report
    made = pn.report(shop, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == made.html
    assert repr(made) == "<Report on 1 cancellations, 2 inquiries, 6 returns, 2 cases>"
    assert list(inspect.signature(pn.report).parameters) == [
        "snapshot", "path", "buyers", "orders", "tz", "days",
    ]  # fmt: skip


def test_in_a_notebook_it_shows_itself_where_nothing_can_run(made):
    shown = made._repr_html_()
    frame_ = Page(shown).found
    assert [tag for tag, _ in frame_] == ["iframe"]
    assert frame_[0][1]["sandbox"] == ""
    assert frame_[0][1]["srcdoc"].startswith("<!DOCTYPE html>")


def test_write_makes_the_file(made, tmp_path):
    path = made.write(tmp_path / "report.html")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(InputError, match="is a folder"):
        made.write(tmp_path)
    with pytest.raises(InputError, match="no folder"):
        made.write(tmp_path / "none" / "report.html")


def test_bad_arguments_are_refused(shop):
    with pytest.raises(InputError, match="time zone"):
        pn.report(shop, tz="Berlin")
    with pytest.raises(InputError, match="too short"):
        pn.report(shop, days=3)


def test_terminal_tells_the_same_figures_in_its_width(made):
    lines = made.terminal(width=70).split("\n")
    start = lines.index("Reasons for returns")
    assert all(len(line) <= 70 for line in lines[start : start + 8])
    assert any(re.fullmatch(r"USD\s+2\s+1\s+50\.0 %.*10\.00\s+10\.00\s+10\.00", line) for line in
               made.terminal(width=120).split("\n"))  # fmt: skip
    assert "\x1b" not in "".join(lines)


def test_terminal_and_page_cut_long_tables_and_say_so(shop):
    shop.cancellations = frame(
        cancel_id=[str(i) for i in range(30)], reason=[f"REASON_{i}" for i in range(30)],
        requestor=["BUYER"] * 30,
    )  # fmt: skip
    assert "(18 more rows)" in report.terminal(shop, width=100)
    assert "Not shown: 15 more rows." in Page(report.html(shop)).words
