"""What answers which path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from . import bodies, signatures, v1
from .answers import Answer, Refusal, page
from .calls import CALLS, Call, Desk
from .calls.base import Ask, find, fingerprint, wrong_role
from .clock import Clock
from .engine import Engine
from .parties import Party
from .style import Style
from .world import World

ROOT = "/post-order/v2"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    party: Party
    headers: Mapping[str, str]
    site: str


class Api:
    """
    The calls, over one world.

    Parameters
    ----------
    world : World
        Where the records are.
    clock : Clock
        What time it is.
    offset : str
        What the searches count with ``offset``: ``rows``, ``pages`` from 0, or ``pages1``, pages
        from 1 (0 is the first page, too).
    full : str
        What a return with ``fieldgroups=FULL`` holds: ``detail`` alone, or ``both``.
    engine : Engine
        What changes the world.
    life : str
        ``all``, or ``2026`` without the calls that are gone by then.
    require_signatures : bool
        Whether a seller in the EU or the UK has to sign.
    dialect, surprises : str, float
        How answers are written: see `postorder_nb.simulator.style.Style`.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        engine: Engine,
        *,
        offset: str,
        full: str,
        life: str,
        require_signatures: bool,
        dialect: str = "2026",
        surprises: float = 0.0,
    ) -> None:
        self.world = world
        self.clock = clock
        self.engine = engine
        style = Style(dialect, surprises)
        self._desk = Desk(world, engine, offset=offset, full=full, style=style)
        self._first = v1.Surface(world, clock, surprises)
        self._require_signatures = require_signatures
        self._table = [
            (call.facts.method, re.compile(re.escape(ROOT) + call.facts.pattern), call)
            for call in CALLS
            if life == "all" or not call.facts.gone
        ]

    def answer(self, request: Request) -> Answer:
        """Answer a request; a path that no call has is answered with a page."""
        if request.path.startswith(v1.ROOTS):
            with self.world.lock:
                self.engine.catch_up(self.clock.now())
                return self._first.answer(request)
        found = self._find(request.path)
        for method, record_id, call in found:
            if method == request.method:
                return self._make(call, request, record_id)
        if not found:
            return page(404, "Not Found")
        answer = page(405, "Method Not Allowed")
        answer.headers["Allow"] = ", ".join(sorted({method for method, _, _ in found}))
        return answer

    def _find(self, path: str) -> list[tuple[str, str, Call]]:
        """List what a path may mean: method, record's id and call; a fixed word is no id."""
        found = [
            (method, match.groupdict().get("id", ""), call)
            for method, pattern, call in self._table
            if (match := pattern.fullmatch(path))
        ]
        return [one for one in found if not one[1]] or found

    def _make(self, call: Call, request: Request, record_id: str) -> Answer:
        """Make a call: what was due before it happens first, what follows from it at once."""
        with self.world.lock:
            try:
                self.engine.catch_up(self.clock.now())
                answer = self._handle(call, request, record_id)
                self.engine.catch_up(self.clock.now())
            except Refusal as refusal:
                return refusal.answer
            return answer

    def _handle(self, call: Call, request: Request, record_id: str) -> Answer:
        facts, party = call.facts, request.party
        self._check_signature(call, request)
        record = find(self.world, call.kind, record_id, party) if call.kind else None
        if facts.role not in ("EITHER", party.role):
            raise wrong_role(call.house.domain, party)
        bodies.checked(call.house, request.query, call.query)
        values = bodies.read(request.body, call.shape, call.house, bare=call.bare)
        mark = fingerprint(request.path, request.body, party)
        return call.handle(self._desk, Ask(party, request.query, values, record, mark))

    def _check_signature(self, call: Call, request: Request) -> None:
        abroad = {request.site, self.world.marketplace} & signatures.SITES
        if not (call.facts.signed and abroad and self._require_signatures):
            return
        if request.party.role == "SELLER":
            signatures.check(request.headers, request.body)
