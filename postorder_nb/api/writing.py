"""
The way of a write: permitted, announced in the journal, sent once, and its end written down.

What the end was is decided here. Done, pending or failed: eBay answered. Refused: eBay said no,
and it is known that such a no is final. Unsent: nothing left this computer. Anything else is a
doubt: a lost or unreadable answer, a server's fault, an interrupt.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from .. import clock, recording
from ..config import Settings, is_loopback
from ..errors import (
    AlreadyDone,
    AnswerError,
    CallGone,
    InputError,
    PostOrderError,
    SettingError,
    SigningKeyMissing,
)
from .body import encode
from .evidence import GRACE, Look, Reading, look, read
from .journal import Attempt, Journal, Outcome, doubt
from .operation import Answer, Effect, Request, Role
from .receipt import Answered, Receipt

# "Something broke", "the service failed", "processed, but the answer failed", "eBay sorts it out
# with the buyer": whatever the HTTP status, the change may have happened.
_OPEN_ENDED = frozenset({1001, 292010, 292011, 292012, 292013, 292014, 292066})
# Said of the request or of the record's state, at times under HTTP 500: nothing was done.
_FINAL = frozenset(
    {1301, 1302, 1303, 1304, 1305, 1306, 1308, 1501, 1502, 1505, 1508, 1601, 1616, 1617}
    | {1754, 1755, 1760, 1764, 1771, 10003, 10005, 292001, 292004, 292008}
    | {292023, 292024, 292025, 292039, 292050, 292051, 292052, 292054, 292057}
    | {292060, 292061, 292062, 292063, 292064, 292065, 292067, 292068, 292069}
)
_GATEWAY = ("OAuth", "ACCESS")
_UNCLEAR_STATUS = (408, 499)  # a proxy's words for a request that was cut off


@dataclass(frozen=True)
class Reply:
    """An answer that says yes."""

    status: int
    answer: Answer
    request_id: str | None = None


class Writer:
    """
    Sends what changes something.

    Parameters
    ----------
    settings : Settings
        The settings of the client.
    journal : Journal
        Where every write is announced, and its end written down.
    reading : callable
        Sends a read and returns the decoded answer.
    delivery : callable
        Sends a write and its bytes; it repeats only what provably never left.
    can_sign : callable
        Tells whether there is a key to sign with.
    now : callable
        Tells the time on the server's side.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        *,
        reading: Callable[[Request], Answer],
        delivery: Callable[[Request, bytes], Reply],
        can_sign: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._reading = reading
        self._delivery = delivery
        self._can_sign = can_sign
        self._now = now

    def write(self, request: Request) -> Receipt:
        """Send a write; see `postorder_nb.api.transport.Transport.write`."""
        if self._settings["dry_run"]:
            return self.preview(request)
        self._permit(request)
        body = encode(request.body)
        sight = look(request, self._settings["role"])
        attempt = self._attempt(request, body, sight)
        if _replaying():  # the recording answers: nothing happens that a journal could tell
            self._baseline(attempt, sight)
            reply = self._delivery(request, body)
            meaning = _meaning(request.operation, reply.answer)
            return _receipt(request, replace(attempt, attempt=""), reply, meaning)
        lock = self._journal.lock(attempt)
        try:
            with self._working_journal():
                if not lock.acquire(wait=False):
                    raise self._busy(attempt)
                if request.effect is Effect.MONEY:
                    self._journal.check(attempt.record)
                before = self._baseline(attempt, sight)
                self._refuse_repetition(attempt, before)
                baseline = asdict(before) if before else None
                attempt = replace(attempt, at=self._journal.now(), baseline=baseline)
                self._journal.begin(attempt)
            return self._carry_out(request, body, attempt)
        finally:
            lock.release(remove=True)

    def preview(self, request: Request) -> Receipt:
        """Return what would be sent; nothing is."""
        self._check_life(request)
        self._check_role(request)
        name = request.operation or request.label
        return Receipt(name, request.record, "not sent", clock.now(), request, answer={})

    def _permit(self, request: Request) -> None:
        self._check_life(request)
        if not self._settings["writes"]:
            raise InputError(
                f"{request.label} changes something, and this client is read-only",
                advice="connect with writes=True; po.preview shows what would be sent",
            )
        self._check_role(request)
        if request.signed and self._settings["must_sign"] and not self._can_sign():
            raise SigningKeyMissing(
                f"{request.label} must be signed for this account, and there is no signing key",
                advice="pass signing_key= and signing_key_jwe=, or set EBAY_SIGNING_KEY and "
                "EBAY_SIGNING_JWE",
            )

    def _check_life(self, request: Request) -> None:
        here = is_loopback(self._settings["base_url"])
        if request.gone_on and not here and not self._settings["allow_decommissioned"]:
            raise CallGone(
                f"{request.label}: eBay switched this call off on {request.gone_on}",
                advice=request.instead or "do it on ebay.com",
            )

    def _check_role(self, request: Request) -> None:
        role = self._settings["role"]
        if request.role is not Role.EITHER and request.role != role.lower():
            raise InputError(
                f"{request.label} is a call of the {request.role}, and this client is the {role}",
                advice=f'connect with role="{request.role.upper()}" and that party\'s token',
            )

    def _attempt(self, request: Request, body: bytes, sight: Look) -> Attempt:
        said = f"{request.method} {request.path}\n".encode() + body
        return Attempt(
            attempt=secrets.token_hex(8),
            at=self._journal.now(),
            since=self._now().isoformat(),
            operation=request.operation or request.label,
            record=_subject(request),
            effect=request.effect,
            fingerprint=(fingerprint := hashlib.sha256(said).hexdigest()),
            once=f"{request.operation} {request.record}" if sight.once else fingerprint,
            amount=_amount(request.body or {}),
            look=asdict(sight),
        )

    def _busy(self, attempt: Attempt) -> PostOrderError:
        on_its_way = self._journal.open(attempt.record)
        why = "another call on it is on its way at this moment, and nothing more was sent"
        return doubt(on_its_way[-1] if on_its_way else attempt, why)

    def _baseline(self, attempt: Attempt, sight: Look) -> Reading | None:
        """Read what the record says before money moves, or what the search finds before it."""
        if not sight.path or not (attempt.effect is Effect.MONEY or sight.match):
            return None
        return read(sight, self._reading(sight.request))

    def _refuse_repetition(self, attempt: Attempt, before: Reading | None) -> None:
        """Refuse to move the same money again, unless the record contradicts the first time."""
        first = self._journal.happened(attempt.once)
        if first is None or (before and before.failed):
            return
        age = (self._journal.now() - (first.ended or first.at)).total_seconds()
        if before and not before.traces and age > GRACE:
            return
        raise AlreadyDone(
            f"{attempt} was made before, at {first.at:%Y-%m-%d %H:%M:%S} UTC "
            f"(attempt {first.attempt}); nothing was sent",
            advice="read the record; the call is sent again only when the record shows that the "
            "first one came to nothing",
        )

    @contextmanager
    def _working_journal(self) -> Iterator[None]:
        """Say in words that the journal cannot be kept: then nothing is sent."""
        try:
            yield
            return
        except PostOrderError:
            raise
        except OSError as error:
            reason = error.strerror or str(error)
        raise SettingError(
            f"the journal {self._journal.path} cannot be kept ({reason}); nothing was sent",
            advice="make room there, or pass another data_folder",
        )

    def _carry_out(self, request: Request, body: bytes, attempt: Attempt) -> Receipt:
        try:
            reply = self._delivery(request, body)
            meaning = _meaning(request.operation, reply.answer)
        except BaseException as problem:
            self._end_badly(attempt, problem)
            raise
        self._end(attempt, meaning.outcome, reply.status, reply.request_id)
        return _receipt(request, attempt, reply, meaning)

    def _end_badly(self, attempt: Attempt, problem: BaseException) -> None:
        """Write down how a call failed; where nobody can know what it did, say so instead."""
        outcome = _outcome_of(problem)
        items = getattr(problem, "items", ())
        self._end(
            attempt,
            outcome,
            getattr(problem, "status", None),
            getattr(problem, "request_id", None),
            tuple(item.error_id for item in items if item.error_id is not None),
        )
        if outcome != "doubt":
            return
        in_doubt = doubt(attempt, getattr(problem, "message", type(problem).__name__))
        if isinstance(problem, Exception):
            raise in_doubt from problem
        problem.add_note(str(in_doubt))  # Ctrl-C stays one

    def _end(
        self,
        attempt: Attempt,
        outcome: Outcome,
        status: int | None,
        request_id: str | None,
        complaints: tuple[int | str, ...] = (),
    ) -> None:
        try:
            self._journal.end(
                attempt, outcome, status=status, request_id=request_id, complaints=complaints
            )
            return
        except OSError as error:
            reason = error.strerror or str(error)
        if outcome != "doubt":  # a doubt is what the journal says already
            raise doubt(
                attempt, f"it ended as {outcome!r}, which the journal could not keep ({reason})"
            )


