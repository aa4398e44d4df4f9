"""The words a table is described in: columns, child tables, records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from ..enums import OpenEnum

Json = dict[str, Any]
Values = type[OpenEnum] | tuple[type[OpenEnum] | str, ...]
Kind = Literal["id", "text", "enum", "time", "amount", "number", "integer", "flag", "options"]

DTYPES: dict[str, str] = {
    "id": "string",
    "text": "string",
    "enum": "category",
    "time": "datetime64[us, UTC]",
    "number": "float64",
    "integer": "Int64",
    "flag": "boolean",
    "options": "string",
    "currency": "category",
}

#: The fields of the API's small wrapping types, by the kind of column that reads them.
WRAPPERS: dict[str, frozenset[str]] = {
    "time": frozenset({"value", "formattedValue"}),
    "text": frozenset({"content", "language", "translatedFromContent", "translatedFromLanguage"}),
    "amount": frozenset(
        {
            "value",
            "currency",
            "currencyId",
            "convertedFromValue",
            "convertedFromCurrency",
            "exchangeRate",
        }
    ),
    "options": frozenset({"actionType", "actionURL"}),
}

#: The fields of the API's ``Address``.
ADDRESS = (
    "addressLine1 addressLine2 addressType city country county isTransliterated nationalRegion "
    "postalCode script stateOrProvince transliteratedFromScript worldRegion"
)


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column: what it means and where in an answer it stands.

    Parameters
    ----------
    name : str
        The column's name; an amount gives two columns, ``X_amount`` and ``X_currency`` (just
        ``amount`` and ``currency`` where the name is empty).
    kind : str
        How the value is read: id, text, enum, time, amount, number, integer, flag, options.
    paths : tuple of str
        Dotted places from the record's root, the first that holds something wins. A part such as
        ``lineItems[only]`` means the element of a list of exactly one.
    meaning : str
        One line for the reader of ``describe``.
    enum : enum, tuple of enums and texts, or None
        The known values. Other values are kept and counted. A text column with an enum holds
        prose in some records: only its CONSTANT-looking values are checked.
    personal : bool
        Whether the value is personal data of the buyer or the seller.
    unit : str
        What a number counts. Times are in UTC, amounts in the currency beside them.
    """

    name: str
    kind: Kind
    paths: tuple[str, ...]
    meaning: str
    enum: Values | None = None
    personal: bool = False
    unit: str = ""

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The DataFrame columns it gives, as (name, kind) pairs."""
        if self.kind != "amount":
            return ((self.name, self.kind),)
        return ((self.amount, "number"), (f"{self._stem}currency", "currency"))

    @property
    def amount(self) -> str:
        """The DataFrame column of an amount's value."""
        return f"{self._stem}amount"

    @property
    def _stem(self) -> str:
        return f"{self.name}_" if self.name else ""

    @property
    def units(self) -> tuple[str, ...]:
        """The unit of each of its DataFrame columns."""
        if self.kind == "amount":
            return (f"{self._stem}currency", "ISO 4217")
        return ("UTC" if self.kind == "time" else self.unit,)

    @property
    def path(self) -> str:
        """The paths as one text, as findings and ``describe`` show them."""
        return "|".join(self.paths)

    @property
    def known(self) -> list[str]:
        """The known values, in the order of the enum."""
        return list(_values(self.enum)) if self.enum else []


@cache
def _values(enum: Values) -> tuple[str, ...]:
    values: dict[str, None] = {}
    for part in enum if isinstance(enum, tuple) else (enum,):
        values.update(dict.fromkeys([part] if isinstance(part, str) else [m.value for m in part]))
    return tuple(values)


def column(
    name: str,
    kind: Kind,
    paths: str,
    meaning: str,
    enum: Values | None = None,
    *,
    personal: bool = False,
    unit: str = "",
) -> Column:
    """Write a `Column` with its paths as one text, ``"caseStatusEnum|status"``."""
    return Column(name, kind, tuple(filter(None, paths.split("|"))), meaning, enum, personal, unit)


@dataclass(frozen=True, slots=True)
class Unread:
    """
    Fields that answers are known to hold though no column reads them.

    `at` is the container's path (``""`` is the record, or the row of a child table), `names` are
    its fields, parted by spaces, and `why` says why they are left where they are.
    """

    at: str
    names: str
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """
    An amount that no answer holds: one amount less another, where both are in one currency.

    `name` is the stem of its two columns, `of` and `less` the stems of the others.
    """

    name: str
    of: str
    less: str
    meaning: str

    @property
    def column(self) -> Column:
        """The difference as a column without a path."""
        return Column(self.name, "amount", (), self.meaning)


@dataclass(frozen=True, slots=True)
class First:
    """
    A moment that no answer holds: when the first line of the history was written that fits.

    `fits` says what columns of the line hold, and `but` what they must not hold. A text that
    ends with ``*`` stands for all that begin so, None for a gap.
    """

    name: str
    meaning: str
    fits: Mapping[str, tuple[str | None, ...]]
    but: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    @property
    def column(self) -> Column:
        """The moment as a column without a path."""
        return Column(self.name, "time", (), self.meaning)


@dataclass(frozen=True, slots=True)
class Source:
    """
    Where in a record the rows of a child table stand.

    `paths` are alternatives in order, ``[]`` marks a list; `mark` is the value of the child
    table's marking column for these rows (such as the stage of a refund line).
    """

    paths: tuple[str, ...]
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """
    One child table, the same for all four records.

    `mark` is a column that no answer holds: the source of a row says its value. The columns
    `beside` tell of the rows before and after. The containers of `unread` are paths inside a row.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    unread: tuple[Unread, ...] = ()
    mark: Column | None = None
    beside: tuple[Column, ...] = ()


def _itself(answer: Json) -> Json:
    return answer


@dataclass(frozen=True, slots=True)
class Record:
    """
    One of the four records: its columns, its child rows, and how answers wrap it.

    Parameters
    ----------
    name, singular, key : str
        Such as returns, return, return_id.
    search, details : tuple of Column
        What a search tells, and what only the details tell.
    sources : mapping
        Child table -> the places its rows stand in.
    unread : tuple of Unread
        The fields that are known though no column reads them.
    meaning : str
        One line on what a record is.
    differences : tuple of Difference
        The amounts reckoned from others.
    moments : tuple of First
        The moments found in its history.
    member_at : str
        Where a search's member hangs in the tree that the paths are written for.
    listed : str
        The key a search page lists the members under.
    unwrap : callable
        Makes that tree of a detail answer.
    """

    name: str
    singular: str
    key: str
    search: tuple[Column, ...]
    details: tuple[Column, ...]
    sources: Mapping[str, tuple[Source, ...]]
    unread: tuple[Unread, ...]
    meaning: str
    differences: tuple[Difference, ...] = ()
    moments: tuple[First, ...] = ()
    member_at: str = ""
    listed: str = "members"
    unwrap: Callable[[Json], Json] = _itself

    def columns(self, *, details: bool) -> tuple[Column, ...]:
        """Return the columns that are read of a search's member, or of a detail answer."""
        if details:
            return self.search + self.details
        prefix = f"{self.member_at}." if self.member_at else ""
        return tuple(
            replace(c, paths=tuple(path for path in c.paths if path.startswith(prefix)))
            for c in self.search
        )
