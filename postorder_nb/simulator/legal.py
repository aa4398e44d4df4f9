"""Who may do what in which state of a return, and which state belongs to which group."""

from __future__ import annotations

from datetime import datetime

from .records import Return

_BUYER_WRITES = ("BUYER_SEND_MESSAGE", "SUBMIT_FILE")

SELLER_OPTIONS: dict[str, tuple[str, ...]] = {
    "RETURN_REQUESTED": ("SELLER_APPROVE_REQUEST", "SELLER_DECLINE_REQUEST", "SELLER_ISSUE_REFUND",
                         "SELLER_OFFER_PARTIAL_REFUND", "SELLER_SEND_MESSAGE"),
    "RETURN_REQUEST_TIMEOUT": ("SELLER_APPROVE_REQUEST", "SELLER_DECLINE_REQUEST",
                               "SELLER_ISSUE_REFUND", "SELLER_OFFER_PARTIAL_REFUND",
                               "SELLER_SEND_MESSAGE"),
    "RMA_PENDING": ("SELLER_PROVIDE_RMA", "SELLER_ISSUE_REFUND"),
    "RETURN_LABEL_REQUESTED": ("SELLER_PROVIDE_LABEL", "SELLER_SEND_MESSAGE"),
    "RETURN_LABEL_REQUESTED_TIMEOUT": ("SELLER_PROVIDE_LABEL", "SELLER_SEND_MESSAGE"),
    "RETURN_LABEL_PENDING": ("SELLER_PROVIDE_LABEL", "SELLER_PRINT_SHIPPING_LABEL",
                             "SELLER_ISSUE_REFUND", "SELLER_OFFER_PARTIAL_REFUND",
                             "SELLER_SEND_MESSAGE"),
    "RETURN_LABEL_PENDING_TIMEOUT": ("SELLER_PROVIDE_LABEL", "SELLER_ISSUE_REFUND",
                                     "SELLER_SEND_MESSAGE"),
    "ITEM_READY_TO_SHIP": ("SELLER_ISSUE_REFUND", "SELLER_OFFER_PARTIAL_REFUND",
                           "SELLER_MARK_AS_RECEIVED", "SELLER_VOID_LABEL", "SELLER_SEND_MESSAGE"),
    "ITEM_SHIPPED": ("SELLER_MARK_AS_RECEIVED", "SELLER_ISSUE_REFUND",
                     "SELLER_OFFER_PARTIAL_REFUND", "SELLER_SEND_MESSAGE"),
    "ITEM_DELIVERED": ("SELLER_ISSUE_REFUND", "SELLER_OFFER_PARTIAL_REFUND",
                       "SELLER_MARK_AS_RECEIVED", "SELLER_ESCALATE", "SELLER_SEND_MESSAGE"),
    "REFUND_TIMEOUT": ("SELLER_ISSUE_REFUND", "SELLER_SEND_MESSAGE"),
    "REFUND_FAILED": ("SELLER_RETRY_REFUND", "SELLER_SEND_MESSAGE"),
    "PARTIAL_REFUND_FAILED": ("SELLER_RETRY_REFUND", "SELLER_SEND_MESSAGE"),
    "PARTIAL_REFUND_REQUESTED": ("SELLER_ISSUE_REFUND", "SELLER_SEND_MESSAGE"),
    "PARTIAL_REFUND_DECLINED": ("SELLER_APPROVE_REQUEST", "SELLER_ISSUE_REFUND",
                                "SELLER_SEND_MESSAGE"),
    "LESS_THAN_A_FULL_REFUND_ISSUED": ("SELLER_SEND_MESSAGE",),
    "RETURN_REJECTED": ("SELLER_SEND_MESSAGE",),
    "CLOSED": ("OTHER",),
}  # fmt: skip

BUYER_OPTIONS: dict[str, tuple[str, ...]] = {
    "RETURN_REQUESTED": ("BUYER_CLOSE_RETURN", *_BUYER_WRITES),
    "RETURN_REQUEST_TIMEOUT": ("BUYER_ESCALATE", "BUYER_CLOSE_RETURN", *_BUYER_WRITES),
    "RMA_PENDING": ("BUYER_CLOSE_RETURN",),
    "RETURN_LABEL_REQUESTED": ("BUYER_CLOSE_RETURN", "BUYER_SEND_MESSAGE"),
    "RETURN_LABEL_REQUESTED_TIMEOUT": ("BUYER_CLOSE_RETURN", "BUYER_SEND_MESSAGE"),
    "RETURN_LABEL_PENDING": ("BUYER_CLOSE_RETURN", "BUYER_SEND_MESSAGE"),
    "RETURN_LABEL_PENDING_TIMEOUT": ("BUYER_ESCALATE", "BUYER_CLOSE_RETURN", "BUYER_SEND_MESSAGE"),
    "ITEM_READY_TO_SHIP": ("BUYER_PRINT_SHIPPING_LABEL", "BUYER_PROVIDE_TRACKING_INFO",
                           "BUYER_CLOSE_RETURN", "BUYER_SEND_MESSAGE"),
    "ITEM_SHIPPED": ("BUYER_UPDATE_TRACKING", "BUYER_SEND_MESSAGE"),
    "ITEM_DELIVERED": ("BUYER_SEND_MESSAGE",),
    "REFUND_TIMEOUT": ("BUYER_ESCALATE", "BUYER_SEND_MESSAGE"),
    "REFUND_FAILED": ("BUYER_ESCALATE",),
    "PARTIAL_REFUND_REQUESTED": ("BUYER_ACCEPTS_PARTIAL_REFUND", "BUYER_DECLINE_PARTIAL_REFUND",
                                 "BUYER_SEND_MESSAGE"),
    "PARTIAL_REFUND_DECLINED": ("BUYER_ESCALATE", "BUYER_CLOSE_RETURN"),
    "LESS_THAN_A_FULL_REFUND_ISSUED": ("BUYER_ESCALATE", "BUYER_CLOSE_RETURN"),
    "RETURN_REJECTED": ("BUYER_ESCALATE", "BUYER_CLOSE_RETURN"),
}  # fmt: skip

