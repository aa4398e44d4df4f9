"""``postorder-nb sync`` and ``postorder-nb forget``: what they do, say, and end with."""

from __future__ import annotations

import argparse
import json

from ..api.client import connect
from ..errors import ArchiveBusy, InputError, PostOrderError
from .archive import Archive
from .results import Result

FAILED, WRONG, BUSY = 1, 2, 3


def sync(chosen: argparse.Namespace) -> tuple[str, int]:
    """Bring an archive up to date; return what to say, and the exit code."""
    try:
        with connect() as po:
            done = Archive(chosen.folder).sync(
                po, chosen.since, details=chosen.details, budget=chosen.budget,
                overlap=chosen.overlap, seller=chosen.seller,
            )  # fmt: skip
    except PostOrderError as error:
        if not (chosen.json or isinstance(error, ArchiveBusy)):
            raise
        partial = getattr(error, "partial", None)
        told = partial.plain() if isinstance(partial, Result) else {}
        told["error"] = f"{type(error).__name__}: {error.message}"
        return json.dumps(told) if chosen.json else error.message, _code(error)
    return json.dumps(done.plain()) if chosen.json and isinstance(done, Result) else str(done), 0


def forget(chosen: argparse.Namespace) -> tuple[str, int]:
    """Take people out of an archive; return what to say, and the exit code."""
    return str(Archive(chosen.folder).forget(*chosen.users)), 0


def _code(error: PostOrderError) -> int:
    if isinstance(error, ArchiveBusy):
        return BUSY
    return WRONG if isinstance(error, InputError) else FAILED
