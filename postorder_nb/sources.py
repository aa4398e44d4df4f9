"""Where settings may lie beside the program: the environment, the keyring, the user's config file.

Nothing is read from the working directory: a folder that somebody else filled must not be able
to say where a token goes.
"""

from __future__ import annotations

import os
import tomllib
import warnings
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from . import folders
from .errors import SettingError

SERVICE = folders.NAME
"""The service name of the entries in the keyring; their user names are the settings' names."""


def near(name: str, known: Collection[str]) -> str:
    """Say which known setting was probably meant."""
    found = get_close_matches(name, known, n=1)
    return f"did you mean {found[0]!r}?" if found else f"known are: {', '.join(known)}"


def environment(variable: str) -> str | None:
    """Return a variable; one that is set to nothing counts as not set."""
    return os.environ.get(variable, "").strip() or None


def keyring(name: str) -> str | None:
    """
    Return the keyring's entry for a setting, if the package ``keyring`` is installed.

    No package and no keyring are no errors. A keyring that fails is worth a warning.
    """
    try:
        ring = import_module("keyring")
        errors = import_module("keyring.errors")
    except ImportError:
        return None
    try:
        found = ring.get_password(SERVICE, name)
    except errors.NoKeyringError:
        return None
    except errors.KeyringError as error:
        warnings.warn(f"the keyring was not read ({type(error).__name__}): unlock it", stacklevel=2)
        return None
    return None if found is None else str(found)


def config_file() -> Path | None:
    """Return where the user's config file belongs; None if there is no home folder."""
    folder = folders.user_folder("config")
    return folder / "config.toml" if folder else None


def from_file(path: Path | None, known: Collection[str]) -> Mapping[str, Any]:
    """
    Read the user's config file; there need not be one.

    Raises
    ------
    SettingError
        If it cannot be read, is no TOML, or holds a key that is no setting.

    Warns
    -----
    UserWarning
        If other users may read or change it.
    """
    if path is None or not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"the config file {path} cannot be read: {error.strerror}",
            advice="make it readable for yourself, or take it away",
        ) from None
    except ValueError as error:
        line = str(error).rpartition("(")[2].rstrip(")") if "(at " in str(error) else "its text"
        raise SettingError(
            f"the config file {path} is no TOML ({line})",
            advice='write one setting a line, such as marketplace = "EBAY_US"',
        ) from None
    for name, value in content.items():
        if name not in known or isinstance(value, dict | list):
            raise SettingError(
                f"the config file {path} holds {name!r}, which is no setting",
                advice=near(name, known),
            )
    if folders.is_open_to_others(path):
        warnings.warn(
            f"other users may read or change the config file {path}: chmod 600 it", stacklevel=2
        )
    return content
