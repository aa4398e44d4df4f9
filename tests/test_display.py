import io
import itertools
from html.parser import HTMLParser

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from postorder_nb import display

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "&lt;b&gt;",
    "</td></tr></table><h1>",
    "<!-- ",
    "\x1b[31mred\x00",
    "\u202etxt.exe",
    "\ud800",
    "javascript:alert(1)",
]


class Reader(HTMLParser):
    """Collects tags, attributes and text as a browser would read them."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.words = [], set(), []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        self.tags.append("comment")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile):
    shown = display.clean(hostile)
    for markup in (f"<p>{display.text(hostile)}</p>", f'<p title="{display.text(hostile)}">x</p>',
                   f"<p title='{display.text(hostile)}'>x</p>"):  # fmt: skip
        read = Reader(markup)
        assert read.tags == ["p"]
        assert read.attributes <= {("p", "title")}
    assert Reader(f"<p>{display.text(hostile)}</p>").words == [shown]
    display.text(hostile).encode("utf-8")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\r\nb\tc", "a  b c"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ufeffbom", "\\ufeffbom"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("naïve 日本語 العربية", "naïve 日本語 العربية"),
        ("\x7f\x9b", "\\u007f\\u009b"),
        ("\uffff", "\\uffff"),
        (12.5, "12.5"),
        (None, ""),
    ],
)
def test_characters_that_act_are_shown_instead(value, shown):
    assert display.clean(value) == shown
    assert display.clean(shown) == shown


def test_a_table_escapes_headers_cells_and_caption():
    markup = display.table(HOSTILE, [HOSTILE, HOSTILE], HOSTILE[0])
    read = Reader(markup)
    assert set(read.tags) == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert read.tags.count("td") == 2 * len(HOSTILE)
    assert read.attributes == {
        ("table", "class"),
        ("th", "scope"),
        ("th", "style"),
        ("td", "style"),
    }
    assert [w for w in read.words if w.strip()] == [
        display.clean(HOSTILE[0]), *(display.clean(w) for w in HOSTILE * 3),
    ]  # fmt: skip


def test_numbers_are_set_to_the_right_and_text_to_the_left():
    rows = [["1,200", "12.5 %", "3.0 to 9.1 %", "n/a"], ["7", "-", "-", "4"]]
    markup = display.table(["a", "b", "c", "d"], rows)
    assert markup.count("text-align:right") == 9
    assert markup.count("text-align:left") == 3
    assert "text-align:right" not in display.table(["a"], [])


def test_a_card_is_shown_by_the_notebook():
    class Thing:
        def _repr_html_(self):
            return display.card(HOSTILE[0], {HOSTILE[1]: HOSTILE[2], "returns": 3})

    data, _ = DisplayFormatter().format(Thing())
    read = Reader(data["text/html"])
    assert set(read.tags) == {"style", "table", "caption", "tbody", "tr", "th", "td"}
    assert {"returns", "3", HOSTILE[0], HOSTILE[1], HOSTILE[2]} <= set(read.words)
    pairs = [("a", 1), ("b", 2)]
    assert display.card("x", pairs) == display.card("x", dict(pairs))


def test_no_fixed_colours_in_markup():
    markup = display.STYLE + display.table(["a"], [["b"]]) + display.card("a", {})
    assert "#" not in markup
    assert "rgb(" not in markup


def test_terminal_columns_align():
    rows = [["Größe falsch", "1,234", "12.0 %"], ["日本語", "7", "-"], ["e\u0301", "", "0.5 %"]]
    lines = display.columns(["Reason", "Records", "Share"], rows).split("\n")
    assert lines == [
        "Reason        Records   Share",
        "Größe falsch    1,234  12.0 %",
        "日本語              7       -",
        "e\u0301                       0.5 %",
    ]
    assert {display.cells_of(line) for line in lines} == {29}


def test_terminal_columns_fit_a_width():
    rows = [["a very long reason " * 4, "another text of some length", "1,234,567"]]
    for width in (40, 60, 200):
        out = display.columns(["Reason", "Note", "Records"], rows, width=width)
        assert all(display.cells_of(line) <= width for line in out.split("\n"))
        assert "1,234,567" in out
        assert ("…" in out) == (width < 200)
    narrow = display.columns(["Reason", "Note", "Records"], rows, width=1)
    assert narrow.split("\n")[1] == "a very…   another…  1,234,567"


def test_wide_characters_are_cut_whole():
    assert display.shorten("日本語テキスト", 6) == "日本…"
    assert display.cells_of(display.shorten("日本語テキスト", 7)) == 7


def test_terminal_columns_cannot_be_taken_over():
    out = display.columns(["x"], [["\x1b[2J\x1b]0;title\x07"], ["two\nlines"]])
    assert out.split("\n") == ["x", "\\u001b[2J\\u001b]0;title\\u0007", "two lines"]
    io.StringIO().write(out)


def _linear(colour):
    part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def _contrast(one, other):
    a, b = sorted(float(_linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (b + 0.05) / (a + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#1e1e1e"])
def test_colours_stand_out_on_light_and_dark(ground):
    low = {name: _contrast(colour, ground) for name, colour in display.PALETTE.items()}
    assert {name for name, ratio in low.items() if ratio < 3} == set()


# Full deuteranopia, protanopia and tritanopia after Machado, Oliveira and Fernandes (2009).
SIGHT = {
    "all colours": np.eye(3),
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_differ_for_every_eye(sight):
    """CIE 1976 distances; 20 is about nine just noticeable differences."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )

    def lab(colour):
        seen = np.clip(np.array(SIGHT[sight]) @ _linear(colour), 0, 1)
        t = (to_xyz @ seen) / [0.9505, 1, 1.089]
        f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    pairs = itertools.combinations(display.PALETTE.values(), 2)
    assert min(np.linalg.norm(lab(a) - lab(b)) for a, b in pairs) > 20


@pytest.mark.parametrize(
    "address",
    [
        "https://www.ebay.com/itm/1001",
        "https://ebay.de",
        "https://www.ebay.co.uk/rtn/file/1?x=a&y=b",
        "https://my.ebay.com.au/a-b_c~d",
    ],
)
def test_links_lead_to_ebay(address):
    read = Reader(display.link(address, "<b>file</b>"))
    assert read.tags == ["a"]
    assert read.attributes == {("a", "href"), ("a", "target"), ("a", "rel")}
    assert read.words == ["<b>file</b>"]


@pytest.mark.parametrize(
    "address",
    [
        *HOSTILE,
        "http://www.ebay.com/itm/1001",
        "https://ebay.com.example.org/",
        "https://notebay.com/",
        "https://example.org/ebay.com/",
        "https://ebay.com@example.org/",
        "https://example.org\\@ebay.com/",
        "https://www.ebay.com\\@example.org/",
        "https://www.ebay.com:8443/",
        "https://user@www.ebay.com/",
        "https://www.ebay.com/\n<script>",
        'https://www.ebay.com/"onclick="alert(1)',
        "https://www.eb\u0430y.com/",  # with a Cyrillic a
        "//www.ebay.com/",
        None,
        7,
    ],
)
def test_no_other_address_becomes_a_link(address):
    assert "a" not in Reader(display.link(address, "words")).tags
    assert Reader(display.link(address, "words")).words == ["words"]


def test_a_picture_has_its_words():
    read = Reader(display.picture(b"\x89PNG", '"><script>'))
    assert read.tags == ["img"]
    assert read.attributes == {("img", "src"), ("img", "alt")}
