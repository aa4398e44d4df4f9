"""
What this caller may do with a record in its present state.

A return names its options itself; the other records have a state that tells. Calls that eBay has
switched off are no options.
"""

from __future__ import annotations

from datetime import datetime

from ..api.choices import Decision
from ..api.client import PostOrder
from ..api.evidence import acts_of
from ..api.operation import CATALOGUE, Answer, Operation, Role
from .facts import Facts

_TALKING = ("CREATED", "TRACKING_PROVIDED", "SHIPPING_INFO_PROVIDED")
_STATES = {
    "cancellations.approve": ("APPROVAL_PENDING",),
    "cancellations.reject": ("APPROVAL_PENDING",),
    "cancellations.confirm": ("CONFIRM_REFUND_PENDING",),
    "inquiries.provide_shipment_info": ("CREATED", "SHIPPING_INFO_PROVIDED"),
    "inquiries.send_message": _TALKING,
    "inquiries.issue_refund": (*_TALKING, "FULL_REFUND_AGREED"),
    "inquiries.escalate": (*_TALKING, "FULL_REFUND_AGREED"),
    "inquiries.close": (*_TALKING, "FULL_REFUND_AGREED"),
}
"""The states in which a call is taken, of the records that do not name their options."""


def allowed(po: PostOrder, group: str, answer: Answer | Facts) -> list[str]:
    """
    Return the calls that a record's present state allows to this caller.

    Parameters
    ----------
    po : PostOrder
        The client; its role (seller or buyer) counts.
    group : str
        cancellations, inquiries, returns or cases.
    answer : dict or Facts
        What `get` answered, or a member of a search; or the facts that were read of it.

    Returns
    -------
    list of str
        Keys of the catalogue, in its order; empty where nothing is possible.

    Examples
    --------
    >>> from postorder_nb import connect
    >>> seller = connect(token="a-user-token", marketplace="EBAY_US")
    >>> asked = {"cancelId": "5001", "cancelState": "APPROVAL_PENDING"}
    >>> allowed(seller, "cancellations", asked)
    ['cancellations.approve', 'cancellations.reject']
    """
    facts = Facts.of(group, answer)
    return [
        row.key
        for row in CATALOGUE.values()
        if row.group == group and row.ids and _is_mine(po, row) and fits(po, row, facts)
    ]


def decisions(po: PostOrder, facts: Facts) -> list[str]:
    """Return the decisions that a return offers to this caller."""
    offered = _offered(po, facts)
    found = {choice: acts_of("returns.decide", choice) for choice in Decision}
    return [choice.value for choice, acts in found.items() if acts and acts[0] in offered]


def is_gone(po: PostOrder, row: Operation) -> bool:
    """Tell whether eBay has switched the call off, and nobody wants it sent all the same."""
    return row.gone_on is not None and not po.settings["allow_decommissioned"]


def _is_mine(po: PostOrder, row: Operation) -> bool:
    return not is_gone(po, row) and row.role in (Role.EITHER, po.settings["role"].lower())


def fits(po: PostOrder, row: Operation, facts: Facts) -> bool:
    """Tell whether the record's state allows the call."""
    if row.key == "cases.appeal":
        return bool(facts.row.get("can_appeal", False))
    if row.key in _STATES:
        # An inquiry can be escalated once the seller's time to make it right is over.
        late = row.key != "inquiries.escalate" or _is_past(facts, "respond_by", po.now())
        return late and _state(facts) in _STATES[row.key]
    return row.group == "returns" and _is_offered(po, row, facts)


def _is_offered(po: PostOrder, row: Operation, facts: Facts) -> bool:
    """Tell whether a return offers the call."""
    if row.key == "returns.decide":
        return bool(decisions(po, facts))
    if row.key == "returns.escalate" and _may_escalate(po, facts):
        return True
    acts = acts_of(row.key)
    if row.key == "returns.file_upload":
        # eBay takes a file wherever it takes a message, and names that option to buyers only.
        acts += acts_of("returns.send_message")
    return bool(_offered(po, facts).intersection(acts))


def _offered(po: PostOrder, facts: Facts) -> set[str]:
    return set(facts.text(f"{po.settings['role'].lower()}_options").split())


def _may_escalate(po: PostOrder, facts: Facts) -> bool:
    party, now = po.settings["role"].lower(), po.now()
    if not facts.row.get(f"{party}_can_escalate", False):
        return False
    until = facts.moment(f"{party}_escalate_until")
    return _is_past(facts, f"{party}_escalate_from", now) and (until is None or now <= until)


def _is_past(facts: Facts, name: str, now: datetime) -> bool:
    moment = facts.moment(name)
    return moment is None or moment <= now


def _state(facts: Facts) -> str:
    """Return the fine state; a search of inquiries tells the coarse one only."""
    coarse = facts.text("status")
    return facts.text("state") or ("" if "CLOSED" in coarse else "CREATED" if coarse else "")
