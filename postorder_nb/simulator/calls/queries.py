"""What the searches take: each parameter's form, whatever else is asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from ... import enums
from ..bodies import Field, Invalid, Reader, Shape, one_of
from ..search import FIRST, LAST, OFFSET_MOST, Search


def taken(search: Search[Any]) -> Shape:
    """Return a search's parameters; how they belong together is up to the search."""
    moment = Reader(_moment, {"type": "string", "format": "date-time"})
    limit = _count(search, 1, search.most, search.limit)
    shape = {
        search.first: Field(moment, words="Filed from then on; alone: for 90 days"),
        search.last: Field(moment, words="Filed until then; alone: for 90 days before"),
        "limit": Field(limit, words="The size of a page"),
        "offset": Field(_count(search, 0, OFFSET_MOST, 0), words="How many to pass over"),
        "item_id": Field(_ANY, words="Of this item"),
        "transaction_id": Field(_ANY, words="Of this line of an order; only with item_id"),
        search.order: Field(_ANY, words="Of this order"),
        "sort": Field(_sort(search)),
    }
    for name, (values, _) in search.filters.items():
        shape[name] = Field(_several(tuple(values.__members__)), words="Any of these")
    shape |= {name: Field(_ANY) for name in search.equals}
    if search.sole:
        shape[search.sole] = Field(_ANY, words="This one; no other filter applies then")
    if search.has_role:
        shape["role"] = Field(one_of(enums.UserRole), words="What the caller is")
    else:
        shape["fieldgroups"] = Field(_ANY, words="Of no effect")
    return shape


_ANY = Reader(lambda name, value: value, {"type": "string"})


def _count(search: Search[Any], least: int, most: int, default: int) -> Reader:
    def read(name: str, value: str) -> int:
        if not re.fullmatch("-?[0-9]{1,10}", value):
            raise Invalid(name, value)
        if int(value) < least:
            raise Invalid(name, value, search.too_small)
        if int(value) > most:
            raise Invalid(name, value, search.too_large)
        return int(value)

    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Reader(read, schema)


def _moment(name: str, value: str) -> datetime:
    """Read a moment; a plus sign that was not escaped has become a space."""
    try:
        at = datetime.fromisoformat(value.replace(" ", "+"))
    except ValueError:
        raise Invalid(name, value) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not FIRST <= at <= LAST:
        raise Invalid(name, value)
    return at


def _sort(search: Search[Any]) -> Reader:
    """Read a sort: a word, or a sign and a key; a plus sign may have become a space."""
    if not search.sorts:
        return one_of(("Ascending", "Descending"))
    plain = one_of(tuple(sign + key for key in search.sorts for sign in "+-"))
    return Reader(lambda name, value: plain(name, re.sub("^ ", "+", value)), plain.schema)


def _several(words: tuple[str, ...]) -> Reader:
    """Read one word or several, with commas between them; nothing is no filter."""

    def read(name: str, value: str) -> list[str]:
        found = [word.strip() for word in value.split(",")] if value else []
        if not set(found) <= set(words):
            raise Invalid(name, value)
        return found

    return Reader(read, {"type": "array", "items": {"type": "string", "enum": list(words)}})
