"""Where a form's click arrives, in words: PRODUCTION, SANDBOX or SIMULATOR."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from .. import display
from ..api.client import PostOrder
from ..api.operation import Operation

PLACES = {
    "PRODUCTION": "PRODUCTION: what you send here acts on eBay, for real people and real money.",
    "SANDBOX": "SANDBOX: this acts on eBay's test site.",
    "SIMULATOR": "SIMULATOR: nothing leaves this computer.",
}


def banner(po: PostOrder, row: Operation) -> Any:
    """Return the line above a form that says where its click arrives."""
    words = [PLACES[po.environment]]
    if po.settings["dry_run"]:
        words.append("Dry run: nothing is sent.")
    elif not po.settings["writes"]:
        words.append("Read-only: you can preview, and not send.")
    if row.gone_on:
        words.append(f"eBay switched this call off on {row.gone_on}.")
    said = widgets.HTML(f"<strong>{display.text(' '.join(words))}</strong>")
    return said.add_class("po-banner").add_class(f"po-{po.environment.lower()}")
