"""The fences: who may import whom, and how long a file or function may grow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "postorder_nb"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the bottom to the top; a module imports from lower rows, and from its own part.
LAYERS = [
    {"errors", "enums", "display", "clock", "folders", "api.locks"},
    {"money", "recording", "checks", "sources", "api.operation", "api.advice", "api.choices"},
    {"config", "api.envelopes", "api.lives", "api.receipt", "api.body"},
    {"api.auth", "api.quota", "api.signing", "api.fields", "api.journal", "tables"},
    {"api.amounts", "api.parts", "api.uploads", "api.evidence"},
    {"api.writing", "api.settling"},
    {"api.transport"},
    {"api.cancellations", "api.inquiries", "api.cases", "api.returns", "api.labels", "metrics"},
    {"api.client", "simulator", "plots", "quality"},
    {"fetch", "catalogue", "cassettes", "doctor", "embedded", "offline"},
    {"report", "forms", "archive"},
    {"cli", "magics"},
]
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}
# Neighbours of one row that may know each other.
NEIGHBOURS = {
    ("api.operation", "api.receipt"),  # for the type checker only
    ("api.receipt", "api.body"),
    ("api.returns", "api.labels"),
}
FACE = {"", "api"}  # the two __init__ files that only name things

ALLOWED = {
    "requests": {"api.transport", "api.auth"},
    "vcr": {"recording"},
    "matplotlib": {"plots"},
    "ipywidgets": {"forms"},
    "scipy": {"metrics"},
    "tqdm": {"fetch"},
    "deltalake": {"archive"},
}
FORBIDDEN = {
    "pandas": ("api", "simulator", "recording", "config", "errors", "enums", "display", "money"),
    "socket": ("tables", "metrics", "plots"),
    "urllib": ("tables", "metrics", "plots"),
    "http": ("tables", "metrics", "plots"),
}


def part_of(path: Path) -> str:
    """Name the part of the architecture a file belongs to."""
    names = path.relative_to(PACKAGE).with_suffix("").parts
    names = names[:-1] if names[-1] == "__init__" else names
    if names[:1] == ("api",):
        return ".".join(names[:2])
    return names[0] if names else ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, typing: bool = True) -> Iterator[str]:
    """Yield every imported module, absolute; the package's own as ``postorder_nb.x.y``."""
    package = path.relative_to(PACKAGE.parent).with_suffix("").parts
    package = package[:-1]
    skipped: set[int] = set()
    for node in ast.walk(tree(path)):
        if not typing and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            skipped |= {id(inner) for inner in ast.walk(node)}
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *(node.module.split(".") if node.module else ())))
            for alias in node.names:
                is_module = (PACKAGE.parent / Path(*module.split(".")) / alias.name).is_dir() or (
                    PACKAGE.parent / Path(*module.split(".")) / f"{alias.name}.py"
                ).is_file()
                yield f"{module}.{alias.name}" if is_module else module


def own(module: str) -> Path | None:
    """Return the file of one of the package's own modules."""
    if module != "postorder_nb" and not module.startswith("postorder_nb."):
        return None
    path = PACKAGE.parent / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_every_file_has_its_place() -> None:
    assert {part_of(path) for path in FILES} <= set(RANK) | FACE


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_downwards_only(path: Path) -> None:
    part = part_of(path)
    if part in FACE:
        return
    for module in imports(path):
        target = own(module)
        if target is None:
            continue
        other = part_of(target)
        if other == part or other in FACE or (part, other) in NEIGHBOURS:
            continue
        assert RANK[other] < RANK[part], f"{part} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_fences(path: Path) -> None:
    part = part_of(path)
    outside = {module.split(".")[0] for module in imports(path, typing=False)}
    for package, places in ALLOWED.items():
        assert package not in outside or part in places, f"{part} imports {package}"
    for package, places in FORBIDDEN.items():
        assert not (package in outside and part.split(".")[0] in places)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_simulator_knows_nothing_of_the_client(path: Path) -> None:
    if part_of(path) != "simulator":
        return
    known = {part_of(target) for module in imports(path) if (target := own(module))}
    assert known <= {"simulator", "enums", "errors", "clock", "display", ""}


def test_there_are_no_import_cycles() -> None:
    graph = {
        path: {t for module in imports(path, typing=False) if (t := own(module)) and t != path}
        for path in FILES
    }
    done: set[Path] = set()

    def visit(path: Path, trail: tuple[Path, ...]) -> None:
        assert path not in trail, " -> ".join(str(p.relative_to(PACKAGE)) for p in (*trail, path))
        if path not in done:
            for target in graph.get(path, ()):
                # The lazy faces import on first use only, so they close no circle.
                if target != PACKAGE / "__init__.py":
                    visit(target, (*trail, path))
            done.add(path)

    for path in FILES:
        visit(path, ())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_functions_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 500
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            docstring = ast.get_docstring(node, clean=False) or ""
            length = node.end_lineno - node.lineno + 1 - len(docstring.splitlines())
            assert length < 60, f"{node.name} has {length} lines"


def test_no_module_is_called_utils_or_helpers() -> None:
    assert not [path for path in FILES if re.search("util|helper|misc|common", path.stem)]
