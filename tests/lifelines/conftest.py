"""Tests against lifelines, which runs with pandas 2 only: elsewhere there is nothing to collect."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("lifelines") else ["test_*.py"]
