"""
The Desk as a web page: Voila, one kernel a visitor, for this computer unless a token guards it.

What the page must not do is settled here and not in the browser: its kernels get a client that
cannot write unless that was asked for, and its content policy lets it load nothing from elsewhere.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module, util
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from traitlets.config import Config

from ..checks import is_loopback
from ..config import resolve
from ..errors import InputError, MissingExtra
from ..metrics.periods import check_zone
from ..simulator import Simulator
from .style import FOLLOW

VARIABLE = "POSTORDER_DESK_TOKEN"
"""The environment variable that may hold the token."""
PORT = 8866
_KERNEL = "postorder-desk"
_SHORTEST = 8  # characters of a token
_IDLE = 900  # seconds until the kernel of a page that went away without a word is ended
_EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'self'"
)
_CELL = """\
from postorder_nb import connect, forms

forms.desk(connect(), tz={tz!r}).add_class({follow!r})"""


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    token: str | None = None,
    writes: bool = False,
    tz: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
    browser: bool = False,
    settings: Mapping[str, str] | None = None,
) -> None:
    """
    Serve the Desk until Ctrl-C or SIGTERM, saying first where it is.

    Parameters
    ----------
    host : str
        The address to listen at; others than this computer's own need a `token`.
    port : int
        The port; 0 takes a free one.
    token : str, optional
        What a visitor has to know; from the variable ``POSTORDER_DESK_TOKEN`` if not given.
    writes : bool
        Whether visitors may act. Without it their client refuses every call that writes.
    tz : str, optional
        The zone that times are shown in.
    theme : {"auto", "light", "dark"}
        What the page looks like; ``auto`` is what the visitor's system does.
    browser : bool
        Whether to open it.
    settings : mapping, optional
        Settings of the client by the variable's name, in place of the user's own.

    Raises
    ------
    InputError
        If others could reach the page without a token, the port is taken, or a setting is wrong.
    MissingExtra
        If Voila is not installed.
    """
    secret = _guard(host, token or os.environ.get(VARIABLE) or "")
    if tz is not None:
        check_zone(tz)
    if settings is None:
        resolve()  # what is wrong is said here, not to the visitors
    voila = _voila()
    chosen = _free(host, port)
    environment = {**(settings or {}), "EBAY_WRITES": str(writes).lower()}
    with TemporaryDirectory(prefix="postorder-desk-") as folder:
        notebook = _notebook(Path(folder), tz, FOLLOW if theme == "auto" else "", environment)
        # Where Jupyter looks for kernels first; there is no argument for it.
        os.environ["JUPYTER_PATH"] = os.pathsep.join([folder, os.environ.get("JUPYTER_PATH", "")])
        may = "visitors may act" if writes else "read-only"
        query = "?token=..." if secret else ""
        sys.stdout.write(f"The Desk ({may}): {_url(host, chosen)}/{query}\nCtrl-C ends it.\n")
        sys.stdout.flush()
        listens = {"ip": host, "port": chosen, "token": secret, "open_browser": browser}
        config = _config(listens, theme, local=is_loopback(_url(host, 0)))
        voila.launch_instance([str(notebook)], config=Config(config))


@contextmanager
def shop(returns: int, days: int, seed: int) -> Iterator[dict[str, str]]:
    """
    Start a simulator and yield the settings of a client of it, by the variable's name.

    Examples
    --------
    >>> with shop(5, 30, 1) as settings:
    ...     settings["EBAY_BASE_URL"].startswith("http://127.0.0.1:")
    True
    """
    with (
        Simulator(returns=returns, days=days, seed=seed) as simulator,
        TemporaryDirectory(prefix="postorder-demo-") as folder,
    ):
        yield {
            "EBAY_BASE_URL": simulator.url,
            "EBAY_TOKEN": simulator.token,
            "EBAY_MARKETPLACE": simulator.settings.marketplace,
            "EBAY_DATA_FOLDER": folder,
            "EBAY_CACHE_FOLDER": folder,
        }


def _guard(host: str, token: str) -> str:
    """Return the token; `InputError` where there must be one and is none."""
    if token and (len(token) < _SHORTEST or not token.isascii() or not token.isprintable()):
        raise InputError(
            f"the token is too short, or holds odd characters: {_SHORTEST} plain ones at least",
            advice="take a long random one, such as: openssl rand -hex 24",
        )
    if not token and not is_loopback(_url(host, 0)):
        raise InputError(
            f"others could reach {host}, and nothing would keep them out",
            advice=f"give --token or set {VARIABLE}; and put the page behind TLS",
        )
    return token


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _voila() -> Any:
    for name in ("voila", "ipykernel"):
        if util.find_spec(name) is None:
            raise MissingExtra(
                f"{name} is not installed", advice='run: pip install "postorder_nb[lab]"'
            )
    return import_module("voila.app").Voila


def _free(host: str, port: int) -> int:
    """Return the port, or a free one for 0; `InputError` if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":  # there it would allow two servers at one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"cannot listen at {host} port {port}: {error}",
                advice="give another --port, or 0",
            ) from None
        return int(probe.getsockname()[1])


def _config(listens: Mapping[str, Any], theme: str, *, local: bool) -> dict[str, dict[str, Any]]:
    """Set Voila; no file of the user's, or of the working directory, has a say in it."""
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "same-origin"}
    return {
        "Voila": {
            **listens,
            "config_file_paths": [],
            "log_level": "ERROR",
            "port_retries": 0,
            # Another name for this computer is one that a page elsewhere has given it.
            "tornado_settings": {"allow_remote_access": not local, "headers": headers},
        },
        "VoilaConfiguration": {
            "allow_template_override": "NO",
            "extension_allowlist": _EXTENSIONS,
            "preheat_kernel": False,
            "show_tracebacks": False,
            "theme": "dark" if theme == "dark" else "light",
        },
        "KernelManager": {"transport": "tcp" if os.name == "nt" else "ipc"},
        "MappingKernelManager": {"cull_idle_timeout": _IDLE, "cull_interval": 60},
    }


def _notebook(folder: Path, tz: str | None, follow: str, environment: Mapping[str, str]) -> Path:
    """Write the page's one cell, and the kernel that runs it: this interpreter, no other."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"display_name": "Desk", "language": "python", "argv": argv, "env": dict(environment)}
    place = folder / "kernels" / _KERNEL
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "desk",
        "metadata": {},
        "source": _CELL.format(tz=tz, follow=follow),
        "execution_count": None,
        "outputs": [],
    }
    spec = {"name": _KERNEL, "display_name": "Desk", "language": "python"}
    content = {
        "cells": [cell],
        "metadata": {"kernelspec": spec},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / "Desk.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
