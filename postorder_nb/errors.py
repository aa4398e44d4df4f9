"""
Every error of the package, branched by what the reader should do next.

::

    PostOrderError
    ├── InputError (ValueError)        your argument is wrong; nothing was sent
    │   ├── SettingError               a setting (token, marketplace, address) is missing or wrong
    │   │   └── SigningKeyMissing      this account must sign the call, and there is no key
    │   ├── AlreadyDone                this refund was made before: read the record
    │   ├── CallGone                   eBay switched the call off: do what the message names instead
    │   └── MixedCurrencyError         the sum would cross currencies: group by currency, or convert
    ├── MissingExtra (ImportError)     an optional part is not installed: run the line it names
    ├── AnswerError                    eBay answered, and said no
    │   ├── TokenRefused               sign in again, or send the token the right way
    │   │   ├── TokenExpired           its time is over: get a fresh one
    │   │   ├── TokenRevoked           the user or eBay took the consent back: ask for it again
    │   │   └── WrongKeyset            the token belongs to another application or environment
    │   ├── NotPermitted               this account or token may not do that
    │   ├── NotFound (LookupError)     there is no such record for this account
    │   ├── RequestRefused             the request is wrong, or not allowed in the record's state
    │   ├── RateLimited                wait, then go on
    │   │   └── QuotaExhausted         the calls of the day are used up; nothing was sent
    │   └── ServerFault                eBay failed; try later
    ├── InDoubt                        a change may have happened: settle it, never just repeat it
    ├── NoAnswer (ConnectionError)     no answer came: network, timeout, server gone
    ├── UnreadableAnswer               an answer came that is not the JSON it should be
    ├── IncompleteFetch                the pages do not add up to the total eBay gave
    ├── ArchiveError                   the archive cannot be read or written: it says where and why
    └── CassetteError                  the recording is missing, unsafe, or does not match
        └── CassetteMiss               no recorded answer fits this request

Each carries `message` (what failed), `advice` (what to do now), and where an answer came: eBay's
own words in `items`, the HTTP `status` and the `request_id` that eBay's support asks for. An
error raised by `postorder_nb.fetch` carries what was fetched before it in `partial`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ErrorItem:
    """One complaint of eBay's; an answer may hold several."""

    error_id: int | str | None = None
    domain: str = ""
    category: str = ""
    severity: str = ""
    message: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        where = " ".join(
            str(part) for part in (self.domain, self.error_id) if part not in ("", None)
        )
        given = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        words = self.message or "(no text)"
        return (f"[{where}] " if where else "") + words + (f" ({given})" if given else "")


class PostOrderError(Exception):
    """
    Root of all errors of this package.

    Parameters
    ----------
    message : str
        What failed, in one sentence.
    advice : str
        What to do now.
    partial : object
        What a fetch had collected when it failed; None elsewhere.
    """

    advice = ""
    sent = False
    """Whether the request may have reached eBay; False if it provably did not."""

    def __init__(self, message: str, *, advice: str | None = None, partial: Any = None) -> None:
        super().__init__(message)
        self.message = message
        if advice is not None:
            self.advice = advice
        self.partial = partial

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        return [self.message, *([f"What to do: {self.advice}"] if self.advice else [])]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))

    def _render_traceback_(self) -> list[str]:
        """Show the short form in a notebook; IPython's ``%tb`` shows the long one."""
        if (shell := _shell_that_wants_all()) is not None:
            return list(
                shell.InteractiveTB.structured_traceback(type(self), self, self.__traceback__)
            )
        return [
            f"{type(self).__name__}: {line}" if not i else line
            for i, line in enumerate(self._lines())
        ]


def _shell_that_wants_all() -> Any:
    """Return IPython's shell if its magic ``%tb`` is what shows an error; it asks no other way."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_name == "tb" and frame.f_globals["__name__"].startswith("IPython."):
            return frame.f_locals["self"].shell
    return None


def _rebuild(
    kind: type[PostOrderError], args: tuple[Any, ...], state: dict[str, Any]
) -> PostOrderError:
    """Unpickle without calling ``__init__``, whose keywords differ from class to class."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InputError(PostOrderError, ValueError):
    """An argument is wrong. Nothing was sent."""

    argument = ""
    """The argument that is missing, or does not go with the others, where it is one of these."""
    use = ""
    """What that argument is needed for, or goes with only."""


class SettingError(InputError):
    """A setting is missing or wrong. Nothing was sent."""


class SigningKeyMissing(SettingError):
    """The account must sign the call, and there is no key. Nothing was sent."""


class AlreadyDone(InputError):
    """The money was moved before, and the record does not say that it failed. Nothing was sent."""


class CallGone(InputError):
    """eBay switched this call off. Nothing was sent."""


