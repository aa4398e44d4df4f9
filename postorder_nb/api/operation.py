"""
The declaration of a call: one decorated, typed function is the catalogue's row.

The decorator says what the signature cannot (verb, path, effect, role, signature duty, life);
the signature says names, types and defaults; `Annotated` aliases of `postorder_nb.api.fields` and
its neighbours say label and rule. Everything else that has to know the calls reads `CATALOGUE`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, wraps
from string import Formatter
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Concatenate,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)
from urllib.parse import quote

from .. import clock
from ..errors import InputError

if TYPE_CHECKING:
    from .receipt import Receipt

Answer = dict[str, Any]
Body = dict[str, Any]
ROOT = "/post-order/v2"

# The first word of a path: the group its call belongs to, and the record its id stands for.
_RESOURCES = {
    "cancellation": ("cancellations", "cancellation {cancel_id}"),
    "inquiry": ("inquiries", "inquiry {inquiry_id}"),
    "casemanagement": ("cases", "case {case_id}"),
    "return": ("returns", "return {return_id}"),
}


class Effect(StrEnum):
    """
    What a call does to the world; it decides permission and retries.

    A read changes nothing, a write can be set right by another call, a final one by none, and
    money is moved, or may be: a call has one effect, the gravest of all its uses.
    """

    READ = "read"
    WRITE = "write"
    FINAL = "final"
    MONEY = "money"


class Role(StrEnum):
    """Who may make a call."""

    SELLER = "seller"
    BUYER = "buyer"
    EITHER = "either"


@dataclass(frozen=True)
class Request:
    """
    A call ready to be sent: checked, in wire names, without credentials.

    Parameters
    ----------
    method, path : str
        HTTP verb and path from the host on.
    effect : Effect
        What the call does.
    query : mapping
        Query parameters.
    body : dict or None
        What goes into the body, amounts as `Decimal`; None is no body at all, ``{}`` an empty one.
    label : str
        The call and its ids, for messages.
    operation : str
        The catalogue's key; empty for a call that has none.
    record : str
        The record it acts on, such as ``return 5001``; empty where there is none.
    signed : bool
        Whether sellers in the EU and UK must sign it.
    gone_on : date or None
        The day eBay switched the call off.
    instead : str
        What to do instead of a call that is gone.
    role : Role
        Who may make it.
    """

    method: str
    path: str
    effect: Effect
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    label: str = ""
    operation: str = ""
    record: str = ""
    signed: bool = False
    gone_on: date | None = None
    instead: str = ""
    role: Role = Role.EITHER


class Sender(Protocol):
    """What a group of calls needs of the transport below it."""

    def send(self, request: Request) -> Answer:
        """Send a request that reads, and return the decoded answer."""
        ...

    def write(self, request: Request) -> Receipt:
        """Send a request that changes something, once, and return its receipt."""
        ...


class Group:
    """
    A group of calls (returns, cases ...) on one sender.

    Parameters
    ----------
    sender : Sender
        What sends the requests.
    now : callable, optional
        Tells the time on the server's side, for dates that must lie in the past.
    """

    def __init__(self, sender: Sender, now: Callable[[], datetime] = clock.now) -> None:
        self._sender = sender
        self._now = now

    def __repr__(self) -> str:
        names = [o.name for o in CATALOGUE.values() if o.group == type(self).__name__.lower()]
        return f"<{type(self).__name__}: {', '.join(names)}>"


@dataclass(frozen=True)
class Operation:
    """One row of the catalogue; the parameters are those of `operation`."""

    group: str
    name: str
    verb: str
    path: str
    effect: Effect
    role: Role
    signed: bool
    gone_on: date | None
    instead: str
    query: tuple[str, ...]
    record: str
    function: Callable[..., Body | None]

    @property
    def key(self) -> str:
        """The name users type after ``po.``, such as ``returns.search``."""
        return f"{self.group}.{self.name}"

    @cached_property
    def ids(self) -> list[str]:
        """The parameters that stand in the path."""
        return [name for _, name, _, _ in Formatter().parse(self.path) if name]

    @cached_property
    def signature(self) -> inspect.Signature:
        """The function's signature."""
        return inspect.signature(self.function)

    @cached_property
    def rules(self) -> dict[str, Callable[[Any], Any]]:
        """The check of each parameter that has one."""
        hints = get_type_hints(self.function, include_extras=True)
        found = {name: _rule(hint) for name, hint in hints.items()}
        return {name: rule for name, rule in found.items() if rule is not None}

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments in their wire-ready form; raise InputError naming the wrong one."""
        return {name: self._checked(name, value) for name, value in arguments.items()}

    def prepare(self, group: Group, *args: Any, **kwargs: Any) -> Request:
        """
        Make the request of a call; nothing is sent.

        Raises
        ------
        InputError
            If an argument is wrong, or two of them do not go together.
        TypeError
            If the call has no such argument, or lacks one.
        """
        bound = self.signature.bind(group, *args, **kwargs)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        arguments.pop("self")
        checked = self.check(arguments)
        try:
            content = self.function(group, **checked)
        except InputError as error:
            raise _named(error, self.key) from None
        return self._request(checked, content)

    def _checked(self, name: str, value: Any) -> Any:
        if value is None:
            if self.signature.parameters[name].default is inspect.Parameter.empty:
                raise InputError(f"{self.key}: {name} is missing", advice=f"pass {name}=...")
            return None
        rule = self.rules.get(name)
        try:
            return rule(value) if rule else value
        except InputError as error:
            raise _named(error, f"{self.key}: {name}") from None

    def _record(self, arguments: Mapping[str, Any]) -> str:
        """Name what the call acts on; empty where the arguments do not say it."""
        names = [name for _, name, _, _ in Formatter().parse(self.record) if name]
        known = all(arguments[name] is not None for name in names)
        return self.record.format_map(arguments) if known else ""

    def _request(self, arguments: Mapping[str, Any], content: Body | None) -> Request:
        """Build the request from checked arguments and what the function made of them."""
        ids = {name: arguments[name] for name in self.ids}
        sent = None if content is None else _without_none(content)
        asked = list(sent or ()) if self.verb == "GET" else self.query
        query = {name: str(sent.pop(name)) for name in asked if sent and name in sent}
        return Request(
            self.verb,
            ROOT + self.path.format_map({name: quote(i, safe="") for name, i in ids.items()}),
            self.effect,
            query=query,
            body=None if self.verb == "GET" else sent,
            label=" ".join([self.key, *ids.values()]),
            operation=self.key,
            record=self._record(arguments),
            signed=self.signed,
            gone_on=self.gone_on,
            instead=self.instead,
            role=self.role,
        )


CATALOGUE: dict[str, Operation] = {}
"""Every call by its key, in the order of declaration."""

G = TypeVar("G", bound=Group)
P = ParamSpec("P")
Exchange = Callable[[Sender, Request], Answer]
Writing = Literal[Effect.WRITE, Effect.FINAL, Effect.MONEY]


@overload
def operation(
    verb: str,
    path: str,
    effect: Literal[Effect.READ],
    *,
    role: Role = Role.EITHER,
    exchange: Exchange | None = None,
) -> Callable[[Callable[Concatenate[G, P], Body]], Callable[Concatenate[G, P], Answer]]: ...


@overload
def operation(
    verb: str,
    path: str,
    effect: Writing,
    *,
    role: Role = Role.EITHER,
    signed: bool = False,
    gone_on: date | None = None,
    instead: str = "",
    query: tuple[str, ...] = (),
    record: str = "",
) -> Callable[[Callable[Concatenate[G, P], Body | None]], Callable[Concatenate[G, P], Receipt]]: ...


def operation(
    verb: str,
    path: str,
    effect: Effect,
    *,
    role: Role = Role.EITHER,
    signed: bool = False,
    gone_on: date | None = None,
    instead: str = "",
    query: tuple[str, ...] = (),
    record: str = "",
    exchange: Exchange | None = None,
) -> Any:
    """
    Declare a method of a `Group` as a call of the API.

    The function returns what goes into the query (GET) or the body (POST), in wire names; a None
    is left out, at any depth. None in place of it all means that the call has no body. The
    decorated method checks its arguments and sends; it returns the answer of a READ, and the
    `Receipt` of anything else.

    Parameters
    ----------
    verb, path : str
        HTTP verb and path below ``/post-order/v2``; ``{name}`` stands for the argument `name`.
    effect : Effect
        What the call does.
    role : Role
        Who may make it.
    signed : bool
        Whether sellers in the EU and UK must sign it.
    gone_on : date, optional
        The day eBay switched it off.
    instead : str
        What to do instead since then.
    query : tuple of str
        What of a POST goes into the query, not into the body.
    record : str
        What the call acts on, where that is not the record in its path: ``"order {order_id}"``.
    exchange : callable, optional
        Used instead of one plain send where a read takes several exchanges.
    """

    def declare(function: Callable[..., Body | None]) -> Callable[..., Any]:
        group, one = _RESOURCES[path.split("/")[1]]
        row = Operation(
            group, function.__name__, verb, path, effect, role, signed, gone_on, instead, query,
            record or (one if "{" in path else ""), function,
        )  # fmt: skip
        CATALOGUE[row.key] = row

        @wraps(function)
        def call(self: Group, /, *args: Any, **kwargs: Any) -> Any:
            request = row.prepare(self, *args, **kwargs)
            sender = self._sender
            if exchange:
                return exchange(sender, request)
            return sender.send(request) if effect is Effect.READ else sender.write(request)

        returns = "Answer" if effect is Effect.READ else "Receipt"
        vars(call)["__signature__"] = row.signature.replace(return_annotation=returns)
        return call

    return declare


def _named(error: InputError, name: str) -> InputError:
    """Say in front of the message where the error belongs to."""
    return type(error)(f"{name}: {error.message}", advice=error.advice)


def _without_none(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _without_none(value) for name, value in content.items() if value is not None}
    if isinstance(content, list):
        return [_without_none(value) for value in content]
    return content


def _rule(hint: Any) -> Callable[[Any], Any] | None:
    """Find the rule of a hint, looking through ``X | None``."""
    if get_origin(hint) is Annotated:
        return next((extra.rule for extra in get_args(hint)[1:] if hasattr(extra, "rule")), None)
    if get_origin(hint) in (Union, UnionType):
        return next((rule for rule in map(_rule, get_args(hint)) if rule), None)
    return None
