"""
Which interactions of which cassettes were played, over many runs and processes.

With the environment variable ``POSTORDER_PLAYED`` naming a file, each replay adds a line to it
when it ends; ``postorder-nb cassettes check --played FILE`` tells what nobody asked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from postorder_nb.errors import InputError

VARIABLE = "POSTORDER_PLAYED"


def note(cassette: Path, places: Iterable[int]) -> None:
    """Add which interactions of a cassette were played, counted from 0, if that is wanted."""
    wanted = os.environ.get(VARIABLE)
    if wanted:
        line = json.dumps({"cassette": str(cassette.resolve()), "played": list(places)}) + "\n"
        # One write at the end of the file: processes side by side do not mix their lines.
        register = os.open(wanted, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(register, line.encode())
        finally:
            os.close(register)


def read(register: Path) -> dict[Path, set[int]]:
    """
    Return what was played of each cassette.

    Raises
    ------
    InputError
        If there is no such file, or something else is in it.
    """
    found: dict[Path, set[int]] = {}
    try:
        for line in register.read_text(encoding="utf-8").splitlines():
            noted = json.loads(line)
            found.setdefault(Path(noted["cassette"]), set()).update(map(int, noted["played"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{register} does not tell what was played",
            advice=f"run the tests with the environment variable {VARIABLE}={register}",
        ) from error
    return found
