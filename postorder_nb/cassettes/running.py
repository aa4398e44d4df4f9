"""What the commands of ``postorder-nb cassettes`` do and print."""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from .. import display
from ..errors import InputError
from ..recording import plays
from . import checking, comparing, editing, shelf, telling
from .shelf import Cassette

Said = tuple[str, int]


def run(chosen: Namespace) -> Said:
    """Do what was chosen; return what there is to say, and the exit code."""
    return _COMMANDS[chosen.command](chosen)


def _found(chosen: Namespace) -> list[Cassette]:
    return shelf.find(chosen.cassettes, chosen.folder)


def _one(name: str, folder: Path | None) -> Cassette:
    found = shelf.find([name], folder)
    if len(found) != 1:
        raise InputError(f"{name} holds {len(found)} cassettes", advice="name one of them")
    return found[0]


def _table(
    headers: Sequence[str], rows: Iterable[Sequence[object]], *, fitting: bool = False
) -> str:
    """Lay a table out; a `fitting` one is cut to the width of the terminal."""
    width = shutil.get_terminal_size((160, 0)).columns if fitting else None
    shown = [["" if cell is None else cell for cell in row] for row in rows]
    return display.columns(headers, shown, width=width)


def _list(chosen: Namespace) -> Said:
    rows = telling.overview(_found(chosen))
    told = [(*row[:3], f"{row.bytes / 1000:,.1f}", *row[4:]) for row in rows]
    headers = ("name", "form", "answers", "kB", "recorded", "scrubbed", "calls")
    return _table(headers, told, fitting=True), 0


def _show(chosen: Namespace) -> Said:
    one = _one(chosen.cassette, chosen.folder)
    most = len(one.stored.exchanges)
    if any(not 1 <= n <= most for n in chosen.numbers):
        raise InputError(f"{one.name} has interactions 1 to {most}", advice="name some of those")
    if chosen.numbers:
        lines = telling.whole(one, chosen.numbers).split("\n")
        return "\n".join(map(display.clean, lines)), 0
    rows = [(*row[:5], "yes" if row.signed else "", *row[6:]) for row in telling.show(one)]
    headers = ("n", "call", "asked", "sent", "credentials", "signed", "status", "bytes")
    return _table(headers, rows, fitting=True), 0


def _check(chosen: Namespace) -> Said:
    cassettes = _found(chosen)
    played = plays.read(chosen.played) if chosen.played else None
    oldest = timedelta(days=chosen.older_than) if chosen.older_than is not None else None
    found = checking.check(cassettes, played=played, oldest=oldest)
    shown = [one for one in found if one.level == "fail" or not chosen.quiet]
    said = [_table(("level", "cassette", "kind", "where", "what"), shown)] if shown else []
    levels = Counter(one.level for one in found)
    failed = levels["fail"] > 0 or (chosen.strict and bool(found))
    said.append(f"{len(cassettes)} cassettes: {levels['fail']} failures, {levels['warn']} warnings")
    return "\n".join(said), int(failed)


def _scrub(chosen: Namespace) -> Said:
    cassettes = _found(chosen)
    if chosen.output and len(cassettes) != 1:
        raise InputError("--output is for one cassette", advice="scrub them one by one")
    done = [f"{one.name}: {editing.scrub(one, to=chosen.output)}" for one in cassettes]
    return "\n".join(done), 0


def _diff(chosen: Namespace) -> Said:
    before, after = (_one(name, chosen.folder) for name in (chosen.before, chosen.after))
    changes = comparing.diff(before, after, values=chosen.values)
    if not changes:
        return "nothing changed", 0
    return _table(("call", "what", "field", "before", "after"), changes), 0


def _forget(chosen: Namespace) -> Said:
    rows = editing.forget(chosen.user, _found(chosen))
    told = [row for row in rows if row.interactions != 0]
    said = [_table(("cassette", "interactions", "what"), told)] if told else []
    count = sum(bool(row.interactions) for row in rows)
    said.append(f"{chosen.user} was in {count} of {len(rows)} cassettes")
    return "\n".join(said), int(any(row.interactions is None for row in rows))


def _convert(chosen: Namespace) -> Said:
    said = []
    for one in _found(chosen):
        before = one.path.stat().st_size
        path = editing.convert(one, chosen.to)
        after = path.stat().st_size
        said.append(f"{one.name}: {path} ({before / 1000:,.1f} kB -> {after / 1000:,.1f} kB)")
    return "\n".join(said), 0


_COMMANDS: dict[str, Callable[[Namespace], Said]] = {
    "list": _list,
    "show": _show,
    "check": _check,
    "scrub": _scrub,
    "diff": _diff,
    "forget": _forget,
    "convert": _convert,
}
