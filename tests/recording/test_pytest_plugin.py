"""The plugin, in projects of somebody else."""

from __future__ import annotations

import sys

import pytest
import requests  # noqa: F401 - a run within this one forgets what it has to import

from postorder_nb.recording import names, plain, pytest_plugin, storage, tape  # noqa: F401 - as above
from postorder_nb.recording.pytest_plugin import own_name

pytest_plugins = ["pytester"]

PLUGIN = "postorder_nb.recording.pytest_plugin"

SHOP = """
import pytest, requests

URL = "{url}"

@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session

def ask(session, path):
    return session.get(URL + path).json()["number"]
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Load no other plugins: what is installed beside is nobody's business here."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def project(pytester, server):
    """Make a project of one test file, and run its tests."""
    pytester.makeini("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")

    def run(tests: str, *options: str, **expected: int):
        pytester.makepyfile(test_shop=SHOP.replace("{url}", server.url) + tests)
        result = pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", *options, plugins=[pytest_plugin]
        )
        result.assert_outcomes(**expected)
        return result

    return run


MARKED = """
@pytest.mark.postorder_cassette
def test_one(session):
    assert ask(session, "/a") == 1

class TestMore:
    @pytest.mark.postorder_cassette
    @pytest.mark.parametrize("site", ["EBAY_US", "a b"])
    def test_sites(self, session, site):
        ask(session, f"/{site}")

def test_fixture(session, postorder_cassette):
    assert postorder_cassette.name == "test_shop/test_fixture"
    ask(session, "/f")
"""


def test_it_replays_by_default_and_says_how_to_record(project, server):
    result = project(MARKED, errors=4)
    result.stdout.fnmatch_lines(
        [
            "*CassetteError: there is no recording *cassettes/test_shop/test_one.yaml",
            '*What to do: record it with: pytest --postorder-record all "test_shop.py::test_one"*',
        ]
    )
    assert server.seen == []


def test_what_a_run_recorded_the_next_one_replays(project, server, pytester):
    project(MARKED, "--postorder-record=all", passed=4)
    names = {str(p.relative_to(pytester.path / "cassettes")) for p in pytester.path.rglob("*.yaml")}
    assert names == {
        "test_shop/test_one.yaml",
        "test_shop/test_fixture.yaml",
        "test_shop/TestMore/test_sites-EBAY_US.yaml",
        f"{own_name('test_shop.py::TestMore::test_sites[a b]')}.yaml",
    }
    server.close()
    project(MARKED, passed=4)
    project(MARKED, "--postorder-record=once", passed=4)
    project(MARKED.replace('"/a"', '"/other"'), failed=1, passed=3)


def test_a_test_has_to_ask_for_exactly_what_was_recorded(project):
    project(MARKED, "--postorder-record=all", passed=4)
    less = MARKED.replace('assert ask(session, "/a") == 1', "pass")
    project(less, passed=4, errors=1).stdout.fnmatch_lines(
        ["*1 of the 1 answers of the cassette*GET http://simulator/a"]
    )
    project(
        less.replace("cassette\ndef test_one", "cassette(strict=False)\ndef test_one"), passed=4
    )
    warned = less.replace("cassette\ndef test_one", 'cassette(strict="warn")\ndef test_one')
    project(warned, passed=4, errors=1)
    more = MARKED.replace(
        'assert ask(session, "/a") == 1', 'ask(session, "/a"); ask(session, "/a")'
    )
    project(more, failed=1, passed=3)


def test_of_a_test_that_failed_nothing_more_is_asked(project):
    project(MARKED, "--postorder-record=all", passed=4)
    broken = MARKED.replace('assert ask(session, "/a") == 1', "assert not 'broken'")
    project(broken, failed=1, passed=3)


SHARED = """
@pytest.fixture
def asked(session):
    return ask(session, "/fixture")

@pytest.mark.postorder_cassette("shop", mode="once", strict=False, folder="{folder}")
def test_names_and_folders_are_given(asked, session, postorder_cassette):
    assert postorder_cassette.path.parent.name == "elsewhere"
    ask(session, "/b")

@pytest.mark.postorder_cassette("shop", strict=False, folder="{folder}")
def test_one_cassette_serves_several_tests(asked):
    assert asked == 1
"""


def test_the_marker_names_cassette_mode_and_folder(project, server, pytester):
    text = SHARED.replace("{folder}", str(pytester.path / "elsewhere"))
    project(text, passed=2)
    assert [path for _, path, _, _ in server.seen] == ["/fixture", "/b"]
    server.close()
    project(text, passed=2)


def test_the_settings_name_the_folder(project, server, pytester):
    pytester.makeini("[pytest]\npostorder_cassettes = data/tapes\n")
    project(MARKED, "--postorder-record=new", passed=4)
    assert (pytester.path / "data/tapes/test_shop/test_one.yaml").is_file()


def test_the_command_line_can_forbid_recording(project, server):
    text = MARKED.replace("cassette\ndef test_one", 'cassette(mode="all")\ndef test_one')
    project(text, "--postorder-record=replay", errors=4)
    assert server.seen == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('mode="any"', "*mode='any' is unknown*"),
        ('"a name"', "*a cassette cannot be named 'a name'*"),
        ("match_on=1", "*unexpected keyword argument 'match_on'*"),
    ],
)
def test_wrong_arguments_are_told(project, arguments, words):
    test = f"\n@pytest.mark.postorder_cassette({arguments})\ndef test_one(): ...\n"
    project(test, errors=1).stdout.fnmatch_lines([words])


VCR = """
from concurrent.futures import ThreadPoolExecutor

def test_threads(session, postorder_vcr, tmp_path):
    paths = [f"/{number}" for number in range(100)]
    with postorder_vcr.use_cassette(str(tmp_path / "x.yaml")) as cassette:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda path: ask(session, path), paths))
        assert len(cassette) == 100
"""


def test_plain_vcrpy_is_mended_too(project):
    project(VCR, passed=1)


def test_where_nothing_is_marked_nothing_heavy_is_loaded(pytester):
    pytester.makepyfile(
        "import sys\n"
        "def test_light():\n"
        "    heavy = {'vcr', 'yaml', 'requests', 'urllib3', 'pandas', 'orjson', 'numpy'}\n"
        "    assert not heavy & {*sys.modules}\n"
    )
    pytester.runpytest_subprocess("-p", PLUGIN).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        ("tests/test_a.py::test_b", "tests/test_a/test_b"),
        ("test_a.py::TestC::test_b[x-1]", "test_a/TestC/test_b-x-1"),
        ("test_a.py::test_b[\u00e4]", "test_a/test_b-_-fbd02e35"),
        ("test_a.py::test_b[a/b]", "test_a/test_b-a_b-f3ab8fa7"),
    ],
)
def test_own_names(nodeid, name):
    assert own_name(nodeid) == name


def test_long_and_strange_names_stay_apart_and_can_be_names():
    ids = [f"t.py::test[{text}]" for text in ("a" * 200, "a" * 201, "a b", "a_b", "a::b", "..", "")]
    own = [own_name(one) for one in ids]
    assert len(set(own)) == len(ids)
    assert [names.checked(one) for one in own] == own
    assert sys.getsizeof(own[0]) < 250
