"""What a person would say: the verb on the button, and the sentence above the exact request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.operation import Effect, Operation
from ..api.parts import Text
from ..enums import label as in_words
from .facts import Facts

# Where the words of the call's own name do not make a verb, or a decision changes what it does.
_SAID: dict[str, tuple[str, str]] = {
    "cancellations.create": ("Cancel the order", "Cancel {record}; a paid order is refunded"),
    "cancellations.approve": (
        "Approve cancellation", "Agree to {record}{buyer}; a paid order is refunded in full",
    ),
    "cancellations.reject": ("Reject cancellation", "Turn down {record}{buyer}"),
    "cancellations.confirm": ("Confirm refund", "Confirm what became of {record}"),
    "cases.appeal": ("Appeal", "Ask eBay to look again at {record}"),
    "cases.issue_refund": ("Issue refund", "Refund the buyer in full for {record}{buyer}"),
    "cases.provide_return_address": (
        "Give the address", "Tell the buyer where to send the item of {record}",
    ),
    "cases.provide_shipment_info": ("Give the tracking", "Tell how the item of {record} goes back"),
    "cases.close": ("Close case", "End {record}"),
    "inquiries.create": ("Report it missing", "Report that {record} did not arrive"),
    "inquiries.send_message": ("Send message", "Write to the other party of {record}{buyer}"),
    "inquiries.provide_shipment_info": (
        "Give the shipment", "Answer {record}{buyer} with the shipment",
    ),
    "inquiries.issue_refund": ("Issue refund", "Refund the buyer in full for {record}{buyer}"),
    "inquiries.provide_refund_info": (
        "Tell of the refund", "Tell the buyer of {record} how they were refunded",
    ),
    "inquiries.escalate": ("Ask eBay to decide", "Ask eBay to decide {record}{buyer}"),
    "inquiries.close": ("Close inquiry", "End {record}"),
    "inquiries.confirm_refund": ("Confirm refund", "Confirm that the refund of {record} arrived"),
    "returns.create": ("Open a return", "Open a return of {record}"),
    "returns.decide": ("Decide", "{decision} on {record}{buyer}"),
    "returns.decide APPROVE": ("Approve return", "Approve {record}{buyer}: the item comes back"),
    "returns.decide DECLINE": ("Decline return", "Decline {record}{buyer}"),
    "returns.decide OFFER_PARTIAL_REFUND": (
        "Offer partial refund", "Offer {amount} as a partial refund for {record}{buyer}",
    ),
    "returns.decide PROVIDE_RMA": ("Provide RMA number", "Give the RMA number for {record}{buyer}"),
    "returns.send_message": ("Send message", "Write to the other party of {record}{buyer}"),
    "returns.mark_as_received": ("Mark as received", "State that the item of {record} came back"),
    "returns.issue_refund": ("Issue refund", "Refund {amount} to the buyer for {record}{buyer}"),
    "returns.escalate": ("Ask eBay to decide", "Ask eBay to decide {record}{buyer}"),
    "returns.file_upload": ("Upload file", "Put the file {file} on {record}"),
    "returns.add_shipping_label": ("Provide label", "{label} for {record}{buyer}"),
    "returns.preferences_set": ("Save", "Set the preferences for all returns: RMA {rma}"),
}  # fmt: skip


def verb(row: Operation, arguments: Mapping[str, Any]) -> str:
    """Return what stands on the button that sends."""
    return _chosen(row, arguments)[0]


def sentence(row: Operation, record: str, arguments: Mapping[str, Any], facts: Facts) -> str:
    """
    Return what the call will do, as a person would say it.

    Examples
    --------
    >>> from postorder_nb.api import client
    >>> from postorder_nb.api.operation import CATALOGUE
    >>> refund = CATALOGUE["returns.issue_refund"]
    >>> sentence(refund, "return 5001", {"amount": "24.90 EUR"}, Facts(row={"buyer": "ann"}))
    'Refund 24.90 EUR to the buyer for return 5001 (buyer ann).'
    """
    buyer = facts.text("buyer")
    file = getattr(arguments.get("data"), "name", None) or arguments.get("file_name") or ""
    words = _chosen(row, arguments)[1].format(
        record=record or "the account",
        buyer=f" (buyer {buyer})" if buyer else "",
        amount=arguments.get("amount") or arguments.get("partial_refund_amount") or "",
        decision=in_words(str(arguments.get("decision", ""))),
        label=in_words(str(arguments.get("label_action", ""))),
        rma="needed" if arguments.get("rma_required") else "not needed",
        file=file,
    )
    return f"{words}." + _quoted(arguments)


def warning(row: Operation) -> str:
    """Return what cannot be undone about the call; empty where another call can set it right."""
    if row.effect is Effect.MONEY:
        return "This moves money, or may move it. It cannot be taken back."
    return "This is final: no other call undoes it." if row.effect is Effect.FINAL else ""


def _chosen(row: Operation, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """Find the words for the call, or for the decision that it takes."""
    plain = _SAID.get(row.key, (in_words(row.name.upper()), in_words(row.name.upper())))
    return _SAID.get(f"{row.key} {arguments.get('decision', '')}", plain)


def _quoted(arguments: Mapping[str, Any]) -> str:
    """Say the words that the other party will read."""
    words = [arguments.get(name) for name in ("comments", "message", "seller_comments")]
    said = next((word for word in words if word), None)
    if said is None:
        return ""
    return f" They will read: “{said.content if isinstance(said, Text) else said}”"