class MixedCurrencyError(InputError):
    """The figure would add up amounts of several currencies."""


class MissingExtra(PostOrderError, ImportError):
    """An optional part of the package is not installed."""


class AnswerError(PostOrderError):
    """
    eBay answered with an error.

    Parameters
    ----------
    message : str
        What failed.
    status : int
        The HTTP status.
    items : sequence of ErrorItem
        All complaints of the answer, in order.
    request_id : str or None
        The id to give to eBay's support.
    body : str
        The start of an answer that held no readable complaint.
    """

    sent = True

    def __init__(
        self,
        message: str,
        *,
        status: int,
        items: Sequence[ErrorItem] = (),
        request_id: str | None = None,
        body: str = "",
        advice: str | None = None,
        partial: Any = None,
    ) -> None:
        super().__init__(message, advice=advice, partial=partial)
        self.status = status
        self.items = tuple(items)
        self.request_id = request_id
        self.body = body

    def _lines(self) -> list[str]:
        words = [f"eBay says: {item}" for item in self.items]
        if not words and self.body:
            words = [f"The answer was: {self.body}"]
        lines = [self.message, *words]
        if self.advice:
            lines.append(f"What to do: {self.advice}")
        if self.request_id:
            lines.append(f"Request id: {self.request_id}")
        return lines


class TokenRefused(AnswerError):
    """eBay did not accept the token (HTTP 401)."""

    advice = "get a fresh user token and connect again; an OAuth token lives two hours"


class TokenExpired(TokenRefused):
    """The token was good, and its time is over."""

    advice = "get a fresh user token, or give a refresh token so that it renews itself"


class TokenRevoked(TokenRefused):
    """The user or eBay took the consent back."""

    advice = "let the account's owner consent again, and connect with the new token"


class WrongKeyset(TokenRefused):
    """The token belongs to another application, or to the other environment."""

    advice = "check that client id, client secret and token come from one production keyset"


class NotPermitted(AnswerError):
    """The token is good, but may not do this (HTTP 403)."""

    advice = "check that the token belongs to this seller and carries the scope for the call"


class NotFound(AnswerError, LookupError):
    """There is no such record for this account."""

    advice = "check the id, and that the token belongs to a party of this record"


class RequestRefused(AnswerError):
    """The request is wrong, or not allowed in the record's present state."""

    advice = "correct the request as eBay's words say; repeating it unchanged will not help"


class RateLimited(AnswerError):
    """Too many calls (HTTP 429)."""

    advice = "wait and go on later; a keyset has 5,000 calls a day per resource"

    retry_after: float | None = None


class QuotaExhausted(RateLimited):
    """The calls of the day are used up. Nothing was sent."""

    advice = "go on when the day's count starts again; `.partial` holds what was fetched"
    sent = False

    def __init__(self, message: str, *, status: int = 429, **more: Any) -> None:
        super().__init__(message, status=status, **more)


class ServerFault(AnswerError):
    """eBay failed (HTTP 5xx)."""

    advice = "try again later; eBay also answers some wrong ids this way, so check the id"


class InDoubt(PostOrderError):
    """
    A change was sent, and nobody knows yet whether it happened.

    Parameters
    ----------
    message : str
        What is in doubt.
    record : str
        The record, such as ``return 5001``; empty where the call names none.
    operation : str
        The call, such as ``returns.issue_refund``.
    attempt : str
        The id of the attempt in the journal.
    """

    advice = "settle it with po.settle(); repeating it could do it twice"
    sent = True

    def __init__(
        self,
        message: str,
        *,
        record: str = "",
        operation: str = "",
        attempt: str = "",
        advice: str | None = None,
        partial: Any = None,
    ) -> None:
        super().__init__(message, advice=advice, partial=partial)
        self.record = record
        self.operation = operation
        self.attempt = attempt


class NoAnswer(PostOrderError, ConnectionError):
    """No answer came: network, timeout, or the server closed the connection."""

    advice = "check the network and the address, then try again"
    sent = True


class UnreadableAnswer(PostOrderError):
    """An answer came that is not the JSON it should be."""

    advice = "try again; if it stays so, a proxy or a wrong address answers in eBay's place"
    sent = True


class IncompleteFetch(PostOrderError):
    """The pages do not add up to the total eBay gave."""

    advice = "fetch again; `.partial` holds what came"


class ArchiveError(PostOrderError):
    """An archive cannot be read or written."""


class ArchiveBusy(ArchiveError):
    """Another sync of this seller is running; nothing was done."""


class CassetteError(PostOrderError):
    """A recording is missing, unsafe, or does not match."""


class CassetteMiss(CassetteError):
    """No recorded answer fits the request."""
