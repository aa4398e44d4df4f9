"""Clients nobody here wrote: installed once into a folder of their own, run as programs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NODE_LEAST = 18

Run = Callable[..., list[dict[str, Any]]]


def _missing(what: str) -> None:
    """Do without where somebody works on something else; never where everything is checked."""
    if os.environ.get("POSTORDER_CI"):
        pytest.fail(f"{what} is missing: it is needed to try clients of others")
    pytest.skip(f"{what} is missing: clients of others are not tried")


def _node() -> str:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        _missing("node with npm")
    version = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.strip().removeprefix("v").split(".")[0]) < NODE_LEAST:
        _missing(f"node {NODE_LEAST} or later")
    return str(node)


def _install() -> Path:
    """Install what package.json pins, unless that was done before."""
    wanted = (HERE / "package.json").read_bytes()
    mark = hashlib.sha256(wanted).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"postorder-nb-clients-{mark}"
    if not (folder / "node_modules").is_dir():
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            (Path(made) / "package.json").write_bytes(wanted)
            npm = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund",
                   "--ignore-scripts", "--loglevel=error"]  # fmt: skip
            subprocess.run(npm, cwd=made, check=True, timeout=240)
            folder.mkdir(exist_ok=True)
            shutil.copy(Path(made) / "package.json", folder)
            shutil.copytree(Path(made) / "node_modules", folder / "node_modules")
    return folder


@pytest.fixture(scope="session")
def ebay_api() -> Run:
    """Return a runner of the npm package: what to call in, what came of it out."""
    node, folder = _node(), _install()
    shutil.copy(HERE / "ebay_api.mjs", folder)

    def run(**asked: Any) -> list[dict[str, Any]]:
        ran = subprocess.run(
            [node, str(folder / "ebay_api.mjs")],
            input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        answers: list[dict[str, Any]] = json.loads(ran.stdout)
        return answers

    return run
