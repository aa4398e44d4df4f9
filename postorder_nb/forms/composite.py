"""Controls of more than one value: refund lines, order lines, addresses, files."""

from __future__ import annotations

from dataclasses import MISSING, fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import ipywidgets as widgets

from ..api.parts import Address, RelistLineItem
from ..api.uploads import MOST_BYTES, Upload, opened
from ..enums import OpenEnum
from ..enums import label as in_words
from ..errors import InputError
from ..money import Money
from .controls import WIDE, Control, dropdown
from .facts import Facts
from .messages import small
from .pictures import thumbnail


class Lines(Control):
    """What a refund is for: a small table that must sum to the amount."""

    sample = MappingProxyType({"PURCHASE_PRICE": "1 USD"})

    def __init__(self, *args: Any, fees: list[str], **more: Any) -> None:
        self._fees = fees
        self._facts = Facts()
        self.currency = ""
        super().__init__(*args, **more)

    def _made(self) -> list[Any]:
        self._sum = widgets.HTML().add_class("po-sum")
        return [
            widgets.Text(
                description=in_words(fee), placeholder="0.00", continuous_update=False, style=WIDE
            ).add_class(f"po-line-{fee}")
            for fee in self._fees
        ]

    def _shown(self) -> list[Any]:
        title = widgets.HTML(small(self.label)).add_class("po-field-title")
        return [title, *self.inputs, self._sum]

    def _name(self) -> None:
        """Leave the rows named by what they are for."""

    def _remark(self) -> str:
        return "What the amount is for; the lines must sum to it"

    def _read(self) -> Any:
        lines = {}
        for fee, each in zip(self._fees, self.inputs, strict=True):
            if not each.value.strip():
                continue
            currency = self.currency or self._facts.currency
            money = Money.parse(f"{each.value.strip()} {currency}")
            if not money:
                continue
            most = self._facts.refundable.get(fee)
            if most and most < money:
                raise InputError(f"{in_words(fee)}: {most} at most")
            lines[fee] = money
        return lines or None

    def _write(self, value: Any) -> None:
        for fee, each in zip(self._fees, self.inputs, strict=True):
            part = value.get(fee)
            money = Money.parse(part) if isinstance(part, str) else part
            each.value = str(money.amount) if money else ""
            self.currency = money.currency if money else self.currency
        self.add_up(None)

    def know(self, facts: Facts) -> None:
        """Offer what the record has to refund, with what is left of each."""
        self._facts = facts
        for fee, each in zip(self._fees, self.inputs, strict=True):
            most = facts.refundable.get(fee)
            each.layout.display = None if most or each.value or not facts.refundable else "none"
            each.description = f"{in_words(fee)} (at most {most.amount})" if most else in_words(fee)

    def add_up(self, total: Any) -> None:
        """Say what the lines sum to, and what the amount is."""
        amounts = [each.value.strip() for each in self.inputs if each.value.strip()]
        try:
            found = sum(map(Decimal, amounts), start=Decimal(0))
        except ArithmeticError:
            self._sum.value = small("The lines are no amounts yet")
            return
        beside = f", the amount is {total}" if total is not None else ""
        self._sum.value = small(f"The lines sum to {found}{beside}") if amounts else ""


