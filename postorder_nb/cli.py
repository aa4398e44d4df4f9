"""The command line: ``postorder-nb demo | report | lab | simulator | operations | doctor``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from importlib import resources, util
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__
from .errors import InputError, MissingExtra, PostOrderError

if TYPE_CHECKING:
    from .fetch import Snapshot

PAGE = "postorder-report.html"
_LONGEST = 540  # days; eBay's searches reach back 18 months


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code (0 well, 1 failed, 2 bad arguments)."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except PostOrderError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


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
        command.add_argument("-o", "--output", type=Path, default=Path(PAGE), help="page to write")
        command.add_argument("--open", action="store_true", help="open the page in the browser")

    lab = commands.add_parser("lab", help="open JupyterLab on the notebooks")
    lab.add_argument("options", nargs=argparse.REMAINDER, help="passed on to JupyterLab")
    lab.set_defaults(run=_lab)

    simulator = commands.add_parser("simulator", help="run the simulator alone")
    _world(simulator)
    simulator.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any)")
    simulator.add_argument("--offset", choices=("rows", "pages", "pages1"), default="rows")
    simulator.add_argument("--latency", type=float, default=0.0, help="seconds per answer")
    simulator.add_argument("--faults", help='such as "5%%:429,500,drop"')
    simulator.set_defaults(run=_simulator)

    operations = commands.add_parser("operations", help="list the calls")
    operations.add_argument("--withdrawn", action="store_true", help="also those eBay withdrew")
    operations.add_argument("--v1", action="store_true", help="also those of 2014")
    operations.set_defaults(run=_operations)

    doctor = commands.add_parser("doctor", help="check settings, token, clock, key and quota")
    doctor.set_defaults(run=_doctor)
    return parser


def _world(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--returns", type=int, default=2000, help="returns in the shop")
    parser.add_argument("--days", type=int, default=365, help="days of history")
    parser.add_argument("--seed", type=int, default=7, help="another number, another shop")


def _demo(chosen: argparse.Namespace) -> int:
    from .embedded import demo
    from .fetch import snapshot

    print(f"Starting a simulated shop: {chosen.returns} returns in {chosen.days} days ...")
    with demo(returns=chosen.returns, days=chosen.days, seed=chosen.seed) as po:
        print(f"Fetching everything from {po.simulator.url} over HTTP ...")
        # Inquiries and cases tell their reasons and refunds in the details only.
        since = f"{min(chosen.days, _LONGEST)}d"
        found = snapshot(po, since=since, details=["inquiries", "cases"])
    _show(found)
    _write(found, chosen)
    return 0


def _report(chosen: argparse.Namespace) -> int:
    from .api.client import connect
    from .fetch import snapshot

    with connect() as po:
        found = snapshot(po, since=chosen.since, details=not chosen.no_details)
    _show(found)
    _write(found, chosen)
    return 0


def _show(found: Snapshot) -> None:
    from . import report

    print()
    print(report.terminal(found))
    print()


def _write(found: Snapshot, chosen: argparse.Namespace) -> None:
    from . import report

    page = report.write(found, chosen.output)
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
    # No shell: our own interpreter, and options that the person typed.
    return subprocess.run(command, check=False).returncode  # noqa: S603


def _notebooks() -> Path:
    """Find the notebooks: of the checkout this package runs from, or those installed with it."""
    package = Path(str(resources.files("postorder_nb")))
    for folder in (package.parent / "notebooks", package / "notebooks"):
        if folder.is_dir():
            return folder
    raise InputError("the notebooks are not installed", advice="run it from a checkout")


def _simulator(chosen: argparse.Namespace) -> int:
    from .simulator import Faults, serve

    serve(
        returns=chosen.returns,
        days=chosen.days,
        seed=chosen.seed,
        port=chosen.port,
        offset=chosen.offset,
        latency=chosen.latency,
        faults=Faults.parse(chosen.faults) if chosen.faults else None,
    )
    return 0


def _operations(chosen: argparse.Namespace) -> int:
    from .catalogue import operations

    print(operations(withdrawn=chosen.withdrawn, v1=chosen.v1).to_string(index=False))
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from .doctor import examine, render

    checks = examine()
    print(render(checks))
    return int(any(check.state == "fail" for check in checks))


if __name__ == "__main__":
    sys.exit(main())
