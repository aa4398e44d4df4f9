"""
The declaration of a call: one decorated, typed function is the catalogue's row.

The decorator says what the signature cannot (verb, path, effect, role, signature duty, life);
the signature says names, types and defaults; `Annotated` aliases of `postorder_nb.api.fields`
say label and rule. Everything else that has to know the calls reads `CATALOGUE`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property, wraps
from string import Formatter
from types import UnionType
from typing import (
    Annotated,
    Any,
    Concatenate,
    ParamSpec,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import quote

from ..errors import InputError

Answer = dict[str, Any]
ROOT = "/post-order/v2"


class Effect(StrEnum):
    """What a call does to the world; it decides permission and retries."""

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
    """A call ready to be sent: checked, in wire names, without credentials."""

    method: str
    path: str
    effect: Effect
    query: Mapping[str, str] = field(default_factory=dict)
    body: Answer | None = None
    label: str = ""


class Sender(Protocol):
    """What a group of calls needs of the transport below it."""

    def send(self, request: Request) -> Answer:
        """Send a request and return the decoded answer."""
        ...


class Group:
    """A group of calls (returns, cases ...) on one sender."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def __repr__(self) -> str:
        names = [o.name for o in CATALOGUE.values() if o.group == type(self).__name__.lower()]
        return f"<{type(self).__name__}: {', '.join(names)}>"


@dataclass(frozen=True)
class Operation:
    """One row of the catalogue."""

    group: str
    name: str
    verb: str
    path: str
    effect: Effect
    role: Role
    signed: bool
    gone_on: date | None
    function: Callable[..., Answer]

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
        checked = {}
        for name, value in arguments.items():
            rule = self.rules.get(name)
            try:
                checked[name] = rule(value) if rule and value is not None else value
            except ValueError as error:
                advice = error.advice if isinstance(error, InputError) else ""
                reason = error.message if isinstance(error, InputError) else str(error)
                raise InputError(f"{self.key}: {name}: {reason}", advice=advice) from None
        return checked

    def request(self, arguments: Mapping[str, Any], content: Answer) -> Request:
        """Build the request from checked arguments and what the function made of them."""
        ids = {name: arguments[name] for name in self.ids}
        path = ROOT + self.path.format_map({name: quote(i, safe="") for name, i in ids.items()})
        label = " ".join([self.key, *ids.values()])
        sent = {name: value for name, value in content.items() if value is not None}
        if self.verb == "GET":
            query = {name: str(value) for name, value in sent.items()}
            return Request(self.verb, path, self.effect, query=query, label=label)
        return Request(self.verb, path, self.effect, body=sent, label=label)


CATALOGUE: dict[str, Operation] = {}
"""Every call by its key, in the order of declaration."""

G = TypeVar("G", bound=Group)
P = ParamSpec("P")
Exchange = Callable[[Sender, Request], Answer]


def operation(
    verb: str,
    path: str,
    effect: Effect,
    *,
    role: Role = Role.EITHER,
    signed: bool = False,
    gone_on: date | None = None,
    exchange: Exchange | None = None,
) -> Callable[[Callable[Concatenate[G, P], Answer]], Callable[Concatenate[G, P], Answer]]:
    """
    Declare a method of a `Group` as a call of the API.

    The function returns what goes into the query (GET) or the body (POST), in wire names; a None
    is left out. The decorated method checks its arguments, sends, and returns the answer.

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
    exchange : callable, optional
        Used instead of one plain send where a call takes several exchanges.
    """

    def declare(
        function: Callable[Concatenate[G, P], Answer],
    ) -> Callable[Concatenate[G, P], Answer]:
        group, name = function.__qualname__.split(".")
        row = Operation(group.lower(), name, verb, path, effect, role, signed, gone_on, function)
        CATALOGUE[row.key] = row

        @wraps(function)
        def call(self: G, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
            bound = row.signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            arguments = dict(bound.arguments)
            arguments.pop("self")
            checked = row.check(arguments)
            request = row.request(checked, row.function(self, **checked))
            sender = self._sender
            return exchange(sender, request) if exchange else sender.send(request)

        return call

    return declare


def _rule(hint: Any) -> Callable[[Any], Any] | None:
    """Find the rule of a hint, looking through ``X | None``."""
    if get_origin(hint) is Annotated:
        return next((extra.rule for extra in get_args(hint)[1:] if hasattr(extra, "rule")), None)
    if get_origin(hint) in (Union, UnionType):
        return next((rule for rule in map(_rule, get_args(hint)) if rule), None)
    return None
