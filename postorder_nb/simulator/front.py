"""The page in the browser: what the simulator is like now, and how to move it with curl."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from .. import __version__, display
from .answers import HTML, Answer
from .core import KINDS
from .latency import Delay

if TYPE_CHECKING:
    from .admin import Deed
    from .server import Entry
    from .service import Simulator

SHOWN = 15
REFRESH = 5
_STYLE = """\
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);
--soft:color-mix(in srgb,currentColor 65%,transparent);
--tint:color-mix(in srgb,currentColor 6%,transparent)}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1.5rem 1.25rem 4rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2.2rem 0 .5rem}
p{margin:.4rem 0}.soft{color:var(--soft)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.75rem;
margin:1.2rem 0}
.facts div{background:var(--tint);border-radius:.5rem;padding:.6rem .8rem}
.facts span{display:block;font-size:.8rem;color:var(--soft)}
.facts b{font-weight:600;overflow-wrap:anywhere}
.kinds{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:1.5rem 2.5rem;
align-items:start}
.wide{overflow-x:auto}table.postorder{width:100%;font-size:.9rem}
.wide td:nth-child(2){white-space:nowrap}.calls td{white-space:nowrap}
.calls td:nth-child(3){white-space:normal;word-break:break-all;min-width:14rem}
caption{text-transform:capitalize}
pre{background:var(--tint);border-radius:.5rem;padding:.7rem .9rem;font-size:.85rem;margin:.4rem 0;
white-space:pre-wrap;word-break:break-all}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(simulator: Simulator, deeds: Sequence[Deed], root: str) -> Answer:
    """Return the page; everything on it that comes from outside goes through `display`."""
    parts = [
        _head(simulator),
        "<h2>Records</h2>",
        _records(simulator),
        "<h2>Calls received</h2>",
        _calls(simulator),
        "<h2>Call it</h2>",
        _token(simulator),
        "<h2>Move it</h2>",
        _deeds(simulator, deeds, root),
    ]
    body = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Post-Order simulator</title><style>{display.STYLE}{_STYLE}</style></head><body>"
        f"{''.join(parts)}</body></html>\n"
    )
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return Answer(200, body.encode(), HTML, headers)


def _head(simulator: Simulator) -> str:
    clock, settings = simulator.clock, simulator.settings
    used = ", ".join(f"{name} {count}" for name, count in simulator.calls_today.items() if count)
    latency = simulator.latency
    facts = {
        "Clock": f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, "
        f"{'ticking' if clock.ticking else 'standing still'}",
        "Shop": f"{simulator.world.seller}, {simulator.world.marketplace}",
        "World": f"seed {settings.seed}, {settings.days} days",
        "Kept in": simulator.db or "memory",
        "Faults": str(simulator.faults or "none").replace(",", ", "),
        "Latency": latency if isinstance(latency, str | Delay | dict) else f"{latency} s",
        "Calls today": used or "none",
        "Refunds are answered": simulator.refund_status,
    }
    cells = "".join(
        f"<div><span>{display.text(name)}</span><b>{display.text(value)}</b></div>"
        for name, value in facts.items()
    )
    return (
        f"<h1>Post-Order simulator</h1><p class=soft>postorder_nb {display.text(__version__)} at "
        f"{display.text(simulator.url)}; everything here is made up. This page loads itself "
        f"again every {REFRESH} seconds.</p><div class=facts>{cells}</div>"
    )


def _records(simulator: Simulator) -> str:
    tables = []
    with simulator.world.lock:
        for kind, cls in KINDS.items():
            shelf = simulator.world.shelf(cls)
            states = Counter(record.state for record in shelf.values())
            rows = [(state, f"{count:,}") for state, count in states.most_common()]
            name = "inquiries" if kind == "inquiry" else f"{kind}s"
            caption = f"{name}: {len(shelf):,}"
            tables.append(display.table(("State", "Records"), rows, caption))
    return f"<div class=kinds>{''.join(tables)}</div>"


def _calls(simulator: Simulator) -> str:
    latest = list(islice(reversed(simulator.requests), SHOWN))
    if not latest:
        return "<p class=soft>None so far.</p>"
    rows = [
        (
            f"{entry.at:%m-%d %H:%M:%S}",
            entry.method,
            _target(entry),
            entry.status or "none",
            entry.fault or "",
            entry.party or "",
        )
        for entry in latest
    ]
    heads = ("Time", "Method", "Path", "Answer", "Fault", "Caller")
    table = display.table(heads, rows, align=["left"] * len(heads))
    total = len(simulator.requests)
    note = f"<p class=soft>The last {len(rows)} of {total:,}.</p>" if total > len(rows) else ""
    return f'<div class="wide calls">{table}</div>{note}'


def _target(entry: Entry) -> str:
    query = "&".join(f"{name}={value}" for name, value in entry.query.items())
    return f"{entry.path}?{query}" if query else entry.path


def _token(simulator: Simulator) -> str:
    line = (
        f"curl -H 'Authorization: IAF {simulator.token}' "
        f"-H 'X-EBAY-C-MARKETPLACE-ID: {simulator.world.marketplace}' "
        f"'{simulator.url}/post-order/v2/return/search?limit=5'"
    )
    oauth = (
        f"curl -u '{simulator.client_id}:{simulator.client_secret}' -d grant_type=refresh_token "
        f"--data-urlencode 'refresh_token={simulator.refresh_token()}' "
        f"'{simulator.url}/identity/v1/oauth2/token'"
    )
    return (
        f"<p>As the seller, with a token that no time ends:</p><pre>{display.text(line)}</pre>"
        f"<p>A token of two hours, as applications get theirs:</p>"
        f"<pre>{display.text(oauth)}</pre>"
        '<p>All calls are described in <a href="/openapi.json">/openapi.json</a>.</p>'
    )


def _deeds(simulator: Simulator, deeds: Sequence[Deed], root: str) -> str:
    rows = [(deed.method, root + deed.path, deed.meaning, deed.example) for deed in deeds]
    table = display.table(("Method", "Path", "What it does", "Body, for example"), rows)
    line = f"""curl -d '{{"days": 3}}' {simulator.url}{root}/clock"""
    return f"<pre>{display.text(line)}</pre><div class=wide>{table}</div>"
