"""The token: its kind, the header it makes, and that nobody gets to see it."""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase

from ..config import mask


class Token(AuthBase):
    """
    Puts ``Authorization: IAF <token>`` or ``TOKEN <token>`` on a request; never Bearer.

    It is given to requests as its auth object, so that a ``.netrc`` entry cannot replace it.

    Examples
    --------
    >>> Token("v^1.1#i^1#abcdef1234", "IAF")
    <Token IAF ••••1234>
    """

    def __init__(self, value: str, kind: str) -> None:
        self._value = value
        self.kind = kind

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the header on a request; requests calls this last."""
        request.headers["Authorization"] = f"{self.kind} {self._value}"
        return request

    def __repr__(self) -> str:
        return f"<Token {self.kind} {mask(self._value)}>"

    def __reduce__(self) -> Any:
        raise TypeError("a token is not pickled: connect again in the other process")

    def hide(self, text: str) -> str:
        """Return `text` with the token taken out, wherever it stands."""
        return text.replace(self._value, mask(self._value))
