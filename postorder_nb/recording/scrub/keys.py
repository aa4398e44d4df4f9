"""The key of a user's pseudonyms: one file in the config folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from postorder_nb import folders
from postorder_nb.errors import CassetteError

_LENGTH = 32


def path() -> Path | None:
    """Return where the key is kept; None if the home folder is not known."""
    folder = folders.user_folder("config")
    return folder / "recording.key" if folder else None


def found() -> bytes | None:
    """
    Return the user's key, None if there is none yet.

    Raises
    ------
    CassetteError
        If it cannot be read, is damaged, or others may read it.
    """
    at = path()
    try:
        if at is None or not at.exists():
            return None
        if folders.is_open_to_others(at):
            raise CassetteError(
                f"the key {at} may be read by other users, so its pseudonyms hide nobody",
                advice=f"chmod 600 {at}, or delete it: the next recording makes a new one",
            )
        key = bytes.fromhex(at.read_text(encoding="ascii").strip())
    except OSError as error:
        words = f"the key {at} cannot be read: {error.strerror or error}"
        raise CassetteError(words, advice="check who may read it") from error
    except ValueError as error:
        raise _damaged(at) from error
    if len(key) != _LENGTH:
        raise _damaged(at)
    return key


def own() -> bytes:
    """
    Return the user's key, made if there is none.

    Raises
    ------
    CassetteError
        As `found` does, or if it cannot be written.
    """
    key = found()
    return key if key is not None else _made()


def _made() -> bytes:
    at = path()
    if at is None:
        raise CassetteError(
            "there is no home folder to keep the key of the pseudonyms in",
            advice='set HOME, or record with persons="keep" if nobody in the data is real',
        )
    key = secrets.token_bytes(_LENGTH)
    making = at.with_name(f".{at.name}.{secrets.token_hex(4)}")
    try:
        folders.write(making, f"{key.hex()}\n".encode())
        try:
            os.link(making, at)  # fails if another process was quicker: its key is the key
        except FileExistsError:
            return own()
        finally:
            making.unlink()
    except OSError as error:
        raise CassetteError(
            f"the key {at} cannot be written: {error.strerror or error}",
            advice='make the folder writable, or record with persons="keep" if nobody is real',
        ) from error
    return key


def _damaged(at: Path | None) -> CassetteError:
    return CassetteError(
        f"the key {at} is damaged",
        advice="restore it from a backup; without it new recordings get other pseudonyms",
    )
