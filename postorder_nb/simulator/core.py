"""The inside of a simulator: the world, what changes it, and the file that outlives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from ..errors import InputError
from . import oauth
from .acts import Policy
from .answers import Answer
from .clock import Clock
from .engine import Engine, Impossible, happen
from .parties import Party
from .records import Cancellation, Case, Inquiry, Record, Return
from .routes import Api, Request
from .settings import Settings
from .store import Command, Store, mark
from .tokens import Tokens
from .world import World

KINDS: dict[str, type[Record]] = {
    "return": Return,
    "inquiry": Inquiry,
    "case": Case,
    "cancellation": Cancellation,
}
_READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Core:
    """
    All of a simulator but its network.

    Whatever changes anything is a command: a name and facts that JSON can hold. A command is
    done at one moment, under the world's lock, and kept before its outcome is told to anybody.

    Parameters
    ----------
    settings : Settings
        What makes the world.
    clock : Clock
        What time it is; set to where the file's world has come to.
    store : Store or None
        Where commands are kept; None keeps nothing.
    """

    def __init__(self, settings: Settings, clock: Clock, store: Store | None) -> None:
        self.clock = clock
        self.store = store
        self._lock = RLock()
        self._doers: dict[str, Callable[..., Any]] = {
            "call": self._call,
            "oauth": self._oauth,
            "advance": self._advance,
            "freeze": self._freeze,
            "happen": self._happen,
            "outlook": self._outlook,
            "renew": self._renew,
            "end": self._end,
        }
        stored = store.settings() if store else {}
        if store and stored:
            ticking, began = stored.pop("ticking"), datetime.fromisoformat(stored.pop("began"))
            _check_beginning(settings, began, ticking=ticking)
            self.settings = settings.resume(stored)
            clock.set(began)
            self._build()
            self._replay(store, began, ticking=ticking)
        else:
            self.settings = settings
            self.reset()

    # -- the beginning ----------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin anew: the world as it was made, and an empty file."""
        self.clock.set(self.settings.now)
        if self.store:
            began = {"began": self.clock.now().isoformat(), "ticking": self.clock.ticking}
            self.store.begin({**self.settings.plain(), **began})
        self._build()

    def _build(self) -> None:
        given = self.settings
        self.world = World(
            returns=given.returns, days=given.days, seed=given.seed, clock=self.clock,
            marketplace=given.marketplace, scenario=given.scenario,
        )  # fmt: skip
        self.world.lock = self._lock  # one for all worlds there will be
        self.tokens = Tokens(self.world.seller, given.seed, self.clock, self.world.crowd.known)
        policy = Policy(given.refund_status, given.refund_lag, given.auto_refund)
        self.engine = Engine(self.world, policy, given.manners)
        surprises = given.surprises
        self.api = Api(
            self.world, self.clock, self.engine, offset=given.offset, full=given.full,
            life=given.life, require_signatures=given.require_signatures, dialect=given.dialect,
            surprises=self.world.scenario.surprises if surprises is None else surprises,
        )  # fmt: skip

    def _replay(self, store: Store, began: datetime, *, ticking: bool) -> None:
        """Do all commands of the file again, and refuse to go on when one comes out otherwise."""
        last, frozen = began, False
        for command in store.commands():
            with self.clock.held(command.at):
                outcome = self._doers[command.kind](**command.facts)
            if mark(outcome) != command.mark:
                raise InputError(
                    f"{store.path} does not replay: command {command.number} ({_name(command)}) "
                    "comes out differently than it did",
                    advice=f"open it with release {store.release()}, which made it, "
                    "or name a new file",
                )
            last, frozen = command.at, frozen or command.kind == "freeze"
        if ticking and not frozen:
            way = self.clock.right() - began
            self.clock.set(None)
            self.clock.advance(max(way, last - self.clock.now()))

    # -- commands ---------------------------------------------------------------------------------

    def do(self, kind: str, /, **facts: Any) -> Any:
        """Do a command, keep it, and return its outcome."""
        with self.world.lock, self.clock.held() as at:
            if self.store:
                self.store.check()
            outcome = self._doers[kind](**facts)
            if self.store:
                self.store.append(kind, at, facts, mark(outcome))
            return outcome

    def call(self, request: Request) -> Answer:
        """Answer a request to the API."""
        if request.method in _READS:
            with self.world.lock, self.clock.held():
                return self.api.answer(request)
        answer: Answer = self.do(
            "call",
            method=request.method,
            path=request.path,
            query=dict(request.query),
            body=request.body.decode("latin-1"),
            role=request.party.role,
            login=request.party.login,
            headers={k: v for k, v in request.headers.items() if k != "authorization"},
            site=request.site,
        )
        return answer

    def _call(self, *, role: str, login: str, body: str, **rest: Any) -> Answer:
        request = Request(body=body.encode("latin-1"), party=Party(role, login), **rest)
        return self.api.answer(request)

    def _oauth(self, *, method: str, path: str, authorization: str, body: str) -> Answer:
        return oauth.answer(self.tokens, method, path, authorization, body.encode("latin-1"))

    def _advance(self, *, seconds: float) -> datetime:
        self.clock.advance(timedelta(seconds=seconds))
        self.engine.catch_up(self.clock.now())
        return self.clock.now()

    def _freeze(self, *, at: str) -> str:
        self.clock.set(at)
        return at

    def happen(
        self, record: Record, event: str, actor: str | None, facts: dict[str, Any]
    ) -> Record:
        """Let something happen to a record that no call does; raises `InputError`."""
        if self.store:
            kind = type(record).__name__.lower()
            self.do("happen", kind=kind, id=record.id, event=event, actor=actor, facts=facts)
        else:
            with self.world.lock, self.clock.held():
                self._let(record, event, actor, facts)
        return record

    def _happen(
        self, *, kind: str, id: str, event: str, actor: str | None, facts: dict[str, Any]
    ) -> str:
        record = self.world.shelf(KINDS[kind])[id]
        self._let(record, event, actor, facts)
        return f"{record.state} {record.modified_at}"

    def _let(self, record: Record, event: str, actor: str | None, facts: dict[str, Any]) -> None:
        try:
            happen(self.engine, record, event, actor, facts)
        except Impossible as error:
            raise InputError(
                str(error), advice="look at the record's state, and at the machine of its kind"
            ) from None
        self.engine.catch_up(self.clock.now())

    def _outlook(self, *, status: str) -> str:
        self.engine.policy = replace(self.engine.policy, refund_status=status)
        return status

    def _renew(self) -> str:
        return self.tokens.renew()

    def _end(self, *, token: str) -> str:
        self.tokens.end(token)
        return token


def _check_beginning(settings: Settings, began: datetime, *, ticking: bool) -> None:
    """Refuse a moment that is not the one a file's world began at."""
    given = settings.now
    if given is not None and (ticking or Clock(given).now() != began):
        raise InputError(
            f"now is {given}, and the file's world began at {began:%Y-%m-%dT%H:%M:%SZ}"
            + (" and ticks" if ticking else ""),
            advice="leave now away, or name a new file",
        )


def _name(command: Command) -> str:
    facts = command.facts
    what = f"{facts['method']} {facts['path']}" if command.kind == "call" else command.kind
    return f"{what} at {command.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
