"""``%%cassette`` in a notebook's cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import postorder_nb as pn
from postorder_nb.errors import CassetteError, CassetteMiss
from postorder_nb.recording import active, storage

ASK = "answer = session.get(url + '/x').json()\nanswer['number']"


@pytest.fixture(scope="module")
def shell():
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    pn.load_ipython_extension(shell)
    return shell


@pytest.fixture
def cell(shell, server, session, folder):
    shell.user_ns |= {"session": session, "url": server.url}

    def run(line: str, text: str = ASK):
        return shell.run_cell(f"%%cassette {line} --folder {folder}\n{text}")

    return run


def test_a_cell_records_and_the_next_one_replays(cell, server, shell):
    recorded = cell("demo/cell all")
    assert (recorded.success, recorded.result, shell.user_ns["answer"]["number"]) == (True, 1, 1)
    server.close()
    again = cell("demo/cell --strict")
    assert (again.success, again.result) == (True, 1)
    assert not active()


def test_replaying_is_the_default_and_the_advice_is_a_magic(cell, server):
    failed = cell("demo/none")
    assert isinstance(failed.error_in_exec, CassetteError)
    assert failed.error_in_exec.advice == "record it with: %%cassette demo/none all"
    assert server.seen == []


def test_the_modes_are_those_of_record(cell, server):
    for mode in ("once", "once", "new", "new"):
        assert cell(f"modes {mode}").result == 1
    assert cell("modes all").result == 2
    assert len(server.seen) == 2


def test_an_error_is_the_cells_own_and_ends_the_cassette(cell, folder):
    failed = cell("broken all", "session.get(url + '/a')\nnothing_of_that_name")
    assert isinstance(failed.error_in_exec, NameError)
    assert not active()
    assert len(storage.read(folder / "broken.yaml", advice="").exchanges) == 1
    assert isinstance(cell("broken", "session.get(url + '/b')").error_in_exec, CassetteMiss)
    assert isinstance(cell("broken --strict", "1").error_in_exec, CassetteError)
    assert isinstance(cell("broken", "1 +").error_in_exec, SyntaxError)
    assert not active()


def test_a_cell_may_hold_magics_and_end_in_a_statement(cell, shell):
    assert cell("stated all", "%pwd\nx = 3").result is None
    assert shell.user_ns["x"] == 3
    assert cell("stated all", "here = %pwd\nhere").result == str(Path.cwd())
    assert cell("stated", "").result is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "%%cassette NAME"),
        ("x any", "invalid choice: 'any'"),
        ("x --mode all", "unrecognized arguments"),
        ("'a b'", "a cassette cannot be named 'a b'"),
    ],
)
def test_wrong_lines_are_told(shell, line, words):
    failed = shell.run_cell(f"%%cassette {line}\n1")
    assert isinstance(failed.error_in_exec, UsageError)
    assert words in str(failed.error_in_exec)


def test_it_is_loaded_by_name(shell):
    assert shell.extension_manager.load_extension("postorder_nb") is None
    assert "cassette" in shell.magics_manager.magics["cell"]
