"""
How answers looked over the years: one truth, one drawing, and what was spelled otherwise before.

`postorder_nb.simulator.wire` draws records as they look today. A dialect is a release of the API;
the tables below say per release which fields and words were not there yet, which had another
name, and what else was different. 1 stands for the surface of 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from .records import Cancellation, Case, Inquiry, Record, Return

Json = dict[str, Any]
Release = tuple[int, ...]
Edit = Callable[[Json, Record, Release], None]

FIRST: Release = (1,)
TODAY: Release = (2, 10)
#: ``2026-ids`` is what developers are told to whom eBay does not give the names of US users.
DIALECTS: dict[str, Release] = {
    "2015": (2, 0), "2020": (2, 7, 1), "2026": TODAY, "2026-ids": TODAY,
}  # fmt: skip

KINDS: dict[type[Record], str] = {
    Return: "return", Inquiry: "inquiry", Case: "case", Cancellation: "cancellation",
}  # fmt: skip

# release, kinds, fields that came with it
FIELDS = (
    ("2.2", "return", "holdTransactionId"),
    ("2.4", "return", "relistStatus relistedItemId"),
    ("2.5", "return", "orderId reasonType timeoutDate returnCloseDate payoutRecoupInfo secureUrl "
                      "keepOriginalItem refundDeductionType"),
    ("2.5", "cancellation", "buyerLoginName sellerLoginName partialOrderType payoutRecoupInfo "
                            "moneyMovementInfo lineItems"),
    ("2.6", "cancellation", "refundInfo"),
    ("2.6", "return", "fundings outstandingAmount"),
    ("2.6", "inquiry case", "fundingSource fundingStatus"),
    ("2.7", "return inquiry case cancellation", "feeCreditAmount netChargeAmount exchangeRate "
                                                "refundChargeAmount appealRefundAmount"),
    ("2.7.6", "return inquiry case", "returnContentOnHold inquiryContentOnHold caseContentOnHold "
                                     "itemOnHold"),
    ("2.7.7", "return inquiry case cancellation", "donationAmount"),
    ("2.10", "return inquiry", "provisionalRefund resolutionEstimate"),
)  # fmt: skip

# release, the fields that hold the word, the word that came with it, what was said before
_STATES, _ACTS = "state fromState toState", "activity activityDue actionType"
WORDS = (
    ("2.5", "paymentStatus", "ONLINE_PAID", "PAYPAL_PAID"),
    ("2.5", "cancelReason", "BUYER_ASKED_CANCEL", "BUYER_CANCEL_OR_ADDRESS_ISSUE"),
    ("2.5", "cancelReason", "ADDRESS_ISSUES", "BUYER_CANCEL_OR_ADDRESS_ISSUE"),
    ("2.5", "cancelReason", "ORDER_UNPAID", "OTHER"),
    ("2.5", _STATES, "ITEM_READY_TO_SHIP", "RETURN_ACCEPTED"),
    ("2.5", _STATES, "REFUND_FAILED", "UNKNOWN"),
    ("2.5", _STATES, "REFUND_AS_PAYOUT_INITIATED", "UNKNOWN"),
    ("2.5", _STATES, "PARTIAL_REFUND_AS_PAYOUT_INITIATED", "UNKNOWN"),
    ("2.5", _ACTS, "SELLER_RETRY_REFUND", "SELLER_ISSUE_REFUND"),
    ("2.5", _ACTS, "SYSTEM_BUYER_REFUND_AS_PAYOUT", "OTHER"),
    ("2.5", _ACTS, "SYSTEM_BUYER_PARTIAL_REFUND_AS_PAYOUT", "OTHER"),
    ("2.5", _ACTS, "SYSTEM_IMMEDIATE_REFUND", "OTHER"),
    ("2.5", _ACTS, "TIME_OUT_AFTER_REFUNDED_AS_PAYOUT", "TIME_OUT_AFTER_REFUNDED"),
    ("2.5", _ACTS, "CHARGEBACK_OPEN", "OTHER"),
    ("2.5", "returnCloseReason", "CHARGEBACK_DISPUTE_FILED", "OTHER"),
    ("2.5", "cancelCloseReason", "CHARGEBACK_DISPUTE_FILED", "UNKNOWN"),
    ("2.5", "cancelCloseReason", "FULL_REFUNDED_T2_ONLY", "FULL_REFUNDED"),
    ("2.5", "cancelCloseReason", "FULL_REFUNDED_T2_FAILED", "FULL_REFUNDED"),
    ("2.5", "returnCloseReason", "BUYER_REFUND_AS_PAYOUT", "BUYER_PAYOUT"),
    ("2.5", "returnCloseReason", "BUYER_PARTIAL_REFUND_AS_PAYOUT", "BUYER_PAYOUT"),
    ("2.5", "returnCloseReason", "LVT_IMMEDIATE_REFUND", "OTHER"),
    ("2.5", "buyerCloseReason", "CHARGE_BACK_OPENED", "OTHER"),
    ("2.5", "moneyMovementType", "RECOUP_FROM_SELLER_T1", "UNKNOWN"),
    ("2.5", "escalateReason", "RECEIVED_WRONG_ITEM", "OTHER"),
    ("2.5", "escalateReason", "NEW_ITEM_NOT_RECEIVED", "ITEM_NOT_RECEIVED"),
    ("2.5", "activityType", "SYSTEM_CHARGEBACK_OPENED", "UNKNOWN"),
    ("2.5", "activityType", "SYSTEM_NOTIFY_PAYOUT_STATUS", "SYSTEM_REFUND"),
    ("2.5", "activityType", "SYSTEM_PAYOUT", "SYSTEM_REFUND"),
    ("2.5", "activityType", "SYSTEM_TIMEOUT_FOR_NOTIFY_REFUND_STATUS", "UNKNOWN"),
    ("2.5", "activityType", "SYSTEM_TIMEOUT_FOR_NOTIFY_PAYOUT_STATUS", "UNKNOWN"),
    ("2.5", "refundFeeType", "ITEM_TAX", "OTHER"),
    ("2.5", "refundFeeType", "SHIPPING_TAX", "OTHER"),
    ("2.5", "status", "REVERSED", "UNKNOWN"),
    ("2.5", "status", "TIMEDOUT", "UNKNOWN"),
    ("2.6", "cancelCloseReason", "SELLER_CANCEL_UNPAID", "SELLER_APPROVE_UNPAID"),
    ("2.6", "cancelCloseReason", "FULL_REFUNDED_AS_PAYOUT", "FULL_REFUNDED"),
    ("2.6", "cancelCloseReason", "PAYOUT_FAILED", "UNKNOWN"),
    ("2.7.4", "reason", "DOES_NOT_FIT", "WRONG_SIZE"),
    ("2.7.4", "reason", "CUSTOMIZED", "OTHER"),
    ("2.7.4", "reason", "MISCATEGORIZED", "OTHER"),
    ("2.7.7", "escalateReason", "RECEIVED_EMPTY_BOX", "OTHER"),
    ("2.7.7", "escalateReason", "RESOLVED_WITH_BUYER", "OTHER"),
    ("2.8", _ACTS, "EBAY_RULE_AUTO_APPROVE", "SELLER_APPROVE_REQUEST"),
    ("2.8", _ACTS, "SYSTEM_INITIATED_REFUND", "OTHER"),
    ("2.8", _ACTS, "SYSTEM_SELLER_CHARGE", "OTHER"),
    ("2.8", _ACTS, "TIME_OUT_FOR_AUTHENTICATION", "OTHER"),
    ("2.8", "reason", "WITHDRAW_FROM_PURCHASE_CONTRACT", "NO_REASON"),
    ("2.8", "escalateReason", "ESCALATED_BY_EBAY", "OTHER"),
)  # fmt: skip

# kinds, today's name, the name it had, since which release, up to which (without it)
NAMES = (
    ("return", "rmaRequired", "RMARequired", "2.0", "2.3"),
    ("return", "rmaRequired", "rmarequired", "2.5", "2.8"),
    ("return", "fileName", "fielName", "2.5", "2.7.7"),
    ("return", "updatedTrackingNumber", "trackingNumber", "1", "2.5"),
    ("cancellation", "stateFrom", "cancelStateFrom", "1", "2.8"),
    ("cancellation", "stateTo", "cancelStatetateTo", "1", "2.8"),
    ("cancellation", "cancelQuantity", "cancelQuanity", "2.5", "2.7.7"),
    ("return", "returnId", "id", "1", "2"),
    ("return", "caseId", "claimId", "1", "2"),
    ("return", "RMANumber", "returnMerchandiseAuthorization", "1", "2"),
    ("inquiry", "inquiryId", "id", "1", "2"),
    ("case", "caseId", "id", "1", "2"),
    ("cancellation", "cancelId", "id", "1", "2"),
    ("cancellation", "legacyOrderId", "orderId", "1", "2"),
    ("return inquiry case cancellation", "currency", "currencyId", "1", "2"),
)

# Codes that 2014 wrote in camel case.
CAMEL = frozenset(
    {
        "state", "status", "fromState", "toState", "cancelState", "cancelStatus",
        "cancelStateFrom", "cancelStatetateTo", "returnCloseReason", "buyerCloseReason",
        "cancelCloseReason", "sellerClosureReason", "buyerClosureReason",
    }
)  # fmt: skip


def release(text: str) -> Release:
    """Read the number of a release."""
    return tuple(int(part) for part in text.split("."))


class Then:
    """What was different at one release for one kind of record, read off the tables."""

    def __init__(self, at: Release, kind: str) -> None:
        self.lacks = {
            name
            for since, kinds, names in FIELDS
            if at < release(since) and kind in kinds.split()
            for name in names.split()
        }
        self.names = {
            today: name
            for kinds, today, name, since, until in NAMES
            if release(since) <= at < release(until) and kind in kinds.split()
        }
        self.words: dict[str, dict[str, str]] = {}
        for since, fields, word, before in WORDS:
            if at < release(since):
                for field in fields.split():
                    self.words.setdefault(field, {})[word] = before
        self.bare = at < (2,)

    def tell(self, value: Any, field: str = "") -> Any:
        """Return a copy of `value` as it was told then."""
        if type(value) is dict:
            if self.bare and (flat := _flat(value)) is not None:
                return flat
            return {
                self.names.get(name, name): self.tell(inner, name)
                for name, inner in value.items()
                if name not in self.lacks
            }
        if type(value) is list:
            return [self.tell(inner, field) for inner in value]
        if type(value) is str and field in self.words:
            value = self.words[field].get(value, value)
        if type(value) is str and self.bare and self.names.get(field, field) in CAMEL:
            return camel(value)
        return value


def _flat(value: Json) -> Any:
    """Return a moment as milliseconds and a text as itself, as 2014 wrote them; else None."""
    if value.keys() == {"value"}:
        return round(datetime.fromisoformat(value["value"]).timestamp() * 1000)
    return value["content"] if value.keys() == {"content"} else None


def camel(name: str) -> str:
    """
    Write an enum's word as a name in camel case.

    Examples
    --------
    >>> camel("RETURN_LABEL_PENDING")
    'returnLabelPending'
    """
    first, *rest = name.lower().split("_")
    return first + "".join(part.title() for part in rest)


@cache
def _then(at: Release, kind: str) -> Then:
    return Then(at, kind)


def told(tree: Json, record: Record, at: Release, *, ids: bool = False) -> Json:
    """
    Return `tree`, which is drawn of a record, as release `at` told it; today's is not copied.

    With `ids` the buyers in the US have ids instead of names.
    """
    if ids:
        tree = copied(tree)
        _with_user_ids(tree, record)
    if at >= TODAY:
        return tree
    kind = KINDS[type(record)]
    tree = _edited(copied(tree), kind, record, at)
    answer: Json = _then(at, kind).tell(tree)
    return answer


def copied(tree: Any) -> Any:
    """Return a deep copy of what is drawn."""
    if type(tree) is dict:
        return {name: copied(value) for name, value in tree.items()}
    return [copied(value) for value in tree] if type(tree) is list else tree


def _edited(tree: Json, kind: str, record: Record, at: Release) -> Json:
    for until, kinds, edit in EDITS:
        if at < release(until) and kind in kinds.split():
            edit(tree, record, at)
    return tree


# -- differences that are more than a name --------------------------------------------------------


def by_paypal(record: Record, at: Release) -> bool:
    """Tell whether the buyer paid through PayPal: all did once, later those of some sellers."""
    return record.order.paid and (at < (2, 5) or int(record.transaction_id) // 7 % 2 == 0)


def _paypal(tree: Json, record: Record, at: Release) -> None:
    if not by_paypal(record, at):
        return
    payment = sha256(record.transaction_id.encode()).hexdigest()[:17].upper()
    root = tree.get("cancelDetail", tree)
    if "paymentStatus" in root:
        root["paymentStatus"] = "PAYPAL_PAID"
    if "extTransactionId" in root:
        root["extTransactionId"] = payment
    if "caseDetails" in root:
        root["caseDetails"]["paypalPaid"] = True
    for line in root.get("activityHistories", []):
        if line["activityType"] == "SYSTEM_NOTIFY_REFUND_STATUS":
            line["activityType"] = "SYSTEM_NOTIFYPP_REFUND"
    for move in root.get("moneyMovementInfo", []):
        if move["moneyMovementType"] == "SELLER_VOLUNTARY_REFUND":
            partial = record.refund and record.close_reason == "PARTIALLY_REFUNDED"
            refund = "PAYPAL_PARTIAL_REFUND" if partial else "PAYPAL_REFUND"
            move["moneyMovementType"] = "PAYPAL_REFUND" if "cancelId" in root else refund
        if "paymentProvider" in move:
            move["paymentProvider"] = "PAYPAL"
    for detail in _places(root, "refundInfo.actualRefundDetail"):
        detail.pop("fundings", None)


def _places(tree: Json, path: str) -> Iterator[Json]:
    """Yield the object at a dotted path, if there is one."""
    here: Any = tree
    for name in path.split("."):
        here = here.get(name)
        if type(here) is not dict:
            return
    yield here


def _payment_link(tree: Json, record: Record, at: Release) -> None:
    if "inquiryDetails" in tree and by_paypal(record, at):
        tree["viewPPTrasanctionUrl"] = (
            "https://payments.ebay.com/ws/eBayISAPI.dll?UnifiedCheckoutSummaryRedirect2PP"
            f"&buyerorseller=0&itemid={record.item_id}&transid={record.transaction_id}"
        )


def _long_order_id(tree: Json, record: Record, at: Release) -> None:
    tree.get("cancelDetail", tree)["legacyOrderId"] = long_id(record)


def long_id(record: Record) -> str:
    """Return the order id of old: item id and transaction id."""
    return f"{record.item_id}-{record.transaction_id}"


def _flat_line(tree: Json, record: Record, at: Release) -> None:
    if "cancelDetail" in tree:
        tree["cancelDetail"] |= {"itemId": record.item_id, "transactionId": record.transaction_id}


def _no_reason_of_buyers(tree: Json, record: Record, at: Release) -> None:
    root = tree.get("cancelDetail", tree)
    if root["requestorType"] == "BUYER":
        root.pop("cancelReason", None)


def _unmasked(tree: Json, record: Record, at: Release) -> None:
    """Show what is on hold, which nothing was before."""
    for place in ("itemDetail", "itemDetails", "creationInfo.item"):
        for item in _places(tree, place):
            if "itemTitle" in item:
                item["itemTitle"] = record.item.title
            for picture in ("itemPicUrl", "itemPictureUrl"):
                if picture in item:
                    item[picture] = f"https://i.ebayimg.com/{record.item_id}.jpg"


def _fee_moves(tree: Json, record: Record, at: Release) -> None:
    """Leave out the movements of credited fees and gifts, which were told of later."""
    if "moneyMovementInfo" in tree:
        later = {"DONATION"} if at >= (2, 7) else {
            "DONATION", "REFUND_FINAL_VALUE_FEE_P20", "REFUND_PROMOTED_LISTING_FEE",
        }  # fmt: skip
        moves = tree["moneyMovementInfo"]
        tree["moneyMovementInfo"] = [m for m in moves if m["moneyMovementType"] not in later]


def user_id(login: str) -> str:
    """Return the id of a user that stays when the name changes."""
    return f"{int.from_bytes(sha256(login.encode()).digest()[:7]) + 36**10:x}"


def _with_user_ids(tree: Json, record: Record) -> None:
    """Show the id of a buyer in the US where the name stood."""
    root = tree.get("cancelDetail", tree)
    for field in ("buyerLoginName", "buyer"):
        if field in root and record.buyer.country == "US":
            root[field] = user_id(record.buyer.login)


# up to which release (without it), kinds, what was different
EDITS: tuple[tuple[str, str, Edit], ...] = (
    ("2.5", "cancellation", _long_order_id),
    ("2.5", "cancellation", _flat_line),
    ("2.5", "cancellation", _no_reason_of_buyers),
    ("2.7.6", "return inquiry", _unmasked),
    ("2.7.7", "return", _fee_moves),
    ("2.8", "return inquiry case cancellation", _paypal),
    ("2.8", "inquiry", _payment_link),
)


def page(answer: Json, members: str, at: Release) -> Json:
    """Return a search page as release `at` told it: the page's number, fewer counts."""
    if at >= (2, 5):
        return answer
    paging: Mapping[str, int] | None = answer.get("paginationOutput")
    counts = answer.pop("countSummary", None)
    if members == "members":
        answer.pop("total", None)
    if counts is not None:
        answer["countSummary"] = [
            row for row in counts if not row["type"].startswith(("SELLER_", "EBAY_"))
        ]
    if paging and ("total" in answer or counts is not None):
        answer["paginationOutput"] = {**paging, "offset": max(1, paging["offset"])}
    return answer
