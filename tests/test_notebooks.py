"""
The notebooks run from top to bottom, and say what they said when they were last written.

``python tests/test_notebooks.py`` runs them and writes the outputs anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def run(path: Path) -> nbformat.NotebookNode:
    """Execute a notebook in its own folder and return it with the new outputs."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()
    return notebook


def texts(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Collect what each cell shows as text; pictures and cells tagged "varies" do not count."""
    shown = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or "varies" in cell.metadata.get("tags", []):
            continue
        outputs = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
        shown.append([text for text in outputs if not text.startswith("<Figure")])
    return shown


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_and_says_the_same(path: Path) -> None:
    written = nbformat.read(path, as_version=4)
    assert texts(run(path)) == texts(written)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_reads_as_prose_and_holds_no_secret(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[0] == "markdown"
    assert kinds.count("markdown") >= kinds.count("code") / 2
    text = path.read_text(encoding="utf-8")
    for word in ("Authorization", "v^1.1#", "/home/", "/root/", "Traceback"):
        assert word not in text


def test_there_are_notebooks() -> None:
    assert FOLDER / "00_quickstart.ipynb" in NOTEBOOKS


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or NOTEBOOKS:
        notebook = run(path)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
        notebook.metadata.pop("widgets", None)
        nbformat.write(notebook, path)
        sys.stdout.write(f"{path.name} written\n")
