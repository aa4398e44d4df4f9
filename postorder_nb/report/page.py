"""The report as one HTML page that asks the network for nothing."""

from __future__ import annotations

from base64 import b64encode

from .. import plots
from ..display import PALETTE, STYLE, table, text
from ..metrics import as_text
from . import contents
from .contents import Finding, Snapshot

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = f"""\
:root{{color-scheme:light dark;--ground:#fff;--ink:#1a1a1a;--soft:#59595f;--line:#d9d9de}}
@media screen and (prefers-color-scheme:dark){{
:root{{--ground:#1b1b1e;--ink:#e8e8e8;--soft:#b0b0b8;--line:#44444a}}}}
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:58rem;padding:1.5rem 1rem 4rem;background:var(--ground);
color:var(--ink);font:1rem/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}}
h1{{font-size:1.9rem;line-height:1.2;margin:.2em 0 .6em}}
h2{{font-size:1.4rem;margin:2.6em 0 .3em;padding-top:.5em;border-top:2px solid var(--line)}}
h3{{font-size:1.1rem;margin:1.8em 0 .2em}}
p{{margin:.3em 0 .8em;max-width:44rem}}
.soft{{color:var(--soft)}}
.note{{border-left:4px solid {PALETTE["attention"]};padding:.2em 0 .2em .8em}}
.wide{{overflow-x:auto;margin:.8em 0}}
.wide:focus-visible,a:focus-visible{{outline:3px solid {PALETTE["neutral"]}}}
figure{{margin:0}}
img{{display:block;width:100%;min-width:34rem;max-width:48rem;height:auto}}
nav ul{{display:flex;flex-wrap:wrap;gap:.3em 1.4em;list-style:none;padding:0;margin:1em 0}}
a{{color:inherit}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1.2em;margin:0}}
dt{{color:var(--soft)}}
dd{{margin:0;overflow-wrap:anywhere}}
td{{max-width:28rem;overflow-wrap:break-word}}
@media (max-width:34rem){{dl{{grid-template-columns:1fr}}dt{{margin-top:.4em}}}}
@media print{{body{{max-width:none;padding:0}}nav{{display:none}}.wide{{overflow:visible}}
h2,h3{{break-after:avoid}}figure,tr{{break-inside:avoid}}img{{min-width:0}}}}
"""
_ABOUT_INTERVALS = (
    "A 95 % interval says how far chance alone may have moved a share: with few records it is"
    " wide, and two groups whose intervals overlap widely may not differ at all (Wilson score"
    " interval). All days are in UTC."
)


def html(snapshot: Snapshot) -> str:
    """
    Write the report as an HTML page.

    Parameters
    ----------
    snapshot : Snapshot
        Anything with the tables `cancellations`, `inquiries`, `returns` and `cases` as pandas
        DataFrames.

    Returns
    -------
    str
        A whole page: pictures and style are inside it, a policy forbids it to load or run
        anything, all text from the tables is escaped.
    """
    tables = ("returns", "inquiries", "cancellations")
    links = "".join(
        f'<li><a href="#{anchor}">{name}</a></li>'
        for anchor, name in [*((n, n.capitalize()) for n in tables), ("data", "Data quality")]
    )
    body = [
        "<header>",
        "<h1>After-sale report</h1>",
        _facts(snapshot),
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>',
        "</header>",
        "<main>",
        _wide(table(*contents.counts(snapshot), "Records in this report"), "Records"),
        f'<p class="soft">{text(_ABOUT_INTERVALS)}</p>',
        *(_section(snapshot, name) for name in tables),
        _quality(snapshot),
        "</main>",
    ]
    return _PAGE.format(policy=_POLICY, style=STYLE + _STYLE, body="\n".join(body))


_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>After-sale report</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _facts(snapshot: Snapshot) -> str:
    rows = "".join(
        f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in contents.facts(snapshot)
    )
    return f"<dl>{rows}</dl>"


def _section(snapshot: Snapshot, name: str) -> str:
    parts = [f'<section id="{name}">', f"<h2>{name.capitalize()}</h2>"]
    parts.append(f"<p>{text(contents.lead(name))}</p>")
    parts += [_finding(found) for found in contents.findings(snapshot, name)]
    return "\n".join([*parts, "</section>"])


def _finding(found: Finding) -> str:
    parts = [f"<h3>{text(found.title)}</h3>", f"<p>{text(found.counts)}</p>"]
    if found.result is None:
        parts.append(f'<p class="note">Not in this report: {text(found.missing)}</p>')
    elif found.result.empty:
        parts.append('<p class="note">No records.</p>')
    else:
        parts.append(_picture(found))
        parts.append(_wide(table(*as_text(found.result)), found.title))
    return "\n".join(parts)


def _picture(found: Finding) -> str:
    picture = plots.vector(getattr(plots, found.metric), found.frame, **found.drawn)
    data = b64encode(picture.svg.encode("utf-8")).decode("ascii")
    size = f'width="{picture.width}" height="{picture.height}"'
    image = f'<img src="data:image/svg+xml;base64,{data}" alt="{text(picture.says)}" {size}>'
    return _wide(f"<figure>{image}</figure>", f"{found.title}, picture")


def _quality(snapshot: Snapshot) -> str:
    parts = [
        '<section id="data">',
        "<h2>Data quality</h2>",
        "<p>What the tables lack. A dash means that the table has no such column: some are only"
        " known when the details of each record are read.</p>",
        _wide(table(*contents.quality(snapshot), "Gaps in the tables"), "Gaps"),
    ]
    cut = contents.truncated(snapshot)
    if cut:
        parts.append(f'<p class="note">Cut by a limit: {text(", ".join(cut))}.</p>')
    found = contents.drift(snapshot)
    if found:
        headers = ["Records", "What", "Where", "Times"]
        caption = "Fields and values in eBay's answers that are new to the tables"
        parts.append(_wide(table(headers, found, caption), "New to the tables"))
    else:
        parts.append("<p>The answers held no field and no value that is new to the tables.</p>")
    return "\n".join([*parts, "</section>"])


def _wide(inner: str, name: str) -> str:
    """Let what is too wide for a narrow screen be moved sideways, by keyboard too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{text(name)}">{inner}</div>'
