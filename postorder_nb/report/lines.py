"""The report as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from .. import display
from .parts import Figure, Part, Section

_MOST = 12
_VERDICTS = {"more": "more than before", "less": "less than before", "same": "may be chance"}


def text(facts: Sequence[tuple[str, str]], sections: Sequence[Section], width: int) -> str:
    """Return the figures of the page, without its pictures; of long tables the first rows."""
    blocks = ["\n".join(f"{name}: {display.clean(value)}" for name, value in facts)]
    for section in sections:
        head = section.title.upper()
        blocks.append(f"{head}\n{'=' * len(head)}")
        if section.figures:
            blocks += [_wrapped(section.lead, width), _figures(section.figures, width)]
        for part in section.parts:
            said = "\n".join(_lines(part, width))
            if said:
                title = f"{part.title}\n{'-' * len(part.title)}\n" if part.title else ""
                blocks.append(title + said)
    return "\n\n".join(blocks)


def _figures(figures: Sequence[Figure], width: int) -> str:
    headers = ["Figure", "Value", "95 % interval", "Change to the period before", ""]
    rows = [[f.name, f.value, f.interval, f.change, _VERDICTS.get(f.verdict, "")] for f in figures]
    return display.columns(headers, rows, width=width)


def _lines(part: Part, width: int) -> Iterator[str]:
    if part.missing:
        yield _wrapped(f"not in this report: {part.missing}", width)
    yield from (_wrapped(sentence, width) for sentence in part.sentences)
    if part.table is None:
        return
    headers, rows = part.table
    if not rows:
        yield part.none
        return
    yield display.columns(headers, rows[:_MOST], width=width)
    if len(rows) > _MOST:
        yield f"({len(rows) - _MOST:,} more rows)"


def _wrapped(sentence: str, width: int) -> str:
    return "\n".join(textwrap.wrap(display.clean(sentence), max(width, 20)))
