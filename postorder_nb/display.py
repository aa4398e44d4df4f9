"""
The only door from data to HTML and to the terminal, and the colours by what they mean.

Buyers' comments, item titles and login names are text of strangers. `text` is what makes them
harmless: nothing else of this package writes data into markup. `clean` does the half of it that
concerns terminals and pictures, where there is no markup but there are control characters.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Literal

Align = Literal["left", "right"]
Facts = Mapping[str, object] | Iterable[tuple[str, object]]

PALETTE: Mapping[str, str] = {
    "neutral": "#1a61e0",
    "attention": "#da7c14",
    "good": "#0ca865",
    "bad": "#cb3030",
    "accent": "#b764bb",
    "muted": "#79747a",
}
"""Colours by meaning. Each stands out by 3:1 on white and on dark grey, and from the others for
eyes that see no red, green or blue; still, a meaning never hangs on the colour alone."""

STYLE = """\
.postorder{border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;\
background:transparent}
.postorder caption{text-align:left;font-weight:600;padding:.3em 0}
.postorder th,.postorder td{padding:.25em .75em;border:0;\
border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top}
.postorder th{font-weight:600}
"""
"""CSS of `table` and `card`: colours are inherited, so that light and dark pages both fit."""

_EBAY = re.compile(
    r"https://([a-z0-9-]+\.)*ebay\.(at|be|ca|ch|com|com\.au|com\.hk|com\.my|com\.sg|co\.uk|de|es|fr"
    r"|ie|it|nl|ph|pl)(/[\w./%?&=+~:,;!$*()#-]*)?",
    re.ASCII | re.IGNORECASE,
)
_SPACES = dict.fromkeys(map(ord, "\t\n\r\v\f\x85\u2028\u2029"), " ")
_JOINERS = "\u200c\u200d"
_NUMBER = re.compile(r"[-+]?[\d.,]+( %)?|[\d.]+ to [\d.]+ %|-|")


def clean(value: object) -> str:
    r"""
    Return the value as one line of text without characters that act instead of being read.

    Control characters, marks that change the direction of writing, other invisible marks and
    halves of surrogate pairs become their code (``\u202e``); line breaks and tabs a space. The
    joiners that emoji and some scripts need stay. None is the empty text.

    Examples
    --------
    >>> clean("two\nlines"), clean("\x1b[31mred"), clean(None)
    ('two lines', '\\u001b[31mred', '')
    """
    if value is None:
        return ""
    line = str(value).translate(_SPACES)
    return line if line.isascii() and line.isprintable() else "".join(map(_visible, line))


def text(value: object) -> str:
    """
    Return the value as text that is safe in HTML, between tags and within quoted attributes.

    Examples
    --------
    >>> text('<img src=x onerror="alert(1)">')
    '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
    """
    return escape(clean(value), quote=True)


def link(address: object, words: object = None) -> str:
    """
    Return a link to one of eBay's sites; for any other address, only the words.

    Parameters
    ----------
    address : object
        Where it leads. It must be an https address of eBay's in plain letters: no user name,
        no port, none of the signs that browsers and programs read differently.
    words : object, optional
        What the link reads; by default the address.

    Examples
    --------
    >>> start, _, words = link("https://www.ebay.de/itm/1001", "Lamp <b>").partition(">")
    >>> start
    '<a href="https://www.ebay.de/itm/1001" target="_blank" rel="noopener noreferrer"'
    >>> words
    'Lamp &lt;b&gt;</a>'
    >>> link("https://ebay.com.example.org/itm/1001", "Lamp"), link("javascript:alert(1)")
    ('Lamp', 'javascript:alert(1)')
    """
    shown = text(words or address)
    if not (isinstance(address, str) and _EBAY.fullmatch(address)):
        return shown
    return f'<a href="{text(address)}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def picture(png: bytes, words: object) -> str:
    """
    Return a picture of our own drawing, with the words for those who do not see it.

    Examples
    --------
    >>> picture(b"...", 'a "box"')
    '<img src="data:image/png;base64,Li4u" alt="a &quot;box&quot;">'
    """
    return f'<img src="data:image/png;base64,{b64encode(png).decode()}" alt="{text(words)}">'


def download(data: bytes, name: str, words: object) -> str:
    """
    Return a link that saves bytes of our own making as a file; no browser shows them as a page.

    Examples
    --------
    >>> download(b"...", "queue.csv", "Save")
    '<a href="data:application/octet-stream;base64,Li4u" download="queue.csv">Save</a>'
    """
    held = b64encode(data).decode()
    address = f"data:application/octet-stream;base64,{held}"
    return f'<a href="{address}" download="{text(name)}">{text(words)}</a>'


def table(
    headers: Sequence[object],
    rows: Iterable[Sequence[object]],
    caption: object = None,
    *,
    align: Sequence[Align] | None = None,
) -> str:
    """
    Return an HTML table; every header, cell and the caption go through `text`.

    Parameters
    ----------
    headers : sequence
        One name a column.
    rows : iterable of sequences
        The cells, as they should read.
    caption : object, optional
        What the table holds.
    align : sequence of {"left", "right"}, optional
        One a column; by default columns of numbers are set to the right.

    Returns
    -------
    str
        A ``<table class="postorder">``; `STYLE` is the CSS that goes with it.

    Examples
    --------
    >>> table(["Reason", "n"], [["Wrong size", "2"]]).count("<td")
    2
    """
    cells = [[clean(cell) for cell in row] for row in rows]
    sides = align or _sides(len(headers), cells)
    head = _row("th", headers, sides, ' scope="col"')
    body = "\n".join(_row("td", row, sides) for row in cells)
    title = f"<caption>{text(caption)}</caption>\n" if caption else ""
    return (
        f'<table class="postorder">\n{title}<thead>\n{head}\n</thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def card(title: object, facts: Facts) -> str:
    """
    Return a small HTML card, for the ``_repr_html_`` of an object.

    Parameters
    ----------
    title : object
        What the object is.
    facts : mapping or iterable of pairs
        Names and values, shown in this order.

    Examples
    --------
    >>> "<b>3</b>" in card("Snapshot", {"returns": "<b>3</b>"})
    False
    """
    pairs = facts.items() if isinstance(facts, Mapping) else facts
    rows = "\n".join(
        f'<tr><th scope="row" style="text-align:left">{text(name)}</th>'
        f'<td style="text-align:left">{text(value)}</td></tr>'
        for name, value in pairs
    )
    return (
        f'<style>{STYLE}</style>\n<table class="postorder">\n'
        f"<caption>{text(title)}</caption>\n<tbody>\n{rows}\n</tbody>\n</table>"
    )


def columns(
    headers: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    align: Sequence[Align] | None = None,
    width: int | None = None,
) -> str:
    """
    Return a table for the terminal: columns of fixed width, two spaces apart, no lines drawn.

    Parameters
    ----------
    headers : sequence
        One name a column.
    rows : iterable of sequences
        The cells, as they should read.
    align : sequence of {"left", "right"}, optional
        One a column; by default columns of numbers are set to the right.
    width : int, optional
        Cells to fit into: the widest text columns are cut, with an ellipsis, numbers never.
        A narrower line than the numbers and eight cells of each text need is not reached.

    Returns
    -------
    str
        Lines without trailing spaces, joined by line breaks. East Asian wide characters count
        two cells, combining ones none.

    Examples
    --------
    >>> print(columns(["Reason", "Records"], [["Wrong size", "12"], ["Other", "3"]]))
    Reason      Records
    Wrong size       12
    Other             3
    """
    lines = [[clean(cell) for cell in row] for row in (headers, *rows)]
    sides = align or _sides(len(headers), lines[1:])
    widths = [max(map(cells_of, column)) for column in zip(*lines, strict=True)]
    if width is not None:
        widths = _fit(widths, sides, width)
    return "\n".join(
        "  ".join(_cell(*part) for part in zip(line, widths, sides, strict=True)).rstrip()
        for line in lines
    )


def cells_of(line: str) -> int:
    r"""
    Return how many cells of a terminal the text takes.

    Examples
    --------
    >>> cells_of("abc"), cells_of("日本"), cells_of("e\u0301")
    (3, 4, 1)
    """
    return sum(map(_cells, line))


def shorten(line: str, cells: int) -> str:
    """
    Cut the text to that many cells, with an ellipsis if anything is lost.

    Examples
    --------
    >>> shorten("Arrived damaged", 10), shorten("Other", 10)
    ('Arrived d…', 'Other')
    """
    if cells_of(line) <= cells:
        return line
    kept, used = [], 1
    for character in line:
        used += _cells(character)
        if used > cells:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def _visible(character: str) -> str:
    code = ord(character)
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs"} and character not in _JOINERS
    if hidden or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return f"\\u{code:04x}"
    return character


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _sides(count: int, rows: Sequence[Sequence[str]]) -> list[Align]:
    """Set a column to the right if it holds numbers and nothing else."""
    return [
        "right"
        if any(row[i].strip("-") for row in rows) and all(_NUMBER.fullmatch(row[i]) for row in rows)
        else "left"
        for i in range(count)
    ]


def _row(tag: str, cells: Iterable[object], sides: Sequence[Align], extra: str = "") -> str:
    styles = {"left": "text-align:left", "right": "text-align:right;white-space:nowrap"}
    inner = "".join(
        f'<{tag}{extra} style="{styles[side]}">{text(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{inner}</tr>"


def _cell(content: str, width: int, side: Align) -> str:
    content = shorten(content, width)
    space = " " * (width - cells_of(content))
    return space + content if side == "right" else content + space


def _fit(widths: Sequence[int], sides: Sequence[Align], width: int) -> list[int]:
    """Narrow the widest text columns, one cell at a time, down to eight cells each."""
    fitted = list(widths)
    texts = [i for i, side in enumerate(sides) if side == "left"]
    while sum(fitted) + 2 * (len(fitted) - 1) > width:
        widest = max(texts, key=lambda i: fitted[i], default=None)
        if widest is None or fitted[widest] <= 8:
            break
        fitted[widest] -= 1
    return fitted
