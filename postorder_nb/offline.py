"""The client of a command under a cassette: replayed without an account, or recorded live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from . import recording
from .api.client import PostOrder, connect
from .errors import InputError
from .recording import scrub
from .recording.blocks import Mode
from .recording.exchange import Request


@contextmanager
def under(
    cassette: str | None, mode: Mode | Literal["replay"], live: Callable[[], PostOrder]
) -> Iterator[PostOrder]:
    """
    Yield a client for the time of a block.

    Parameters
    ----------
    cassette : str or None
        The name of a cassette; without one the client is the live one.
    mode : {"replay", "all", "new", "once"}
        Whether it is replayed, or how it is recorded; see `postorder_nb.record`.
    live : callable
        Makes the live client; it is not called for a replay.

    Raises
    ------
    InputError
        If the cassette is empty, or the mode unknown.
    CassetteError
        If there is no such cassette, or it cannot be used.
    """
    if cassette is None:
        with live() as po:
            yield po
    elif mode != "replay":
        with live() as po, recording.record(cassette, mode=mode, at=po.now()):
            yield po
    else:
        again = f"record it with the same options and --cassette {cassette} --mode all"
        with (
            recording.replay(cassette, advice=again) as running,
            _client(running.first) as po,
        ):
            yield po


def _client(first: Request | None) -> PostOrder:
    """Return a client that asks as the recorded one did; it needs no account."""
    if first is None:
        raise InputError("the cassette is empty", advice="record it again, with --mode all")
    parts = urlsplit(first.url)
    address = f"{parts.scheme}://{parts.netloc}"
    return connect(
        token="replayed",  # noqa: S106 - no secret: a client has to have one, and a replay sends none
        token_kind=first.credentials if first.credentials == "TOKEN" else "IAF",
        base_url="http://localhost" if address == scrub.SIMULATOR else address,
        marketplace=first.headers.get("X-EBAY-C-MARKETPLACE-ID"),
    )