def _replaying() -> bool:
    running = recording.current()
    return running is not None and running.mode == "replay"


def _subject(request: Request) -> str:
    """Name what a write acts on: what must not be paid twice."""
    if request.record or request.effect is not Effect.MONEY:
        return request.record
    return f"{request.method} {request.path}"


def _amount(body: Mapping[str, Any]) -> str:
    """Return the amount a body asks for, if it asks for one."""
    for part in (body, body.get("refundDetail")):
        for name in ("totalAmount", "partialRefundAmount"):
            found = part.get(name) if isinstance(part, Mapping) else None
            if isinstance(found, Mapping) and isinstance(found.get("value"), Decimal | int | str):
                return f"{found['value']} {found.get('currency', '')}".strip()
    return ""


class _Meaning(NamedTuple):
    """What a yes means: a refund that eBay accepted may be pending, or have failed."""

    outcome: Answered
    refund_status: str | None = None


def _meaning(operation: str, answer: Answer) -> _Meaning:
    result = answer.get("refundResult")
    given = (result if isinstance(result, dict) else answer).get("refundStatus")
    if given is not None:
        results: dict[str, Answered] = {"SUCCESS": "done", "FAILED": "failed"}
        return _Meaning(results.get(str(given), "pending"), str(given))
    if operation.endswith(".issue_refund"):
        return _Meaning("pending")  # it always answers a status: without one nothing is known
    if operation == "cancellations.create" and not answer.get("cancelId"):
        return _Meaning("failed")  # HTTP 200 and no cancellation: the order is not eligible
    return _Meaning("done")


def _receipt(request: Request, attempt: Attempt, reply: Reply, meaning: _Meaning) -> Receipt:
    return Receipt(
        operation=attempt.operation,
        record=request.record,
        outcome=meaning.outcome,
        at=clock.now(),
        request=request,
        answer=reply.answer,
        status=reply.status,
        request_id=reply.request_id,
        refund_status=meaning.refund_status,
        attempt=attempt.attempt,
    )


def _outcome_of(problem: BaseException) -> Outcome:
    if isinstance(problem, PostOrderError) and not problem.sent:
        return "unsent"
    return "refused" if isinstance(problem, AnswerError) and _is_final(problem) else "doubt"


def _is_final(error: AnswerError) -> bool:
    """Tell whether a no is one after which nothing has happened."""
    own = {item.error_id for item in error.items if item.domain not in _GATEWAY}
    if own & _OPEN_ENDED:
        return False
    if 400 <= error.status < 500 and error.status not in _UNCLEAR_STATUS:
        return True
    return bool(own & _FINAL)