class AddressParts(Control):
    """An address, part by part."""

    sample = Address("1", "1", "US")

    def _made(self) -> list[Any]:
        hints = get_type_hints(Address)
        self._parts = {part.name: part.default is MISSING for part in fields(Address)}
        inputs = []
        for name, needed in self._parts.items():
            words = in_words(name.upper()) + (" *" if needed else "")
            leaves = get_args(hints[name]) or (hints[name],)
            closed = [leaf for leaf in leaves if isinstance(leaf, type) and leaf is not str]
            enum = next((leaf for leaf in closed if issubclass(leaf, OpenEnum)), None)
            if enum or bool in leaves:
                options = [(m.label, m.value) for m in enum] if enum else _YES_NO
                each = dropdown([("(not said)", None), *options])
            else:
                each = widgets.Text(continuous_update=False, style=WIDE)
            each.description = words
            inputs.append(each.add_class(f"po-part-{name}"))
        return inputs

    def _shown(self) -> list[Any]:
        return [widgets.HTML(small(self.label)).add_class("po-field-title"), *self.inputs]

    def _name(self) -> None:
        """Leave the parts their own names and marks."""

    def _read(self) -> Any:
        said: dict[str, Any] = {
            name: each.value.strip() if isinstance(each.value, str) else each.value
            for name, each in zip(self._parts, self.inputs, strict=True)
        }
        said = {name: value for name, value in said.items() if value not in (None, "")}
        missing = [name for name, needed in self._parts.items() if needed and name not in said]
        if said and missing:
            raise InputError(f"{in_words(missing[0].upper())} is missing")
        return Address(**said) if said else None

    def _write(self, value: Any) -> None:
        for name, each in zip(self._parts, self.inputs, strict=True):
            part = getattr(value, name)
            each.value = part if part is not None or isinstance(each, widgets.Dropdown) else ""


_YES_NO = [("Yes", True), ("No", False)]


class OrderLines(Control):
    """Order lines that eBay is to offer again, one a line of text."""

    sample = (RelistLineItem("1", "1", 1),)

    def _made(self) -> list[Any]:
        hint = "110012345678 28009001 1"
        return [widgets.Textarea(rows=3, placeholder=hint, continuous_update=False, style=WIDE)]

    def _read(self) -> Any:
        lines = []
        for line in self.inputs[0].value.splitlines():
            words = line.replace(",", " ").split()
            if not words:
                continue
            if len(words) not in (2, 3) or not words[-1].isdecimal():
                raise InputError(
                    f"{line!r} is no order line", advice="write item, transaction and quantity"
                )
            quantity = int(words[2]) if len(words) == 3 else 1
            lines.append(RelistLineItem(words[0], words[1], quantity))
        return lines or None

    def _write(self, value: Any) -> None:
        self.inputs[0].value = "\n".join(" ".join(map(str, line)) for line in value)

    def _remark(self) -> str:
        return "One order line a row: item id, transaction id, quantity"


class File(Control):
    """A file: picked in the browser, checked, and shown if it is a picture."""

    sample = Upload(b"GIF89a", "GIF", "1.gif")

    def _made(self) -> list[Any]:
        self._seen = widgets.VBox().add_class("po-thumbnail")
        return [widgets.FileUpload(accept=".bmp,.gif,.jpg,.jpeg,.png,.pdf", multiple=False)]

    def _shown(self) -> list[Any]:
        self.inputs[0].observe(self._preview, names="value")
        title = widgets.HTML(small(self.label)).add_class("po-field-title")
        return [title, *self.inputs, self._seen]

    def _read(self) -> Any:
        picked = self.inputs[0].value
        if not picked:
            return None
        upload = opened(bytes(picked[0]["content"]))
        return Upload(upload.content, upload.format, str(picked[0]["name"]) or None)

    def _write(self, value: Any) -> None:
        self._show(opened(value))

    def _remark(self) -> str:
        return f"A picture, or a PDF if it is a label; at most {MOST_BYTES // 2**20} MiB"

    def _name(self) -> None:
        """Say on the button what it is for."""
        super()._name()
        self.inputs[0].description = "Choose a file"

    def _preview(self, _change: Any) -> None:
        try:
            upload = self._read()
        except InputError as error:
            self._seen.children = ()
            self.complain(f"{error.message}: {error.advice}")
            return
        self.complain("")
        self._show(upload)

    def _show(self, upload: Upload | None) -> None:
        if upload is None:
            self._seen.children = ()
            return
        kib = max(1, round(len(upload.content) / 1024))
        said = widgets.HTML(small(f"{upload.name or 'File'}: {upload.format}, {kib:,} KiB"))
        drawn = thumbnail(upload.content)
        self._seen.children = (widgets.Image(value=drawn, format="png"), said) if drawn else (said,)
