"""The report as one HTML page that asks the network for nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from importlib import resources

from ..display import PALETTE, STYLE, clean, shorten, table, text
from ..plots import Picture
from .parts import Figure, Part, Section

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_VERDICTS = {
    "more": ("\N{BLACK UP-POINTING TRIANGLE}", "more than before"),
    "less": ("\N{BLACK DOWN-POINTING TRIANGLE}", "less than before"),
    "same": ("\N{ALMOST EQUAL TO}", "may be chance"),
}
_LONGEST = 120
"""Characters of a cell: what a stranger wrote may be longer than a page."""
_INTERVALS = (
    "A 95 % interval says how far chance alone may have moved a figure: with few records it is"
    " wide, and two groups whose intervals overlap widely may not differ at all."
)
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>After-sale report</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def html(facts: Sequence[tuple[str, str]], sections: Sequence[Section]) -> str:
    """
    Write the report as an HTML page.

    Pictures and style are inside it, a policy forbids it to load or run anything, and all text
    goes through `display.text`.
    """
    links = "".join(
        f'<li><a href="#{text(section.anchor)}">{text(section.title)}</a></li>'
        for section in sections
    )
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in facts)
    body = [
        "<header>",
        "<h1>After-sale report</h1>",
        f'<dl class="facts">{rows}</dl>',
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>',
        "</header>",
        "<main>",
        *(_section(section) for section in sections),
        "</main>",
        f'<footer><p class="soft">{text(_INTERVALS)}</p></footer>',
    ]
    return _PAGE.format(policy=_POLICY, style=STYLE + _style(), body="\n".join(body))


def _style() -> str:
    """Return the page's CSS with the colours of the package."""
    css = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    for name in ("neutral", "attention"):
        css = css.replace(f"var(--{name})", PALETTE[name])
    return css


def _section(section: Section) -> str:
    name = f"{section.anchor}-title"
    lines = [f'<section id="{text(section.anchor)}" aria-labelledby="{text(name)}">']
    lines.append(f'<h2 id="{text(name)}">{text(section.title)}</h2>')
    if section.lead:
        lines.append(f"<p>{text(section.lead)}</p>")
    if section.figures:
        tiles = "".join(map(_tile, section.figures))
        lines.append(f'<ul class="tiles">{tiles}</ul>')
    lines += ["\n".join(_part(part)) for part in section.parts]
    return "\n".join([*lines, "</section>"])


def _tile(figure: Figure) -> str:
    lines = [f'<span class="name">{text(figure.name)}</span>']
    lines.append(f'<span class="value">{text(figure.value)}</span>')
    if figure.interval:
        lines.append(f'<span class="soft">{text(figure.interval)}</span>')
    if figure.verdict:
        sign, words = _VERDICTS[figure.verdict]
        mark = f'<span aria-hidden="true">{sign}</span> {words}'
        lines.append(f'<span class="change">{text(figure.change)}<br>{mark}</span>')
    return f"<li>{''.join(lines)}</li>"


def _part(part: Part) -> Iterator[str]:
    yield '<div class="part">'
    if part.title:
        yield f"<h3>{text(part.title)}</h3>"
    if part.says:
        yield f"<p>{text(part.says)}</p>"
    if part.missing:
        yield f'<p class="note">Not in this report: {text(part.missing)}</p>'
    if part.sentences:
        said = (shorten(clean(sentence), 4 * _LONGEST) for sentence in part.sentences)
        sentences = "".join(f"<li>{text(sentence)}</li>" for sentence in said)
        yield f'<ul class="said">{sentences}</ul>'
    if part.drawing is not None:
        yield _picture(part.drawing(), part.title)
    if part.table is not None:
        yield from _table(part, *part.table)
    yield "</div>"


def _table(part: Part, headers: list[str], rows: list[list[str]]) -> Iterator[str]:
    if not rows:
        yield f'<p class="none">{text(part.none)}</p>'
        return
    cells = [[shorten(clean(cell), _LONGEST) for cell in row] for row in rows[: part.most]]
    yield _wide(table(headers, cells, part.title), part.title)
    if len(rows) > part.most:
        yield f'<p class="soft">Not shown: {len(rows) - part.most:,} more rows.</p>'


def _picture(picture: Picture, title: str) -> str:
    data = b64encode(picture.svg.encode("utf-8")).decode("ascii")
    size = f'width="{picture.width}" height="{picture.height}"'
    says = text(shorten(clean(picture.says), 20 * _LONGEST))
    image = f'<img src="data:image/svg+xml;base64,{data}" alt="{says}" {size}>'
    return _wide(f"<figure>{image}</figure>", f"{title}, picture")


def _wide(inner: str, name: str) -> str:
    """Let what is too wide for a narrow screen be moved sideways, by keyboard too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{text(name)}">{inner}</div>'
