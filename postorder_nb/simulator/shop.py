"""The simulated shop: what it sells, who buys, and what buyers write."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal

from .odds import Dice
from .records import Buyer, Item, Money, cents

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

COMMENTS = {
    "DEFECTIVE_ITEM": (
        "Does not turn on. Tried 3 outlets.",
        "Stopped working after 2 days :(",
        "Left side has no sound & the case won't charge",
        "Funktioniert nicht, größte Enttäuschung",
    ),
    "NOT_AS_DESCRIBED": (
        "Colour is nothing like the photo",
        'Listing said "new", this is clearly used',
        "Size on the label < size in the listing",
        "Pas du tout comme décrit",
    ),
    "ARRIVED_DAMAGED": (
        "Box was crushed, item broken",
        "Kam zerbrochen an, schade",
        "Cracked along the edge 😢",
    ),
    "MISSING_PARTS": ("Only 5 of 6 in the box", "Charger & manual missing"),
    "ORDERED_WRONG_ITEM": ("Wrong part for my car, my mistake", "I needed the other model"),
    "WRONG_SIZE": ("Too small", "Runs large, need one size down", "小さすぎました"),
    "NO_LONGER_NEED_ITEM": ("No longer needed", "Got one as a gift", "Changed my mind, sorry!"),
    "DOES_NOT_FIT": ("Does not fit my 2014 model", "Passt nicht"),
    "FOUND_BETTER_PRICE": ("Found it for $9.99 elsewhere", "Cheaper at the store: $5 vs $12"),
    "ORDERED_ACCIDENTALLY": ("Bought twice by accident",),
    "FAKE_OR_COUNTERFEIT": ("The logo is wrong, this is not genuine",),
    "ARRIVED_LATE": ("Came two weeks late, I don't need it now",),
    "INR": (
        "Where is my parcel?",
        "Tracking has not moved for 10 days",
        "Paket nie angekommen",
        "It says delivered & nobody here has it 📦",
    ),
}


def goods(dice: Dice, home: str) -> list[Item]:
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
                title=title,
                category=category,
                marketplace=site,
                price=Money(price, currency),
                shipping=Money(cents(shipping), currency),
                trouble=trouble,
                promoted=dice.chance(0.4),
                free_returns=dice.chance(0.5),
                charity=index == 33,
            )
        )
    return items


def buyer(index: int, marketplace: str) -> Buyer:
    """Return the buyer of this number on a marketplace; the same number is the same person."""
    mixed = (index + 1) * 2654435761 % 2**32
    country = COUNTRY[marketplace]
    city, region, postcode = _PLACES[country][mixed % len(_PLACES[country])]
    login = f"{_FIRST[mixed % 20]}_{_SECOND[mixed // 20 % 20]}_{index}{country.lower()}"
    tail = f"{mixed % 100:02d}" if country != "GB" else f"{mixed % 20 + 1} {mixed % 9 + 1}AB"
    return Buyer(
        login=login,
        name=_NAMES[mixed // 400 % len(_NAMES)],
        street=f"{mixed % 900 + 1} {_SECOND[mixed // 7 % 20].title()} Street",
        city=city,
        region=region,
        postcode=postcode + tail,
        country=country,
    )


def comment(dice: Dice, topic: str) -> str | None:
    """Draw what a buyer writes on `topic`; some write nothing."""
    texts = COMMENTS.get(topic)
    return dice.choice(texts) if texts and dice.chance(0.85) else None


def rate(currency: str, to: str, day: datetime) -> Decimal:
    """Return the exchange rate of a day, five decimals: smooth, invented, always the same."""
    if currency == to:
        return Decimal(1)
    sway = Decimal(math.sin(day.toordinal() / 29)) * Decimal("0.02") + 1
    return (_DOLLARS[currency] / _DOLLARS[to] * sway).quantize(Decimal("0.00001"))
