"""Importing the package is cheap, and every public name is there."""

from __future__ import annotations

import subprocess
import sys

import postorder_nb as pn

HEAVY = ("pandas", "numpy", "pyarrow", "matplotlib", "ipywidgets", "requests", "vcr", "scipy")


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, postorder_nb; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "postorder_nb" in loaded
    assert not loaded & set(HEAVY)


def test_the_simulator_and_the_client_load_without_pandas() -> None:
    code = "import sys, postorder_nb as pn; pn.Simulator; pn.connect; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"pandas", "matplotlib", "ipywidgets"}


def test_every_public_name_is_listed_and_there() -> None:
    assert set(pn.__all__) <= set(dir(pn))
    for name in pn.__all__:
        assert getattr(pn, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(pn, "returnz")
