"""What a form says: short lines that a screen reader announces, every word through `display`."""

from __future__ import annotations

from .. import display
from ..errors import InDoubt, PostOrderError

Lines = str | list[str]


def told(lines: Lines, tone: str = "neutral") -> str:
    """
    Return a message as HTML that is announced when it appears.

    Parameters
    ----------
    lines : str or list of str
        What is said; the first line is the message, the others say more.
    tone : str
        A meaning of `display.PALETTE`; ``bad`` interrupts a screen reader, the others wait.

    Examples
    --------
    >>> told("Sent <b>", "good")
    '<div class="po-message po-tone-good" role="status"><p>Sent &lt;b&gt;</p></div>'
    """
    listed = [lines] if isinstance(lines, str) else lines
    role = "alert" if tone == "bad" else "status"
    inner = "".join(f"<p>{display.text(line)}</p>" for line in listed)
    return f'<div class="po-message po-tone-{display.text(tone)}" role="{role}">{inner}</div>'


def explained(error: BaseException) -> list[str]:
    """Say what went wrong, and what to do, without a word of Python."""
    if isinstance(error, InDoubt):
        return [
            error.message,
            "Nothing is sent again. Look again: the record is read, and tells whether it happened.",
        ]
    if isinstance(error, PostOrderError):
        return str(error).splitlines()
    return [f"{type(error).__name__}: {error}", "Nothing more was done."]


def small(text: str) -> str:
    """Return a remark beside a field as HTML; nothing for no text."""
    return f"<span>{display.text(text)}</span>" if text else ""
