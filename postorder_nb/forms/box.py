"""The one place where the package's own widgets stand on those of the toolkit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets


class Box(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets publishes no types to check against
    """What forms, their parts and the Desk are: widgets below each other."""


def attempt(step: Callable[..., None], fail: Callable[[Exception], None], *given: Any) -> None:
    """
    Do what a click or a change asks for, and have `fail` show whatever goes wrong.

    The toolkit calls this and would write any error to a log that nobody reads.
    """
    try:
        step(*given)
    except Exception as error:  # noqa: BLE001 - the outermost frame of a click: shown, or never seen
        fail(error)
