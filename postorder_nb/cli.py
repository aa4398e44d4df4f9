"""The command line: ``postorder-nb demo | report | lab | desk | simulator | operations ...``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import resources, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from .cassettes.command import options as cassette_options
from .checks import is_loopback
from .errors import InputError, MissingExtra, PostOrderError

if TYPE_CHECKING:
    from .fetch import Snapshot

PAGE = "postorder-report.html"
_SYNC = """\
exit codes:
  0  done; what the budget left over is owed to the next sync
  1  a call failed for good, or the archive cannot be written; what came before is kept
  2  bad arguments or settings; nothing was sent
  3  another sync of this seller is running; nothing was sent

every night by cron (settings in the environment, the config file or the keyring):
  15 3 * * *  postorder-nb sync /srv/postorder --budget 4000 --json >> /srv/postorder.jsonl

or by a systemd timer, postorder.service and postorder.timer in /etc/systemd/system:
  [Service]
  Type=oneshot
  User=postorder
  EnvironmentFile=/etc/postorder.env
  ExecStart=postorder-nb sync /srv/postorder --budget 4000 --json
  SuccessExitStatus=3

  [Timer]
  OnCalendar=*-*-* 03:15
  RandomizedDelaySec=15min
  Persistent=true
  [Install]
  WantedBy=timers.target
