"""Amounts in requests: exact, in whole minor units, and never without their currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from ..enums import RefundFeeType
from ..errors import InputError, MixedCurrencyError
from ..money import Money
from .fields import Field, misfit, one_of


def amount(value: object) -> Money:
    """
    Check an amount, and write it with all the digits of its currency.

    Parameters
    ----------
    value : Money or str
        The amount; as text with its currency.

    Raises
    ------
    InputError
        If it is a float, has no currency, is not above zero, or has more digits than its currency.

    Examples
    --------
    >>> amount("24.9 EUR")
    Money('24.90', 'EUR')
    """
    if isinstance(value, bool | int | float) or not isinstance(value, Money | str):
        kind = "is a float, and a float is no exact amount" if isinstance(value, float) else ""
        raise InputError(
            f"{value!r} {kind or 'has no currency'}",
            advice=f'write Money("{value}", "EUR") or "{value} EUR", with the right currency',
        )
    money = Money.parse(value) if isinstance(value, str) else value
    rounded = money.rounded()
    if rounded.amount != money.amount:
        raise InputError(
            f"{money} has more digits than {money.currency} has", advice=f'write "{rounded}"'
        )
    if rounded.amount <= 0:
        raise InputError(f"{money} is not above zero", advice="pass the amount without a sign")
    return rounded


_fee = one_of(RefundFeeType, "RESTOCKING_FEE")


def _lines(value: object) -> dict[str, Money]:
    if not isinstance(value, Mapping) or not value:
        raise InputError(
            f"{value!r} are no refund lines",
            advice='write {"PURCHASE_PRICE": "19.95 USD", "ORIGINAL_SHIPPING": "4.25 USD"}',
        )
    return {_fee(fee): amount(part) for fee, part in value.items()}


def on_wire(value: Money | str | None) -> dict[str, Any] | None:
    """
    Write an amount the way bodies have it, the number as `Decimal`.

    Examples
    --------
    >>> on_wire("24.90 EUR")
    {'value': Decimal('24.90'), 'currency': 'EUR'}
    """
    if value is None:
        return None
    money = amount(value)
    return {"value": money.amount, "currency": money.currency}


def refund(
    total: Money | str,
    fee: RefundFeeType | str,
    lines: Mapping[RefundFeeType, Money | str] | Mapping[str, Money | str] | None,
) -> dict[str, Any]:
    """
    Write a refund and its lines.

    Parameters
    ----------
    total : Money or str
        What the buyer gets.
    fee : str
        What it is for, where it is for one thing.
    lines : mapping, optional
        What it is for, where it is for several things.

    Raises
    ------
    InputError
        If the lines do not sum to the total, or `fee` is named beside them.
    MixedCurrencyError
        If the lines and the total are not of one currency.
    """
    whole = amount(total)
    if lines and fee != RefundFeeType.PURCHASE_PRICE:
        words = "fee and lines exclude each other"
        raise misfit("fee", "a refund of one thing", words, "leave fee out")
    parts = _lines(lines) if lines else {_fee(fee): whole}
    currencies = sorted({whole.currency, *(part.currency for part in parts.values())})
    if len(currencies) > 1:
        raise MixedCurrencyError(
            f"the refund is in {' and '.join(currencies)}",
            advice="write all lines and the amount in the currency of the order",
        )
    found = sum((part.amount for part in parts.values()), start=Decimal(0))
    if found != whole.amount:
        raise InputError(
            f"the lines sum to {found} {whole.currency}, not to {whole}",
            advice="correct the amount or the lines; eBay refuses a refund that does not add up",
        )
    return {
        "totalAmount": on_wire(whole),
        "itemizedRefundDetail": [
            {"refundFeeType": name, "refundAmount": on_wire(part)} for name, part in parts.items()
        ],
    }


Amount = Annotated[Money | str, Field("Amount", amount, 'such as "24.90 EUR"')]
RefundFee = Annotated[RefundFeeType | str, Field("Refund for", _fee)]
RefundLines = Annotated[
    Mapping[RefundFeeType, Money | str] | Mapping[str, Money | str],
    Field("Refund lines", _lines, "what the refund is for, each with its amount"),
]
