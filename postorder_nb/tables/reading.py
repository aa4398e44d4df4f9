"""
From decoded JSON values to Arrow arrays of a stated type.

A batch is typed at once where all its values are as documented. Where one is not, the batch is
read value by value: what can be read without guessing is read, the rest becomes missing and is
reported. Nothing here raises for any JSON value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

#: Whole numbers beyond it are not exact as floats.
EXACT = 2**53
_INT64 = 2**63
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+(\.0*)?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{12,14}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Times outside of this range could not be compared with nanosecond columns.
_FIRST = datetime(1678, 1, 1, tzinfo=UTC)
_LAST = datetime(2262, 1, 1, tzinfo=UTC)
# Milliseconds before 1973 are rather seconds of today: refused, not guessed at.
_LEAST_MILLISECONDS = 10**11

_TIME = pa.timestamp("us", tz="UTC")
ARROW = {
    "id": pa.large_string(),
    "text": pa.large_string(),
    "enum": pa.dictionary(pa.int32(), pa.string()),
    "currency": pa.dictionary(pa.int32(), pa.string()),
    "time": _TIME,
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
    "options": pa.large_string(),
}


Teller = Callable[[object], None]


class Unreadable(ValueError):
    """The value cannot be read as what it should be."""


def carried(kind: str, values: list[Any], unreadable: Teller) -> pa.Array:
    """
    Turn the JSON values of a page into Arrow, as text where `typed` is to finish them.

    Parameters
    ----------
    kind : str
        A key of `ARROW`.
    values : list
        JSON values; None is missing.
    unreadable : callable
        Told each value that had to become missing.
    """
    try:
        return _AT_ONCE.get(kind, _texts)(values)
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        return _carrier(kind, _one_by_one(kind, values, unreadable))


def typed(kind: str, array: pa.Array, unreadable: Teller) -> pa.Array:
    """Give what `carried` returned its final type, ``ARROW[kind]``."""
    try:
        return finished(kind, array)
    except (ValueError, pa.ArrowException):
        return finished(kind, _carrier(kind, _one_by_one(kind, array.to_pylist(), unreadable)))


def finished(kind: str, array: pa.Array) -> pa.Array:
    """
    Do the same where every value is good.

    Raises
    ------
    Unreadable, pyarrow.ArrowInvalid
        If any is not.
    """
    return _FINISH[kind](array) if kind in _FINISH else array


def _carrier(kind: str, values: list[Any]) -> pa.Array:
    return pa.array(values, ARROW[kind] if kind in _AT_ONCE else pa.string())


def _one_by_one(kind: str, values: list[Any], unreadable: Teller) -> list[Any]:
    read, out = _READERS[kind], []
    for value in values:
        try:
            bare = _bare(value)
            out.append(None if bare is None else read(bare))
        except (ValueError, OverflowError):
            unreadable(value)
            out.append(None)
    return out


def _bare(value: Any) -> Any:
    """Take a value out of ``{"value": ...}`` or ``{"content": ...}``."""
    if type(value) is not dict:
        return value
    for name in ("value", "content"):
        if name in value:
            return value[name]
    if value:
        raise Unreadable
    return None


# -- at once ---------------------------------------------------------------------------------


def _texts(values: list[Any]) -> pa.Array:
    return pa.array(values, pa.string())


def _flags(values: list[Any]) -> pa.Array:
    return pa.array(values, pa.bool_())


def _numbers(values: list[Any]) -> pa.Array:
    return _guessed(values, pa.float64(), pa.int64(), pa.null()).cast(pa.float64())


def _integers(values: list[Any]) -> pa.Array:
    return _guessed(values, pa.int64(), pa.null()).cast(pa.int64())


def _guessed(values: list[Any], *allowed: pa.DataType) -> pa.Array:
    """Let Arrow guess the type: told a type, it takes a flag for a number."""
    array = pa.array(values)
    if array.type not in allowed:
        raise Unreadable
    return array


def _finite(array: pa.Array) -> pa.Array:
    if pc.all(pc.is_finite(array)).as_py() is False:
        raise Unreadable
    return array


def _filled(array: pa.Array) -> pa.Array:
    if pc.min(pc.binary_length(array)).as_py() == 0:
        raise Unreadable
    return _large(array)


def _large(array: pa.Array) -> pa.Array:
    """Take the type that pandas holds texts in, so that it need not copy them."""
    return array.cast(pa.large_string())


def _words(array: pa.Array) -> pa.Array:
    encoded = array.dictionary_encode()
    if "" in encoded.dictionary.to_pylist():
        raise Unreadable
    return encoded


def _times(array: pa.Array) -> pa.Array:
    moments = pc.cast(array, _TIME)
    ends = pc.min_max(moments).as_py()
    if ends["min"] is not None and not _FIRST <= ends["min"] <= ends["max"] < _LAST:
        raise Unreadable
    return moments


_AT_ONCE: dict[str, Callable[[list[Any]], pa.Array]] = {
    "number": _numbers,
    "integer": _integers,
    "flag": _flags,
}

_FINISH: dict[str, Callable[[pa.Array], pa.Array]] = {
    "id": _filled,
    "text": _large,
    "options": _large,
    "enum": _words,
    "currency": _words,
    "time": _times,
    "number": _finite,
}

# -- one by one ------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if type(value) is str:
        # A text cut in the middle of an emoji holds half a character that no file can store.
        return value.encode("utf-8", "replace").decode("utf-8")
    if type(value) is int or (type(value) is float and abs(value) < EXACT and value == int(value)):
        return str(int(value))
    raise Unreadable


def _id(value: Any) -> str | None:
    return _text(value) or None


def _word(value: Any) -> str | None:
    if type(value) is not str:
        raise Unreadable
    return _text(value) or None


def _number(value: Any) -> float | None:
    if type(value) is str:
        text = value.strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise Unreadable
        value = float(text)
    elif type(value) is int:
        if abs(value) > EXACT:
            raise Unreadable
        value = float(value)
    if type(value) is float and math.isfinite(value):
        return value
    raise Unreadable


def _integer(value: Any) -> int | None:
    if type(value) is str:
        text = value.strip()
        if not text:
            return None
        if not _INTEGER.fullmatch(text):
            raise Unreadable
        value = int(text.partition(".")[0])
    elif type(value) is float and abs(value) < EXACT and value == int(value):
        value = int(value)
    if type(value) is int and -_INT64 <= value < _INT64:
        return value
    raise Unreadable


def _flag(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    if type(value) is str and value.strip().lower() in ("true", "false", ""):
        return {"true": True, "false": False}.get(value.strip().lower())
    raise Unreadable


def _time(value: Any) -> str | None:
    """Return the moment in the one form that Arrow reads, ISO 8601 in UTC."""
    if type(value) is str:
        text = value.strip()
        if not text:
            return None
        if not _MILLISECONDS.fullmatch(text):
            return _iso(text)
        value = int(text)
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        if value < _LEAST_MILLISECONDS:
            raise Unreadable
        return _within(_EPOCH + timedelta(milliseconds=value))
    raise Unreadable


def _iso(text: str) -> str:
    if not _DATE.match(text):
        raise Unreadable
    moment = datetime.fromisoformat(text)
    return _within(
        moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    )


def _within(moment: datetime) -> str:
    if not _FIRST <= moment < _LAST:
        raise Unreadable
    return moment.isoformat()


_READERS: dict[str, Callable[[Any], Any]] = {
    "id": _id,
    "text": _text,
    "enum": _word,
    "currency": _word,
    "time": _time,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "options": _text,
}
