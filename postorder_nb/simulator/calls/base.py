"""What the calls have in common: who may make them, on which record, and how they are refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..acts import Act
from ..answers import Answer, Refusal, gateway, good, refuse
from ..bodies import Field, House, Shape, said
from ..dialects import camel
from ..engine import Engine, Impossible
from ..facts import CALLS, Facts
from ..parties import Party
from ..records import Cancellation, Case, Inquiry, Record, Return
from ..search import Search
from ..style import Style
from ..world import World

Json = dict[str, Any]
R = TypeVar("R", bound=Record)
DOMAINS = {
    Return: "returnErrorDomain",
    Inquiry: "resolutionsErrorDomain",
    Case: "resolutionsErrorDomain",
    Cancellation: "cancelErrorDomain",
}
RETURNS = House("returns", "returnErrorDomain", 1601, 1616)
CANCELLATIONS = House("cancellations", "cancelErrorDomain", 10003, 2004, {"body": 10003})
CLAIMS = House(
    "claims",
    "resolutionsErrorDomain",
    2004,
    2004,
    {
        "trackingNumber": 292023,
        "shippingCarrierName": 292024,
        "shippingDate": 292025,
        "closeReason": 292039,
        "itemId": 292008,
        "transactionId": 292008,
    },
)
COMMENTS: Shape = {"comments": Field(said)}


@dataclass(frozen=True, slots=True)
class Ask:
    """One call that was made: by whom, on which record, saying what."""

    party: Party
    query: Mapping[str, str]
    values: Json
    record: Any = None
    mark: str = ""

    @property
    def said(self) -> Json:
        """The comment, as the acts take it."""
        text = self.values.get("comments")
        return {"comments": text} if text else {}


@dataclass(frozen=True, slots=True)
class Call:
    """
    One call: what answers it, and what it takes. Path, role and the like are in its `facts`.

    `kind` is the record the path names, None for no record. `query` are its parameters, `shape`
    is its body: `bare` allows an empty one; None means that there is none. `search` is what it
    searches by, None where it does not search.
    """

    name: str
    handle: Callable[[Desk, Ask], Answer]
    house: House
    kind: type[Record] | None = None
    shape: Shape | None = field(default_factory=dict)
    bare: bool = False
    query: Shape = field(default_factory=dict)
    search: Search[Any] | None = None

    @property
    def facts(self) -> Facts:
        """What the documents say of it."""
        return CALLS[self.name]


class Desk:
    """Where calls are dealt with: the world, and the engine that changes it."""

    def __init__(
        self,
        world: World,
        engine: Engine,
        *,
        offset: str = "rows",
        full: str = "detail",
        style: Style | None = None,
    ) -> None:
        self.world = world
        self.engine = engine
        self.offset = offset
        self.full = full
        self.style = style or Style()
        self._done: dict[tuple[str, str, str], int] = {}

    def act(self, ask: Ask, event: str, **facts: Any) -> Act[Any]:
        """Do what the caller asks; refuse what the record's state does not allow."""
        attributes = facts.pop("attributes", None)
        record: Record = ask.record
        try:
            act = self.engine.act(
                record, event, ask.party.role, facts={**ask.said, **facts}, attributes=attributes
            )
        except Impossible:
            raise self.illegal(ask, event) from None
        self._done[_key(ask)] = len(record.history)
        return act

    def require(self, ask: Ask, event: str) -> None:
        """Refuse what the state does not allow, before looking at the details."""
        record: Record = ask.record
        if not self.engine.possible(record, event, ask.party.role):
            raise self.illegal(ask, event)

    def _again(self, ask: Ask) -> bool:
        """Tell whether the same was asked before, and nobody but the system did anything since."""
        done = self._done.get(_key(ask))
        return done is not None and all(
            line.actor == "SYSTEM" for line in ask.record.history[done:]
        )

    def illegal(self, ask: Ask, event: str) -> Refusal:
        """Return the refusal of an act that the state does not allow, or that was done before."""
        record: Record = ask.record
        if isinstance(record, Return):
            return twice() if self._again(ask) else impossible(record, event, ask)
        if isinstance(record, Cancellation):
            text = "The cancellation does not allow this now."
            return refuse(400, 10005, "CancelSvcErrorDomain", text, cancelId=record.id)
        text = "This is not possible in the present state."
        name = "inquiryId" if isinstance(record, Inquiry) else "caseId"
        return refuse(
            500, 292010, DOMAINS[type(record)], text, category="APPLICATION",
            **{name: record.id, "state": record.state},
        )  # fmt: skip


