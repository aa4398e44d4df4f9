"""The small shapes all answers are made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ..records import Buyer, Event, Money, Movement, Record

Json = dict[str, Any]


def amount(money: Money, *, text: bool = False) -> Json:
    """Return an ``Amount``; `text` writes its value as text, as two of the searches do."""
    answer: Json = {"value": str(money.amount) if text else float(money.amount)}
    if money.currency:
        answer["currency"] = money.currency
    if money.origin:
        answer["convertedFromValue"] = float(money.origin.amount)
        answer["convertedFromCurrency"] = money.origin.currency
        answer["exchangeRate"] = str(money.rate)
    return answer


def optional_amount(money: Money | None) -> Json | None:
    """Return an ``Amount``, or None."""
    return amount(money) if money else None


def moment(at: datetime) -> Json:
    """Return a ``DateTime``: UTC with milliseconds and a Z."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return {"value": text.removesuffix("+00:00") + "Z"}


def optional_moment(at: datetime | None) -> Json | None:
    """Return a ``DateTime``, or None."""
    return moment(at) if at else None


def present(**fields: Any) -> Json:
    """Leave out what is None."""
    return {name: value for name, value in fields.items() if value is not None}


def party(buyer: Buyer) -> Json:
    """Return a name with its address."""
    return {
        "name": buyer.name,
        "address": {
            "addressLine1": buyer.street,
            "city": buyer.city,
            "stateOrProvince": buyer.region,
            "postalCode": buyer.postcode,
            "country": buyer.country,
        },
    }


SELLER_ADDRESS: Json = {
    "name": "Tidy Harbor Outlet",
    "address": {
        "addressLine1": "12 Harbor Road",
        "city": "Portland",
        "stateOrProvince": "OR",
        "postalCode": "97201",
        "country": "US",
    },
}


def funding(move: Movement) -> Json | None:
    """Return where the money came from."""
    return _source(move.source, move.brand) if move.source else None


def _source(kind: str, brand: str | None) -> Json:
    return present(type=kind, brand=brand, memo="4242" if brand else None)


def movement(move: Movement, *, paid_by: bool) -> Json:
    """Return one ``moneyMovementInfo`` entry; returns also say who paid it, by which id."""
    return present(
        moneyMovementType=move.type,
        status=move.status,
        requestedAmount=amount(move.requested),
        actualAmount=optional_amount(move.actual),
        creationDate=moment(move.created_at),
        paymentProvider=move.provider if paid_by else None,
        externalPaymentId=move.external_id if paid_by else None,
    )


def head(record: Record, kind: str) -> Json:
    """Return what an inquiry or a case is about, and between whom."""
    return {
        f"{kind}Id": record.id,
        "itemId": record.item.item_id,
        "transactionId": record.order.transaction_id,
        "buyer": record.buyer.login,
        "seller": record.seller,
    }


def recoup(record: Record) -> Json | None:
    """Return what eBay takes back from the seller for a refund it has paid."""
    if record.recoup is None:
        return None
    return present(amountToRecoup=amount(record.recoup), payoutId=record.payout_id)


def fundings(record: Record) -> list[Json] | None:
    """Return what the seller's charge was taken from."""
    if record.net_charge is None:
        return None
    return [
        {
            "amount": amount(part.amount),
            "date": moment(part.at),
            "fundingSource": _source(part.type, part.brand),
            "fundingStatus": "FUNDED",
        }
        for part in record.fundings
    ]


def refunded(record: Record, given: Json | None = None, **more: Any) -> Json:
    """
    Return what became of the refund of a return or a cancellation.

    `given` is what stands beside the total, if the money has moved; None if it has not.
    """
    return present(
        refundStatus=record.refund_status,
        refundIssuedDate=optional_moment(record.refunded_at),
        actualRefund=None
        if given is None
        else given
        | present(
            totalAmount=optional_amount(record.refund),
            feeCreditAmount=optional_amount(record.fee_credit),
            donationAmount=optional_amount(record.donation),
        ),
        netChargeAmount=optional_amount(record.net_charge),
        outstandingAmount=optional_amount(record.outstanding),
        fundings=fundings(record),
        **more,
    )


def provisional(record: Record) -> Json:
    """Tell whether eBay paid the buyer ahead of the outcome, and took it back."""
    paid = [move.status for move in record.movements if move.type == "BUYER_PAYOUT"]
    return {"refundProvided": bool(paid), "refundReversed": "REVERSED" in paid}


def claim_history(
    events: Iterable[Event], movements: list[Movement], charge: Money | None
) -> list[Json]:
    """
    Return the history of an inquiry or a case.

    A line at which money moved carries the movements, in what the seller is charged.
    """
    lines = []
    for event in events:
        entries = [
            present(
                type=move.type,
                amount=amount(charge if charge and _charged(move) else move.requested),
                date=moment(event.at),
                fundingSource=funding(move),
                fundingStatus="FUNDED" if move.status == "SUCCESS" else move.status,
            )
            for move in movements
            if (move.settled_at or move.created_at) == event.at
        ]
        lines.append(
            {
                "date": moment(event.at),
                "action": event.activity,
                "actor": event.actor,
                "description": event.notes or "",
                "moneyMovement": {"moneyMovementEntryList": entries} if entries else None,
            }
        )
    return lines


def _charged(move: Movement) -> bool:
    return move.type == "REFUND" and move.status == "SUCCESS"
