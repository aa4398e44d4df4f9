"""Amounts that are never rounded behind your back: a `Decimal` and its currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Self

from .errors import InputError, MixedCurrencyError

# ISO 4217; every currency not named here has two digits.
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
MINOR_UNITS = dict.fromkeys(_NO_DIGITS.split(), 0) | dict.fromkeys(_THREE_DIGITS.split(), 3)
"""The digits of the currencies that have not two."""


def minor_units(currency: str) -> int:
    """
    Return how many digits a currency has after the point (ISO 4217).

    Examples
    --------
    >>> minor_units("USD"), minor_units("JPY"), minor_units("KWD")
    (2, 0, 3)
    """
    return MINOR_UNITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """
    An amount and its currency.

    Parameters
    ----------
    amount : Decimal, int or str
        The amount; a float is refused, because 24.9 is not 24.90 in binary.
    currency : str
        Three capital letters (ISO 4217).

    Raises
    ------
    InputError
        If the amount is a float or no number, or the currency no code.

    Examples
    --------
    >>> Money("24.90", "EUR") + Money("0.10", "EUR")
    Money('25.00', 'EUR')
    >>> str(Money("1200", "JPY"))
    '1200 JPY'
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", _decimal(self.amount))
        code = self.currency
        if not (isinstance(code, str) and len(code) == 3 and code.isascii() and code.isupper()):
            raise InputError(
                f"{code!r} is no currency code", advice='write three capitals, such as "EUR"'
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read ``"24.90 EUR"`` or ``"EUR 24.90"``.

        Examples
        --------
        >>> Money.parse("24.90 EUR")
        Money('24.90', 'EUR')
        """
        first, _, second = text.strip().partition(" ")
        if first.isalpha():
            first, second = second, first
        return cls(_decimal(first.strip()), second.strip())

    def rounded(self) -> Self:
        """Return the amount in the currency's minor unit, halves away from zero."""
        step = Decimal(1).scaleb(-minor_units(self.currency))
        return type(self)(self.amount.quantize(step, ROUND_HALF_UP), self.currency)

    def __add__(self, other: Money) -> Self:
        return type(self)(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Self:
        return type(self)(self.amount - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __repr__(self) -> str:
        return f"Money('{self.amount}', '{self.currency}')"

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise MixedCurrencyError(
                f"{self} and {other} are of different currencies",
                advice="keep currencies apart, or convert one of them first",
            )
        return other.amount


def _decimal(value: object) -> Decimal:
    if isinstance(value, float):
        raise InputError(
            f"an amount may not be a float ({value!r})", advice=f'write Decimal("{value}")'
        )
    try:
        amount = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        comma = str(value).replace(",", ".")
        raise InputError(
            f"{value!r} is no amount", advice=f'use a point for decimals: "{comma}"'
        ) from None
    if not amount.is_finite():
        raise InputError(f"{value!r} is no amount", advice='write a number such as "24.90"')
    return amount
