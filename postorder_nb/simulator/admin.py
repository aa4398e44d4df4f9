"""What is not of the API: the page in the browser, the OpenAPI document, and the admin path."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import orjson

from ..errors import InputError
from . import front, plain
from .answers import Answer
from .connection import Asked
from .core import KINDS
from .faults import Faults, asdict_of
from .invariants import walk
from .openapi import description

if TYPE_CHECKING:
    from .service import Simulator

ROOT = "/_simulator"
MOST = 1000
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the admin path: the parts of the path, the query, the body."""

    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    def number(self, name: str, usual: int) -> int:
        """Return a number of the query; `InputError` for anything else."""
        text = self.query.get(name, str(usual))
        if not (text.isascii() and text.isdigit()):
            raise InputError(f"{name} is {text!r}", advice="give a number from 0")
        return int(text)

    def take(self, **usual: Any) -> Json:
        """Return the body's names and values; `InputError` for a name that is not known."""
        body = {} if self.body is None else self.body
        if not isinstance(body, dict) or not body.keys() <= usual.keys():
            raise InputError(
                f"cannot use {body!r}", advice=f"send a JSON object of {', '.join(usual)}"
            )
        return usual | body


@dataclass(frozen=True, slots=True)
class Deed:
    """One call of the admin path; `example` is a body for it."""

    method: str
    path: str
    meaning: str
    do: Callable[[Simulator, Wish], Any]
    example: str = ""


