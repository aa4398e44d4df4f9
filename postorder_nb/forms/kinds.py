"""From a parameter of the catalogue to its control: by its type, label and documentation."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from ..api.fields import Field
from ..api.operation import Operation
from ..api.parts import Address, Text
from ..enums import OpenEnum, RefundFeeType
from ..enums import label as in_words
from ..errors import InputError
from ..money import Money
from .composite import AddressParts, File, Lines, OrderLines
from .controls import Amount, Choice, Control, Line, Moment, Number, Prose, UploadedLabel, YesNo

# A parameter belongs to the first of these that is among its types.
_KINDS: tuple[tuple[type, type[Control]], ...] = (
    (bool, YesNo),
    (int, Number),
    (datetime, Moment),
    (Mapping, Lines),
    (Money, Amount),
    (Text, Prose),
    (Address, AddressParts),
    (Sequence, OrderLines),
    (bytes, File),
    (str, Line),
)
# These labels name the kind of an argument; its own name tells more.
_OF_KINDS = ("Amount", "Moment", "Name", "Yes or no")


def control(row: Operation, name: str) -> Control:
    """Make the control of one parameter of a call."""
    hint = get_type_hints(row.function, include_extras=True)[name]
    kinds, field = _read(hint)
    label = in_words(name.upper()) if field.label in _OF_KINDS else field.label
    required = row.signature.parameters[name].default is inspect.Parameter.empty
    told: dict[str, Any] = {"help": _help(row, name), "required": required}
    enum = next((k for k in kinds if isinstance(k, type) and issubclass(k, OpenEnum)), None)
    if Mapping in kinds:
        return Lines(name, label, fees=_taken(RefundFeeType, field, "1 USD"), **told)
    if field.label == "File ID":
        return UploadedLabel(name, label, **told)
    if enum:
        options = [(enum(value).label, enum(value)) for value in _taken(enum, field)]
        return Choice(name, label, options=options, **(told | {"help": field.help}))
    return next(made for kind, made in _KINDS if kind in kinds)(name, label, **told)


def _read(hint: Any) -> tuple[set[Any], Field]:
    """Return the types of a hint, looking through ``X | None``, and its field."""
    if get_origin(hint) is Annotated:
        inner, *extras = get_args(hint)
        return _leaves(inner), next(extra for extra in extras if isinstance(extra, Field))
    return next(_read(part) for part in get_args(hint) if get_origin(part) is Annotated)


def _leaves(hint: Any) -> set[Any]:
    if get_origin(hint) in (Union, UnionType):
        return set().union(*map(_leaves, get_args(hint)))
    return {get_origin(hint) or hint}


def _taken(enum: type[OpenEnum], field: Field, part: str = "") -> list[str]:
    """Return the values of a closed set that the rule takes."""
    taken = []
    for member in enum:
        try:
            field.rule({member.value: part} if part else member)
        except InputError:
            continue
        taken.append(member.value)
    return taken


def _help(row: Operation, name: str) -> str:
    """Return the first sentence that the call's docstring says about the parameter."""
    lines = inspect.cleandoc(row.function.__doc__ or "").splitlines()
    heads = [i for i, line in enumerate(lines) if re.match(rf"(\w+, )*{name}(, \w+)* : ", line)]
    if not heads or name in row.ids:
        return ""
    said = []
    for line in lines[heads[0] + 1 :]:
        if not line.startswith(" "):
            break
        said.append(line.strip())
    words = re.split(r"[.;:] |,? such as ", " ".join(said).replace("`", ""))[0].rstrip(".")
    # Words of the wire, and what only repeats the label, help nobody on a page.
    if re.search(r"[A-Z]_[A-Z]", words) or words.count(" ") < 2:
        return ""
    return re.sub(r"^True if", "Yes if", words)
