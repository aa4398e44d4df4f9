"""The Desk: a queue of what is due, the record beside it, and what may be done with it."""

from __future__ import annotations

from ...api.client import PostOrder
from ...fetch.windows import When
from .board import Desk

__all__ = ["Desk", "desk"]


def desk(
    po: PostOrder,
    *,
    tz: str | None = None,
    writes: bool | None = None,
    since: When = "180d",
) -> Desk:
    """
    Open the Desk: the work queue of an account's after-sale records.

    Parameters
    ----------
    po : PostOrder
        The client.
    tz : str, optional
        The zone in which moments are shown, such as ``Europe/Berlin``; UTC by default. The page
        lets one choose another.
    writes : bool, optional
        False makes a viewer of it; by default the client's own setting counts.
    since : str, date or datetime
        From when on records were opened, as for `postorder_nb.fetch.returns`.

    Returns
    -------
    Desk
        The widget; show it as the last line of a cell.

    Raises
    ------
    InputError
        If there is no such zone, or `writes` is True for a client that is read-only.

    Examples
    --------
    >>> import postorder_nb as pn
    >>> with pn.demo(returns=20, days=30, seed=1, now="2026-03-01T00:00:00Z") as po:
    ...     viewer = desk(po, tz="Europe/Berlin")
    ...     viewer.writes, viewer.error
    (False, None)
    """
    return Desk(po, tz=tz, writes=writes, since=since)