MAY_ESCALATE = frozenset(
    {
        "RETURN_REQUESTED", "RETURN_REQUEST_TIMEOUT", "RETURN_LABEL_PENDING_TIMEOUT",
        "ITEM_SHIPPED", "ITEM_DELIVERED", "REFUND_TIMEOUT", "PARTIAL_REFUND_DECLINED",
        "LESS_THAN_A_FULL_REFUND_ISSUED", "RETURN_REJECTED", "REFUND_FAILED",
    }
)  # fmt: skip

SELLER_TURN = frozenset(
    {
        "RETURN_REQUESTED", "RETURN_REQUEST_TIMEOUT", "RMA_PENDING", "RETURN_LABEL_PENDING",
        "RETURN_LABEL_PENDING_TIMEOUT", "RETURN_LABEL_REQUESTED",
        "RETURN_LABEL_REQUESTED_TIMEOUT", "ITEM_DELIVERED", "REFUND_TIMEOUT", "REFUND_FAILED",
        "PARTIAL_REFUND_FAILED", "PARTIAL_REFUND_DECLINED",
    }
)  # fmt: skip

GROUPS = (
    "ALL_OPEN", "ALL_OPEN_RETURN", "ALL_OPEN_REPLACEMENT", "RETURN_STARTED", "ITEM_SHIPPED",
    "ITEM_DELIVERED", "CLOSED", "SELLER_ACTION_DUE", "SELLER_ACTION_OVERDUE", "SELLER_NO_ACTION",
    "EBAY_PLUS",
)  # fmt: skip
_SHIPPED = frozenset({"ITEM_SHIPPED"})
_DELIVERED = frozenset(
    {"ITEM_DELIVERED", "REFUND_SENT_PENDING_CONFIRMATION", "REFUND_TIMEOUT", "REFUND_FAILED",
     "AUTO_REFUND_INITIATED", "PAYOUT_INITIATED", "REFUND_AS_PAYOUT_INITIATED"}
)  # fmt: skip


def offered(record: Return) -> bool:
    """Tell whether the seller has offered a part of the money before."""
    return any(line.activity == "SELLER_OFFER_PARTIAL_REFUND" for line in record.history)


def options(record: Return) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the seller and the buyer may do now; nothing while eBay decides."""
    if record.status == "ESCALATED":
        return (), ()
    seller = SELLER_OPTIONS.get(record.state, ())
    taken = set()
    if record.reason_type == "SNAD":
        taken.add("SELLER_DECLINE_REQUEST")
    if "SELLER_OFFER_PARTIAL_REFUND" in seller and offered(record):
        taken.add("SELLER_OFFER_PARTIAL_REFUND")
    if not (record.ebay_label and any(parcel.active for parcel in record.shipments)):
        taken.add("SELLER_VOID_LABEL")
    seller = tuple(option for option in seller if option not in taken)
    return seller, BUYER_OPTIONS.get(record.state, ())


def may_escalate(record: Return, now: datetime) -> tuple[bool, bool]:
    """Tell whether the buyer and the seller may ask eBay in."""
    if not record.open or record.status == "ESCALATED" or record.escalate_from is None:
        return False, False
    inside = record.escalate_from <= now <= max(record.escalate_until, record.escalate_from)
    may = inside and record.state in MAY_ESCALATE
    return may, may


def groups(record: Return, now: datetime) -> tuple[str, ...]:
    """
    Return the groups of the ``return_state`` filter a return is in.

    The three groups of the seller's action share out the open returns: due while there is time,
    overdue after it, none when it is not the seller's turn.
    """
    if not record.open:
        return ("CLOSED",)
    state = record.state
    if state in _DELIVERED:
        step = "ITEM_DELIVERED"
    else:
        step = "ITEM_SHIPPED" if state in _SHIPPED else "RETURN_STARTED"
    due = record.seller_due.at if record.seller_due else None
    if state not in SELLER_TURN or record.status == "ESCALATED" or due is None:
        action = "SELLER_NO_ACTION"
    else:
        action = "SELLER_ACTION_DUE" if now <= due else "SELLER_ACTION_OVERDUE"
    return ("ALL_OPEN", "ALL_OPEN_RETURN", step, action)