class Admin:
    """
    The other paths of a simulator's address, for browsers and for curl.

    Parameters
    ----------
    simulator : Simulator
        Which it looks at, and moves.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._table = [
            (deed, re.compile(ROOT + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", deed.path) + r"/?\Z"))
            for deed in DEEDS
        ]

    def answer(self, asked: Asked) -> Answer | None:
        """Answer a request; None for paths that are not looked after here."""
        path, reads = asked.path, asked.method in ("GET", "HEAD")
        ours = path == ROOT or path.startswith(f"{ROOT}/")
        if not ours and not (path in _PAGES and reads):
            return None
        if _foreign(asked):
            return _no(403, "this path is not for pages of other sites", "call it from a program")
        return self._do(asked) if ours else _PAGES[path](self._simulator)

    def _do(self, asked: Asked) -> Answer:
        try:
            return self._find(asked)
        except InputError as error:
            return _no(400, error.message, error.advice)

    def _find(self, asked: Asked) -> Answer:
        here = [(deed, match) for deed, form in self._table if (match := form.match(asked.path))]
        for deed, match in here:
            if deed.method == asked.method or (deed.method, asked.method) == ("GET", "HEAD"):
                parts = {name: unquote(text) for name, text in match.groupdict().items()}
                return _json(deed.do(self._simulator, Wish(parts, asked.query, _read(asked.body))))
        if here:
            allowed = ", ".join(deed.method for deed, _ in here)
            answer = _no(405, f"{asked.method} is not for this path", f"use {allowed}")
            answer.headers["Allow"] = allowed
            return answer
        return _no(404, f"there is nothing at {asked.path}", f"GET {ROOT} lists what there is")


def _read(body: bytes) -> Any:
    """Read JSON; other text stays text."""
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace").strip()


def _foreign(asked: Asked) -> bool:
    """Tell whether a page of another site sent this, or pretends that its own name is here."""
    host = asked.headers.get("host", "")
    origin = asked.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return True
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and name != "localhost" and "." in name
    return False


def _json(value: Any) -> Answer:
    return Answer(200, orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def _no(status: int, message: str, advice: str) -> Answer:
    return Answer(status, orjson.dumps({"error": message, "advice": advice}) + b"\n")


# -- the deeds ------------------------------------------------------------------------------------


def _list(simulator: Simulator, wish: Wish) -> Any:
    return [
        {"method": d.method, "path": ROOT + d.path, "meaning": d.meaning, "example": d.example}
        for d in DEEDS
    ]


def state(simulator: Simulator, wish: Wish | None = None) -> Json:
    """Return what a simulator is like now: its clock, its records by state, what it does."""
    faults = simulator.faults
    return {
        "clock": {"now": simulator.clock.now().isoformat(), "ticking": simulator.clock.ticking},
        "records": {kind: dict(_states(simulator, kind)) for kind in KINDS},
        "requests": len(simulator.requests),
        "calls_today": simulator.calls_today,
        "faults": asdict_of(faults) if faults else None,
        "latency": plain.plain(simulator.latency),
        "refund_status": simulator.refund_status,
        "db": str(simulator.db) if simulator.db else None,
        "settings": simulator.settings.plain(),
    }


def _states(simulator: Simulator, kind: str) -> Counter[str]:
    with simulator.world.lock:
        return Counter(record.state for record in simulator.world.shelf(KINDS[kind]).values())


def _requests(simulator: Simulator, wish: Wish) -> Any:
    limit = min(wish.number("limit", 50), MOST)
    return [
        plain.plain(entry) | {"body": entry.body.decode("utf-8", "replace")}
        for entry in reversed(simulator.requests[-limit:] if limit else [])
    ]


def _forget(simulator: Simulator, wish: Wish) -> Any:
    simulator.requests.clear()
    return {"requests": 0}


def _clock(simulator: Simulator, wish: Wish) -> Any:
    given = wish.take(days=0, hours=0, seconds=0, freeze=False)
    if given.pop("freeze"):
        simulator.freeze()
    try:
        now = simulator.advance(**given)
    except (TypeError, OverflowError):
        raise InputError(f"cannot move the clock by {given}", advice="give numbers") from None
    return {"now": now.isoformat(), "ticking": simulator.clock.ticking}


def _set_faults(simulator: Simulator, wish: Wish) -> Any:
    given = wish.body
    simulator.faults = (
        Faults.parse(given) if isinstance(given, str) else Faults.from_dict(given or {})
    )
    return asdict_of(simulator.faults)


def _no_faults(simulator: Simulator, wish: Wish) -> Any:
    simulator.faults = None
    return None


def _set_latency(simulator: Simulator, wish: Wish) -> Any:
    simulator.latency = 0.0 if wish.body is None else wish.body
    return plain.plain(simulator.latency)


def _token(simulator: Simulator, wish: Wish) -> Any:
    login = wish.query.get("login") or simulator.world.seller
    return {
        "login": login,
        "token": simulator.token_of(login),
        "authorization": f"IAF {simulator.token_of(login)}",
        "refresh_token": simulator.refresh_token(login),
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
    }


def _expire(simulator: Simulator, wish: Wish) -> Any:
    return {"token": simulator.expire_token()}


def _revoke(simulator: Simulator, wish: Wish) -> Any:
    given = wish.take(token="", login="")
    if not (given["token"] or given["login"]):
        raise InputError("whose token?", advice='send {"token": ...} or {"login": ...}')
    token = given["token"] or simulator.refresh_token(str(given["login"]))
    simulator.revoke(str(token))
    return {"revoked": token}


def _shelf(simulator: Simulator, wish: Wish) -> Any:
    kind = wish.parts["kind"]
    if kind not in KINDS:
        raise InputError(f"no records are called {kind!r}", advice=f"say {', '.join(KINDS)}")
    return simulator.world.shelf(KINDS[kind])


def _records(simulator: Simulator, wish: Wish) -> Any:
    first, limit = wish.number("offset", 0), wish.number("limit", 50)
    wanted = wish.query.get("state")
    with simulator.world.lock:
        shelf = _shelf(simulator, wish)
        found = [r for r in shelf.values() if wanted in (None, r.state)]
        return {
            "total": len(found),
            "records": [plain.record(one) for one in found[first : first + limit]],
        }


def _one(simulator: Simulator, wish: Wish) -> Any:
    record = _shelf(simulator, wish).get(wish.parts["id"])
    if record is None:
        raise InputError(f"there is no {wish.parts['kind']} {wish.parts['id']}")
    return record


def _record(simulator: Simulator, wish: Wish) -> Any:
    with simulator.world.lock:
        return plain.record(_one(simulator, wish))


def _happen(simulator: Simulator, wish: Wish) -> Any:
    facts = {} if wish.body is None else wish.body
    if not isinstance(facts, dict):
        raise InputError(f"cannot use {facts!r}", advice="send a JSON object")
    facts.setdefault("actor", None)
    with simulator.world.lock:
        record = simulator.happen(_one(simulator, wish), wish.parts["event"], **facts)
        return plain.record(record)


def _ledger(simulator: Simulator, wish: Wish) -> Any:
    with simulator.world.lock:
        return plain.plain(simulator.world.ledger)


def _check(simulator: Simulator, wish: Wish) -> Any:
    with simulator.world.lock:
        return [str(violation) for violation in walk(simulator.world)]


def _refunds(simulator: Simulator, wish: Wish) -> Any:
    simulator.refund_status = str(wish.take(status="SUCCESS")["status"])
    return {"status": simulator.refund_status}


def _reset(simulator: Simulator, wish: Wish) -> Any:
    simulator.reset()
    return state(simulator)


DEEDS = (
    Deed("GET", "", "this list", _list),
    Deed("GET", "/state", "clock, records by state, faults, quota, settings", state),
    Deed("GET", "/requests", "what was asked, the last first (limit=50)", _requests),
    Deed("DELETE", "/requests", "forget what was asked", _forget),
    Deed("POST", "/clock", "move the clock; what is due on the way happens", _clock,
         '{"days": 3, "freeze": true}'),
    Deed("PUT", "/faults", "set the faults, as text or JSON", _set_faults, "5%:429,drop quota=500"),
    Deed("DELETE", "/faults", "nothing goes wrong any more", _no_faults),
    Deed("PUT", "/latency", "set how long answers take, in all or by part of the path",
         _set_latency, '{"/search": "lognormal:0.12/0.8"}'),
    Deed("GET", "/token", "the tokens of the seller, or of login=...", _token),
    Deed("POST", "/token/expire", "end the seller's token, and get the next", _expire),
    Deed("POST", "/token/revoke", "revoke a token, or the refresh token of a login", _revoke,
         '{"login": "tidy_harbor_outlet"}'),
    Deed("GET", "/records/{kind}", "the truth of returns, inquiries, cases or cancellations: "
         "kind is return, inquiry, case, cancellation (state=, limit=50, offset=0)", _records),
    Deed("GET", "/records/{kind}/{id}", "the truth of one record", _record),
    Deed("POST", "/records/{kind}/{id}/{event}", "let something happen that no call does: ship, "
         "deliver, buyer_wins ...", _happen, '{"trackingNumber": "1Z9", "carrierEnum": "UPS"}'),
    Deed("GET", "/ledger", "every movement of money since the start", _ledger),
    Deed("GET", "/check", "what is wrong with any record; nothing, as it should be", _check),
    Deed("PUT", "/refunds", "how refunds are answered: SUCCESS, PENDING, FAILED, REFUSED, shares",
         _refunds, '{"status": "PENDING"}'),
    Deed("POST", "/reset", "begin anew", _reset),
)  # fmt: skip
_PAGES: dict[str, Callable[[Simulator], Answer]] = {
    "/": lambda simulator: front.page(simulator, DEEDS, ROOT),
    "/openapi.json": lambda _: _json(description()),
    "/favicon.ico": lambda _: Answer(204, b""),
}