"""
_LONGEST = 540  # days; eBay's searches reach back 18 months


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code (0 well, 1 failed, 2 bad arguments)."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        code = int(chosen.run(chosen))
        sys.stdout.flush()
    except PostOrderError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    except BrokenPipeError:  # its reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="postorder-nb",
        description="eBay's after-sale records as tables, metrics and pictures.",
    )
    parser.add_argument("--version", action="version", version=f"postorder_nb {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="run the main job on a made-up shop, no account needed")
    demo.set_defaults(run=_demo)
    _world(demo)

    report = commands.add_parser("report", help="the same page for your own account")
    report.add_argument("--since", default="90d", help='"90d", or a date (default: 90d)')
    report.add_argument("--no-details", action="store_true", help="spare one call per record")
    report.set_defaults(run=_report)

    for command in (demo, report):
        _page(command)
        command.add_argument("--cassette", metavar="NAME", help="replay a recording, or make one")
        command.add_argument(
            "--mode", choices=("replay", "all", "new", "once"), default="replay",
            help="replay the cassette (default), record all anew, only what is new, or once",
        )  # fmt: skip

    lab = commands.add_parser("lab", help="open JupyterLab on the notebooks")
    lab.add_argument("options", nargs=argparse.REMAINDER, help="passed on to JupyterLab")
    lab.set_defaults(run=_lab)

    desk = commands.add_parser("desk", help="open the work queue as a web page")
    desk.set_defaults(run=_desk)
    _desk_options(desk)

    simulator = commands.add_parser("simulator", help="run the simulator alone")
    _world(simulator)
    _server(simulator)
    simulator.set_defaults(run=_simulator)

    operations = commands.add_parser("operations", help="list the calls")
    operations.add_argument("--withdrawn", action="store_true", help="also those eBay withdrew")
    operations.add_argument("--v1", action="store_true", help="also those of 2014")
    operations.set_defaults(run=_operations)

    cassettes = commands.add_parser("cassettes", help="look after recordings")
    cassettes.set_defaults(run=_cassettes)
    cassette_options(cassettes)

    _archive(commands)

    doctor = commands.add_parser("doctor", help="check settings, token, clock, key and quota")
    doctor.set_defaults(run=_doctor)
    return parser


def _page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", "--output", dest="output", metavar="FILE", type=Path, default=Path(PAGE),
        help=f"page to write (default: {PAGE})",
    )  # fmt: skip
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--buyers", action="store_true", help="name the buyers, not just numbers")
    parser.add_argument(
        "--orders", type=Path, metavar="FILE", help="all orders (Parquet or CSV), for return rates"
    )
    parser.add_argument("--tz", default="UTC", help="time zone, such as Europe/Berlin")


def _world(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--returns", type=int, default=2000, help="returns in the shop")
    parser.add_argument("--days", type=int, default=365, help="days of history")
    parser.add_argument("--seed", type=int, default=7, help="another number, another shop")


def _server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any)")
    parser.add_argument("--host", default="127.0.0.1", help="address (default: this computer only)")
    parser.add_argument("--public", action="store_true", help="let --host be seen by others")
    parser.add_argument("--db", type=Path, metavar="FILE", help="keep the world's changes in FILE")
    parser.add_argument("--now", help="where the clock stands, such as 2026-03-01T12:00:00Z")
    parser.add_argument("--marketplace", default="EBAY_US", help="EBAY_US, EBAY_GB or EBAY_DE")
    parser.add_argument("--scenario", help="the kind of shop, such as holiday-peak")
    parser.add_argument("--behaviour", help="how buyers, the seller and eBay act by themselves")
    parser.add_argument(
        "--dialect", default="2026", help="the shapes of 2015, 2020, 2026, or 2026-ids"
    )
    parser.add_argument("--surprises", type=float, help="share of unknown fields and values")
    parser.add_argument("--life", choices=("all", "2026"), default="all", help="which calls are up")
    parser.add_argument("--offset", choices=("rows", "pages", "pages1"), default="rows")
    parser.add_argument(
        "--latency", default=0.0, help='seconds per answer, or "lognormal:0.12/0.8"'
    )
    parser.add_argument(
        "--faults", help='"5%%:429,drop quota=5000 storm=200/20", or a JSON or TOML file'
    )
    parser.add_argument("--truth", type=Path, metavar="FOLDER", help="write the truth, and end")
    parser.add_argument("--openapi", type=Path, metavar="FILE", help="write the API, and end")


def _desk_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--writes", action="store_true", help="let visitors act, not just look")
    parser.add_argument("--demo", action="store_true", help="on a made-up shop, no account needed")
    _world(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address (default: this computer only)")
    parser.add_argument("--port", type=int, default=8866, help="port (default: 8866; 0: any)")
    parser.add_argument(
        "--token", help="what visitors must know; needed where others could reach the page "
        "(or the variable POSTORDER_DESK_TOKEN, which other users do not see)",
    )  # fmt: skip
    parser.add_argument("--tz", default="UTC", help="time zone, such as Europe/Berlin")
    parser.add_argument("--theme", choices=("auto", "light", "dark"), default="auto")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def _archive(commands: Any) -> None:
    sync = commands.add_parser(
        "sync", help="bring an archive up to date, as by cron", epilog=_SYNC,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    sync.set_defaults(run=_sync)
    sync.add_argument("folder", metavar="FOLDER", help="the archive, or s3://bucket/archive ...")
    sync.add_argument("--since", help='how far back: "365d", or a date (default: 18 months)')
    sync.add_argument("--budget", type=int, metavar="CALLS", help="the most calls")
    sync.add_argument(
        "--details", choices=("changed", "none"), default="changed",
        help="read details of what changed (default), or none",
    )  # fmt: skip
    sync.add_argument(
        "--overlap", default="30d", help="how far back closed records are read again (default: 30d)"
    )
    sync.add_argument("--seller", metavar="NAME", help="what the archive calls the seller")
    sync.add_argument("--json", action="store_true", help="print one line of JSON")

    forget = commands.add_parser("forget", help="take people out of an archive")
    forget.set_defaults(run=_forget)
    forget.add_argument("folder", metavar="FOLDER", help="the archive")
    forget.add_argument("users", metavar="USER", nargs="+", help="a login name, or a user id")


def _demo(chosen: argparse.Namespace) -> int:
    from . import offline
    from .embedded import Demo, demo
    from .fetch import snapshot

    options = _options(chosen)

    def shop() -> Demo:
        print(f"Starting a simulated shop: {chosen.returns} returns in {chosen.days} days ...")
        po = demo(returns=chosen.returns, days=chosen.days, seed=chosen.seed)
        print(f"Fetching everything from {po.simulator.url} over HTTP ...")
        return po

    with offline.under(chosen.cassette, chosen.mode, shop) as po:
        # Inquiries and cases tell their reasons and refunds in the details only.
        since = f"{min(chosen.days, _LONGEST)}d"
        found = snapshot(po, since=since, details=["inquiries", "cases"])
    _tell(found, chosen, options)
    return 0


def _report(chosen: argparse.Namespace) -> int:
    from . import offline
    from .api.client import connect
    from .fetch import snapshot

    options = _options(chosen)
    with offline.under(chosen.cassette, chosen.mode, connect) as po:
        found = snapshot(po, since=chosen.since, details=not chosen.no_details)
    _tell(found, chosen, options)
    return 0


def _options(chosen: argparse.Namespace) -> dict[str, Any]:
    """Read and check what the report is told, before anything is fetched for it."""
    from .report import orders
    from .report.material import check_zone

    check_zone(chosen.tz)
    sold = orders.read(chosen.orders) if chosen.orders else None
    return {"buyers": chosen.buyers, "orders": sold, "tz": chosen.tz}


def _tell(found: Snapshot, chosen: argparse.Namespace, options: dict[str, Any]) -> None:
    from .report import Report

    report = Report(found, **options)
    print(f"\n{report.terminal()}\n")
    page = report.write(chosen.output)
    print(f"Report: {page.resolve()}")
    if chosen.open:
        webbrowser.open(page.resolve().as_uri())


def _lab(chosen: argparse.Namespace) -> int:
    if util.find_spec("jupyterlab") is None:
        raise MissingExtra(
            "JupyterLab is not installed", advice='run: pip install "postorder_nb[lab]"'
        )
    folder = _notebooks()
    options = [option for option in chosen.options if option != "--"]
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *options]
    print(f"Opening JupyterLab on {folder}; stop it with Ctrl-C.")
    # The list goes to our own interpreter without a shell; its options are what the person who
    # runs this command has typed, and who could run JupyterLab with them anyway.
    return subprocess.run(command, check=False).returncode  # noqa: S603 - no shell, our own interpreter


def _desk(chosen: argparse.Namespace) -> int:
    from .forms import page

    world = (chosen.returns, chosen.days, chosen.seed)
    with ExitStack() as ends:
        settings = ends.enter_context(page.shop(*world)) if chosen.demo else None
        page.serve(
            host=chosen.host, port=chosen.port, token=chosen.token, writes=chosen.writes,
            tz=chosen.tz, theme=chosen.theme, browser=chosen.open, settings=settings,
        )  # fmt: skip
    return 0


def _notebooks() -> Path:
    """Find the notebooks: of the checkout this package runs from, or those installed with it."""
    package = Path(str(resources.files("postorder_nb")))
    for folder in (package.parent / "notebooks", package / "notebooks"):
        if folder.is_dir():
            return folder
    raise InputError("the notebooks are not installed", advice="run it from a checkout")


def _simulator(chosen: argparse.Namespace) -> int:
    from .simulator import Faults, Simulator, serve

    if chosen.openapi:
        import orjson

        from .simulator.openapi import description

        chosen.openapi.write_bytes(orjson.dumps(description(), option=orjson.OPT_INDENT_2))
        print(f"OpenAPI: {chosen.openapi.resolve()}")
    if chosen.openapi and not chosen.truth:
        return 0
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    if not (chosen.public or is_loopback(f"http://{host}")):
        raise InputError(
            f"others could reach {chosen.host}", advice="add --public if that is meant"
        )
    names = ("returns", "days", "seed", "now", "offset", "latency", "port", "host", "marketplace",
             "life", "scenario", "behaviour", "dialect", "surprises", "db")  # fmt: skip
    settings = {name: getattr(chosen, name) for name in names}
    faults = Faults.read(chosen.faults) if chosen.faults else None
    if not chosen.truth:
        serve(**settings, faults=faults)
        return 0
    from .simulator import truth

    simulator = Simulator(**settings)
    try:
        for path in truth.write(simulator.world, chosen.truth).values():
            print(f"Truth: {path.resolve()}")
    finally:
        simulator.close()
    return 0


def _cassettes(chosen: argparse.Namespace) -> int:
    from .cassettes import running

    said, status = running.run(chosen)
    print(said)
    return status


def _operations(chosen: argparse.Namespace) -> int:
    from .catalogue import operations

    print(operations(withdrawn=chosen.withdrawn, v1=chosen.v1).to_string(index=False))
    return 0


def _sync(chosen: argparse.Namespace) -> int:
    from .archive import command

    said, status = command.sync(chosen)
    print(said)
    return status


def _forget(chosen: argparse.Namespace) -> int:
    from .archive import command

    said, status = command.forget(chosen)
    print(said)
    return status


def _doctor(_: argparse.Namespace) -> int:
    from .doctor import examine, render

    checks = examine()
    print(render(checks))
    return int(any(check.state == "fail" for check in checks))


if __name__ == "__main__":
    sys.exit(main())
