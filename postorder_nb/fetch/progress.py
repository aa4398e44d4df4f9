"""A progress bar that stays away from short work."""

from __future__ import annotations

from typing import Any

from tqdm.auto import tqdm

_PATIENCE = 1.0


class Progress:
    """
    Shows how far a fetch has come; a context manager.

    Parameters
    ----------
    title : str
        What is fetched.
    unit : str
        What is counted.
    shown : bool or None
        True: at once; False: never; None: when the work takes over a second.
    """

    def __init__(self, title: str, unit: str, shown: bool | None) -> None:
        self._title = title
        self._unit = unit
        self._shown = shown
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def at(self, done: int, total: int) -> None:
        """Show that `done` of `total` are here."""
        if self._shown is False:
            return
        if self._bar is None:
            self._bar = tqdm(
                desc=self._title,
                unit=f" {self._unit}",
                total=total,
                delay=0 if self._shown else _PATIENCE,
                leave=bool(self._shown),
            )
        self._bar.total = total
        self._bar.update(done - self._bar.n)
