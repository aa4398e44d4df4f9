"""The simulated shop: what it sells, and who buys."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache

from .odds import Dice
from .records import Buyer, Item, Money, cents
from .texts import PLAIN, Texts

CURRENCY = {"EBAY_US": "USD", "EBAY_GB": "GBP", "EBAY_DE": "EUR"}
COUNTRY = {"EBAY_US": "US", "EBAY_GB": "GB", "EBAY_DE": "DE"}
SITE_ID = {"EBAY_US": 0, "EBAY_GB": 3, "EBAY_DE": 77}
DOMAIN = {"EBAY_US": "ebay.com", "EBAY_GB": "ebay.co.uk", "EBAY_DE": "ebay.de"}
CARRIERS = {
    "EBAY_US": ("USPS", "UPS", "FEDEX"),
    "EBAY_GB": ("ROYAL_MAIL", "HERMES", "PARCEL_FORCE"),
    "EBAY_DE": ("DHL", "HERMES", "DEUTSCHE_POST"),
}

_DOLLARS = {"USD": Decimal(1), "GBP": Decimal("1.28"), "EUR": Decimal("1.09")}

# title, category, how much likelier than usual it comes back
_GOODS: tuple[tuple[str, str, float], ...] = (
    ("Merino Crew Neck Sweater", "Clothing", 1.1),
    ("Slim Fit Stretch Jeans 32x32", "Clothing", 1.5),
    ("Waterproof Hiking Jacket", "Clothing", 1.0),
    ("Men's Oxford Shirt, 3-Pack", "Clothing", 0.9),
    ("Linen Summer Dress", "Clothing", 1.6),
    ('Kids\' Raincoat "Little Duck"', "Clothing", 0.7),
    ("Yoga Leggings High Waist", "Clothing", 1.0),
    ("Wool Beanie & Scarf Set", "Clothing", 0.4),
    ("Trail Running Shoes", "Shoes", 1.4),
    ("Leather Chelsea Boots", "Shoes", 1.3),
    ("Canvas Sneakers Low Top", "Shoes", 1.0),
    ("Felt House Slippers", "Shoes", 0.6),
    ("Bluetooth Earbuds Pro <ANC>", "Electronics", 2.6),
    ("USB-C Charger 65W", "Electronics", 0.9),
    ("Mechanical Keyboard, Brown Switches", "Electronics", 0.8),
    ("Refurbished Tablet 10.1 Inch 64GB", "Electronics", 2.2),
    ("Smart Plug 4-Pack", "Electronics", 0.7),
    ("HD Webcam with Microphone", "Electronics", 1.0),
    ("Portable SSD 1TB", "Electronics", 0.8),
    ("LED Desk Lamp, Dimmable", "Electronics", 0.7),
    ("Brake Pad Set, Front Axle", "Car parts", 1.3),
    ("Oil Filter Kit", "Car parts", 0.6),
    ("Wiper Blades 24/19 Inch", "Car parts", 1.1),
    ("Headlight Bulbs H7, Pair", "Car parts", 0.9),
    ("Roof Rack Cross Bars", "Car parts", 1.2),
    ("Cast Iron Skillet 12 Inch", "Home", 0.5),
    ("Hand-Blown Glass Vase", "Home", 2.4),
    ("Ceramic Dinner Plates, Set of 6", "Home", 1.7),
    ("Memory Foam Pillow", "Home", 0.9),
    ("Cotton Bed Sheets Queen", "Home", 0.7),
    ("Bamboo Cutting Board", "Home", 0.4),
    ("Espresso Cups - Set of 4 ☕", "Home", 0.8),
    ("Large Moving Blanket", "Home", 0.5),
    ("Vintage Wristwatch, Serviced", "Collectibles", 1.5),
    ("Trading Card Booster Box", "Collectibles", 0.8),
    ("Silver Dollar 1921, $1 Coin", "Collectibles", 0.7),
    ("Modellauto Käfer 1:18 - Größe L", "Collectibles", 0.9),
    ("浮世絵 Woodblock Print Reproduction", "Collectibles", 1.0),
    ("Vinyl Record: Café del Mar", "Collectibles", 0.6),
    ("Film Camera 35mm, Tested", "Collectibles", 2.0),
)

_FIRST = (
    "amber", "brisk", "cobalt", "dusty", "eager", "fern", "gilded", "hazel", "ivory", "jolly",
    "keen", "lunar", "mossy", "nimble", "olive", "plum", "quiet", "rusty", "silver", "tidy",
)  # fmt: skip
_SECOND = (
    "anchor", "badger", "cedar", "drum", "ember", "finch", "grove", "harbor", "inlet", "juniper",
    "kettle", "lantern", "maple", "needle", "otter", "pepper", "quill", "ridge", "sparrow",
    "thistle",
)  # fmt: skip
_NAMES = (
    "Alex Moreno", "Bao Nguyen", "Chidi Okafor", "Dana Weiß", "Élodie Martin", "Femi Ade",
    "Greta Lindqvist", "Hiro Tanaka", "Iris O'Neill", "Jürgen Krämer", "Kim Sullivan",
)  # fmt: skip
_PLACES = {
    "US": (("Portland", "OR", "972"), ("Austin", "TX", "787"), ("Columbus", "OH", "432"),
           ("Savannah", "GA", "314"), ("Sacramento", "CA", "958")),
    "GB": (("Leeds", "West Yorkshire", "LS"), ("Cardiff", "Glamorgan", "CF"),
           ("Dundee", "Angus", "DD")),
    "DE": (("Köln", "NW", "506"), ("Leipzig", "SN", "041"), ("München", "BY", "803")),
}  # fmt: skip


def goods(dice: Dice, home: str, texts: Texts = PLAIN) -> list[Item]:
    """Stock the shop: every article on one marketplace, most of them at `home`."""
    abroad = [site for site in CURRENCY if site != home]
    items = []
    for index, (title, category, trouble) in enumerate(_GOODS):
        site = home if index % 10 < 7 else abroad[index % len(abroad)]
        currency = CURRENCY[site]
        price = Decimal(f"{math.floor(dice.lognormvariate(math.log(28), 0.9)) + 4}.99")
        shipping = Decimal(0) if dice.chance(0.6) else cents(Decimal(dice.uniform(4, 12)))
        items.append(
            Item(
                item_id=str(dice.randrange(110_000_000_000, 400_000_000_000)),
                title=texts.said(index, title),
                category=category,
                marketplace=site,
                price=Money(price, currency),
                shipping=Money(cents(shipping), currency),
                trouble=trouble,
                promoted=dice.chance(0.4),
                free_returns=dice.chance(0.5),
                charity=index == 33,
                popularity=1.0 + index * 7 % 5,
            )
        )
    return items


def buyer(index: int, marketplace: str) -> Buyer:
    """Return the buyer of this number on a marketplace; the same number is the same person."""
    mixed = _mix(index)
    country = COUNTRY[marketplace]
    places = _PLACES[country]
    city, region, postcode = places[mixed % len(places)]
    return Buyer(
        f"{stems()[mixed % 400]}_{index}{country.lower()}",
        _NAMES[mixed // 400 % len(_NAMES)],
        _street(mixed % 900 + 1, mixed // 7 % 20),
        city,
        region,
        postcode + _tail(mixed % 100 if country != "GB" else mixed % 180, country),
        country,
    )


@cache
def _street(number: int, name: int) -> str:
    return f"{number} {_SECOND[name].title()} Street"


@cache
def _tail(mixed: int, country: str) -> str:
    return f"{mixed:02d}" if country != "GB" else f"{mixed % 20 + 1} {mixed % 9 + 1}AB"


def rate(currency: str, to: str, day: datetime) -> Decimal:
    """Return the exchange rate of a day, five decimals: smooth, invented, always the same."""
    return _rate(currency, to, day.toordinal())


@cache
def _rate(currency: str, to: str, day: int) -> Decimal:
    if currency == to:
        return Decimal(1)
    sway = Decimal(math.sin(day / 29)) * Decimal("0.02") + 1
    return (_DOLLARS[currency] / _DOLLARS[to] * sway).quantize(Decimal("0.00001"))


def titled(title: str) -> int:
    """Return the place of a title in the stock, whatever a scenario prints on it."""
    return [name for name, _, _ in _GOODS].index(title)


class Crowd:
    """
    Everybody who buys in one world.

    A buyer is a number on a marketplace: the same number is the same person. `rings` are ranges
    of numbers whose people live at `addresses` streets together.
    """

    def __init__(self, texts: Texts = PLAIN, rings: Sequence[tuple[range, int]] = ()) -> None:
        self._texts = texts
        self._rings = rings
        self._met: dict[tuple[int, str], Buyer] = {}

    def buyer(self, number: int, marketplace: str) -> Buyer:
        """Return a buyer."""
        found = buyer(number, marketplace)
        texts = self._texts
        if not texts.hostile and not self._rings:
            return found
        if texts.hostile:
            found = replace(
                found,
                login=self.login(number, marketplace),
                name=texts.said(number, found.name),
                street=texts.said(number // 3, found.street),
                city=texts.said(number // 5, found.city),
            )
        for ring, addresses in self._rings:
            if number in ring:
                home = buyer(ring.start + number % addresses, marketplace)
                found = replace(
                    found, street=home.street, city=home.city, region=home.region,
                    postcode=home.postcode,
                )  # fmt: skip
        return found

    def meet(self, number: int, marketplace: str) -> Buyer:
        """Return a buyer, and remember who that was: it is the same object the next time."""
        key = number, marketplace
        found = self._met.get(key)
        if found is None:
            found = self._met[key] = self.buyer(number, marketplace)
        return found

    def login(self, number: int, marketplace: str) -> str:
        """Return the login of a buyer."""
        logins = self._texts.logins
        stem = logins[number % len(logins)] if logins else stems()[_mix(number) % 400]
        return f"{stem}_{number}{COUNTRY[marketplace].lower()}"

    def known(self, login: str) -> bool:
        """Tell whether a buyer of this login exists."""
        match = _LOGIN.fullmatch(login)
        if not match:
            return False
        return self.login(int(match["number"]), _SITES[match["country"]]) == login


_LOGIN = re.compile(r".+_(?P<number>0|[1-9]\d{0,8})(?P<country>us|gb|de)")
_SITES = {country.lower(): site for site, country in COUNTRY.items()}


@cache
def stems() -> list[str]:
    """Return the 400 stems of logins."""
    return [f"{_FIRST[place % 20]}_{_SECOND[place // 20]}" for place in range(400)]


def _mix(number: int) -> int:
    return (number + 1) * 2654435761 % 2**32