def _key(ask: Ask) -> tuple[str, str, str]:
    return type(ask.record).__name__, ask.record.id, ask.mark


def find(world: World, kind: type[R], record_id: str, party: Party) -> R:
    """
    Find a record of the caller's.

    Somebody else's return is refused as such; of the other records only the parties know.
    """
    shelf: Mapping[str, R] = world.shelf(kind)
    record = shelf.get(record_id)
    if record is not None and party.sees(record):
        return record
    if record is not None and kind is Return:
        text = "The caller is neither the buyer nor the seller."
        raise refuse(403, 1301, "returnErrorDomain", text, returnId=record_id)
    if kind is Return and "-" in record_id:  # an order's id
        raise RETURNS.invalid("returnId", record_id)
    if kind is Return:
        raise refuse(
            400, 1304, "returnErrorDomain", "The return was not found.", returnId=record_id
        )
    if kind is Cancellation:
        text = "Invalid value for cancelId."
        raise refuse(400, 2004, "cancelErrorDomain", text, cancelId=record_id)
    raise Refusal(gateway(500, 2003, "ACCESS", "Internal error.", "APPLICATION"))


def wrong_role(domain: str, party: Party) -> Refusal:
    """Refuse the wrong side."""
    if domain != "returnErrorDomain":
        text = "The token does not permit this call."
        return Refusal(gateway(403, 1100, "ACCESS", text))
    if party.role == "SELLER":
        return refuse(403, 1306, domain, "The caller is not the buyer of this item.")
    return refuse(403, 1308, domain, "The user may not perform this operation.")


ACTIVITIES = {
    "approve": "SELLER_APPROVE_REQUEST", "decline": "SELLER_DECLINE_REQUEST",
    "offer": "SELLER_OFFER_PARTIAL_REFUND", "provide_rma": "SELLER_PROVIDE_RMA",
    "offer_return": "SELLER_OFFER_RETURNS", "accept_offer": "BUYER_ACCEPTS_PARTIAL_REFUND",
    "decline_offer": "BUYER_DECLINE_PARTIAL_REFUND", "refund": "SELLER_ISSUE_REFUND",
    "receive": "SELLER_MARK_AS_RECEIVED", "provide_label": "SELLER_PROVIDE_LABEL",
    "file": "SUBMIT_FILE", "offer_replacement": "SELLER_OFFER_REPLACEMENT",
    "accept_replacement": "BUYER_ACCEPTS_REPLACEMENT",
    "decline_replacement": "BUYER_DECLINE_REPLACEMENT",
}  # fmt: skip
BY_ROLE = {"message": "SEND_MESSAGE", "escalate": "ESCALATE"}


def impossible(record: Return, event: str, ask: Ask) -> Refusal:
    """Refuse an act that a return's state does not allow."""
    role = ask.party.role
    activity = ACTIVITIES.get(event) or f"{role}_{BY_ROLE[event]}"
    words = (
        "java.lang.IllegalStateException: Illegal Activity for the "
        f"state:{camel(record.state)}; activityId:{camel(activity)}; "
        f"party:{role.lower()}; return:{record.id}"
    )
    text = "The activity is not possible in the return's present state."
    return refuse(500, 1502, "returnErrorDomain", text, category="APPLICATION", message=words)


def twice() -> Refusal:
    """Refuse what was done already."""
    text = "An error occurred in the return service."
    words = "Duplicate warning"
    return refuse(500, 1001, "returnErrorDomain", text, category="APPLICATION", message=words)


def fingerprint(path: str, body: bytes, party: Party) -> str:
    """Return what two identical calls share."""
    return hashlib.sha256(f"{party.login} {path} ".encode() + body).hexdigest()


def done(value: Json | None = None) -> Answer:
    """Answer a call that was obeyed: with nothing, or with JSON."""
    if value is None:
        return Answer(200, b"")
    return good(value)
