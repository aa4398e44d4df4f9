"""Money is exact, keeps its currency, and refuses floats."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postorder_nb.errors import InputError, MixedCurrencyError
from postorder_nb.money import Money, minor_units

cents = st.decimals(-(10**9), 10**9, places=2)


@given(cents, cents)
def test_sums_are_exact(a: Decimal, b: Decimal) -> None:
    assert (Money(a, "EUR") + Money(b, "EUR")).amount == a + b
    assert (Money(a, "EUR") - Money(b, "EUR")).amount == a - b
    assert (Money(a, "EUR") < Money(b, "EUR")) == (a < b)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("2.675", "USD", "2.68"),
        ("-2.675", "USD", "-2.68"),
        ("99.5", "JPY", "100"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_rounding_is_to_the_minor_unit(amount: str, currency: str, rounded: str) -> None:
    assert str(Money(amount, currency).rounded()) == f"{rounded} {currency}"


def test_minor_units_of_iso_4217() -> None:
    assert [minor_units(c) for c in ("EUR", "JPY", "KRW", "BHD", "XXX")] == [2, 0, 0, 3, 2]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (24.9, 'write Decimal("24.9")'),
        ("24,90", '"24.90"'),
        ("NaN", "no amount"),
        ("", "no amount"),
    ],
)
def test_what_is_no_amount_is_refused(amount: object, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Money(amount, "EUR")
    assert words in str(caught.value)


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "€", None])
def test_what_is_no_currency_is_refused(currency: object) -> None:
    with pytest.raises(InputError, match="no currency code"):
        Money("1", currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MixedCurrencyError, match=r"1 EUR and 1 USD|1 USD"):
        Money("1", "EUR") + Money("1", "USD")
    with pytest.raises(MixedCurrencyError):
        _ = Money("1", "EUR") < Money("2", "USD")


def test_parsing_both_orders() -> None:
    assert Money.parse("EUR 24.90") == Money.parse(" 24.90 EUR ") == Money("24.90", "EUR")
    assert repr(Money("24.90", "EUR")) == "Money('24.90', 'EUR')"
    assert not Money("0.00", "EUR")
