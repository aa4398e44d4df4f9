"""The arguments of ``postorder-nb cassettes``; what they do is in `running`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..recording import plays


def options(parser: argparse.ArgumentParser) -> None:
    """Add the commands to the parser of ``postorder-nb cassettes``."""
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="what cassettes there are")
    _named(listing)
    listing.set_defaults(command="list")

    show = commands.add_parser("show", help="the interactions of a cassette")
    show.add_argument("cassette", metavar="NAME", help="a name, or a file")
    show.add_argument("numbers", metavar="N", nargs="*", type=int, help="show these in full")
    _folder(show)
    show.set_defaults(command="show")

    check = commands.add_parser(
        "check", help="leaks, unsafe files, unknown fields, stale or unplayed answers"
    )
    _named(check)
    check.add_argument(
        "--played", type=Path, metavar="FILE",
        help=f"what was played, as written where {plays.VARIABLE} names FILE",
    )  # fmt: skip
    check.add_argument("--older-than", type=int, metavar="DAYS", help="warn of old recordings")
    check.add_argument("--strict", action="store_true", help="let warnings fail, too")
    check.add_argument("-q", "--quiet", action="store_true", help="show failures only")
    check.set_defaults(command="check")

    scrub = commands.add_parser("scrub", help="take secrets and persons out, also of vcrpy's own")
    scrub.add_argument("cassettes", metavar="NAME", nargs="+", help="a name, a file or a folder")
    scrub.add_argument("-o", "--output", type=Path, metavar="FILE", help="leave it, write FILE")
    _folder(scrub)
    scrub.set_defaults(command="scrub")

    diff = commands.add_parser("diff", help="what changed between two recordings")
    diff.add_argument("before", metavar="BEFORE", help="a name, or a file")
    diff.add_argument("after", metavar="AFTER", help="a name, or a file")
    diff.add_argument("--values", action="store_true", help="also values, of equal requests")
    _folder(diff)
    diff.set_defaults(command="diff")

    forget = commands.add_parser("forget", help="put somebody nobody knows in a user's place")
    forget.add_argument("user", metavar="USER", help="the login name")
    _named(forget)
    forget.set_defaults(command="forget")

    convert = commands.add_parser("convert", help="turn YAML into the compact form, or back")
    convert.add_argument("cassettes", metavar="NAME", nargs="+", help="a name, a file or a folder")
    convert.add_argument("--to", choices=("yaml", "compact"), help="default: the other form")
    _folder(convert)
    convert.set_defaults(command="convert")


def _named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "cassettes", metavar="NAME", nargs="*", help="a name, a file or a folder (default: all)"
    )
    _folder(parser)


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", type=Path, help="the folder of the cassettes (default: the nearest `cassettes`)"
    )
