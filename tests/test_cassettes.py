"""
The project's own cassettes: recorded from the simulator, replayed with the network closed.

Each call of the API has one, ``<group>/<call>``, and some have more, ``<group>/<call>-<case>``:
the story of a call is the example in its docstring, or is told here. ``python
tests/test_cassettes.py`` records all of them anew, and the names that the examples need.
"""

from __future__ import annotations

import doctest
import json
import runpy
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import postorder_nb as pn
from postorder_nb import cassettes
from postorder_nb.api import client
from postorder_nb.api.operation import CATALOGUE, Effect
from postorder_nb.recording import storage
from postorder_nb.recording.exchange import Exchange
from postorder_nb.recording.scrub import Scrubber
from postorder_nb.simulator import Simulator

HERE = Path(__file__).parent
FOLDER = HERE.parent / "cassettes"
NAMES = HERE / "data" / "cassettes.json"
KEY = b"the simulator's people are made up"
SHOP: dict[str, Any] = {"returns": 24, "days": 90, "seed": 7, "now": "2026-06-30T12:00:00Z"}
SCENE: dict[str, Any] = {"returns": 40, "days": 40, "seed": 5, "now": "2026-03-01T12:00:00Z"}

# Of the calls that only read, and of those that are refused: the scene, and the story.
TOLD = {
    "cancellations/search": ("cancellations.approve", """
        >>> page = po.cancellations.search(cancel_id=cancel_id)
        >>> [member["cancelId"] for member in page["cancellations"]] == [cancel_id]
        True
        """),
    "cancellations/get": ("cancellations.approve", """
        >>> po.cancellations.get(cancel_id)["cancelDetail"]["cancelId"] == cancel_id
        True
        """),
    "cancellations/check_eligibility": ("cancellations.create", """
        >>> po.cancellations.check_eligibility(legacy_order_id=order_id)["eligible"]
        True
        """),
    "inquiries/search": ("inquiries.issue_refund", """
        >>> page = po.inquiries.search(limit=200)
        >>> inquiry_id in [member["inquiryId"] for member in page["members"]]
        True
        """),
    "inquiries/get": ("inquiries.issue_refund", """
        >>> po.inquiries.get(inquiry_id)["inquiryId"] == inquiry_id
        True
        """),
    "cases/search": ("cases.appeal", """
        >>> page = po.cases.search(limit=200)
        >>> case_id in [member["caseId"] for member in page["members"]]
        True
        """),
    "cases/get": ("cases.appeal", """
        >>> po.cases.get(case_id)["caseId"] == case_id
        True
        """),
    "returns/search": ("returns.decide", """
        >>> page = po.returns.search(return_id=return_id)
        >>> [member["returnId"] for member in page["members"]] == [return_id]
        True
        """),
    "returns/get": ("returns.decide", """
        >>> po.returns.get(return_id)["summary"]["returnId"] == return_id
        True
        """),
    "returns/get-not_found": ("returns.decide", """
        >>> po.returns.get("5999999999")
        Traceback (most recent call last):
        NotFound: ...
        """),
    "returns/files": ("returns.file_upload", """
        >>> po.returns.file_upload(
        ...     return_id, data=b"GIF89a ...", file_name="box.gif", file_purpose="ITEM_RELATED"
        ... ).outcome
        'done'
        >>> [file["fileFormat"] for file in po.returns.files(return_id)["files"]]
        ['GIF']
        """),
    "returns/tracking": ("returns.mark_as_received", """
        >>> parcel = po.returns.get(return_id)["detail"]["returnShipmentInfo"]["shipmentTracking"]
        >>> told = po.returns.tracking(
        ...     return_id, carrier_used=parcel["carrierEnum"],
        ...     tracking_number=parcel["trackingNumber"],
        ... )
        >>> told["trackingNumber"] == parcel["trackingNumber"]
        True
        """),
    "returns/preferences_get": ("returns.preferences_set", """
        >>> po.returns.preferences_get()["rmaRequired"]
        False
        """),
    "returns/issue_refund-refused": ("returns.decide", """
        >>> po.returns.issue_refund(return_id, amount="99999.00 USD")
        Traceback (most recent call last):
        RequestRefused: ...
        """),
}  # fmt: skip


def example(key: str) -> str:
    """Return the docstring of a call."""
    group, name = key.split(".")
    return str(getattr(getattr(client, group.capitalize()), name).__doc__)


WRITES = [key for key, row in CATALOGUE.items() if row.effect is not Effect.READ]
STORIES = {**{key.replace(".", "/"): (key, example(key)) for key in WRITES}, **TOLD}
Names = dict[str, str]


@contextmanager
def players(names: Names, **seller: Any) -> Iterator[dict[str, Any]]:
    """Yield what an example knows: the seller, the buyer, and ids; tokens matter to no replay."""
    settings = {"token": "replayed", "base_url": "http://localhost:9", **seller}
    settings |= {"marketplace": "EBAY_US", "writes": True}
    buyer = {**settings, "role": "BUYER", "token": names.get("buyer", "replayed")}
    with ExitStack() as ends:
        both = {"po": settings, "buyer": buyer}
        clients = {who: ends.enter_context(pn.connect(**how)) for who, how in both.items()}
        yield {**names, **clients}


def tell(story: str, names: dict[str, Any]) -> None:
    """Run the examples in a text."""
    example = doctest.DocTestParser().get_doctest(story, names, "story", None, 0)
    assert example.examples
    said: list[str] = []
    options = doctest.IGNORE_EXCEPTION_DETAIL
    doctest.DocTestRunner(optionflags=options).run(example, out=said.append)
    assert not said, "".join(said)


def snapshot(po: pn.PostOrder) -> pn.Snapshot:
    """Make the snapshot that the quickstart replays."""
    return pn.fetch.snapshot(po, since="90d", details=True, progress=False)


def record_snapshot(folder: Path) -> None:
    with (
        pn.demo(**SHOP) as po,
        pn.record("demo/snapshot", folder=folder, at=po.now(), persons=Scrubber(KEY)),
    ):
        snapshot(po)


def record_story(name: str, folder: Path, scenes: dict[str, Any]) -> Names:
    """Record one story in a shop where it can happen; return the names it needed."""
    scene, story = STORIES[name]
    with Simulator(**SCENE) as simulator, tempfile.TemporaryDirectory() as home:
        shop = scenes["Shop"](simulator, Path(home))
        told = scenes["SCENES"][scene](shop)
        names = {key: value for key, value in told.items() if key != "buyer"}
        names = {key: str(value) for key, value in names.items()}
        buyer = {"buyer": told["buyer"].settings["token"]} if "buyer" in told else {}
        here = {"token": simulator.token, "base_url": simulator.url, "data_folder": home}
        at = simulator.clock.now().replace(microsecond=0)
        with (
            players({**names, **buyer}, **here) as known,
            pn.record(name, folder=folder, at=at, persons=Scrubber(KEY)),
        ):
            tell(story, known)
        for po in shop.clients:
            po.close()
    return names


def scenes() -> dict[str, Any]:
    return runpy.run_path(str(HERE / "api" / "test_examples.py"))


def said(exchanges: list[Exchange]) -> list[tuple[str, int, bytes]]:
    """Return what was asked and answered; details are fetched side by side, in no order."""
    return sorted((repr(sent), came.status, came.body) for sent, came in exchanges)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close the network: every attempt to connect fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened during a replay")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def replaying(name: str) -> Any:
    return pn.replay(name, folder=FOLDER, strict=True, scrubber=Scrubber(KEY))


@pytest.mark.usefixtures("closed")
def test_the_snapshot_replays_without_a_network() -> None:
    po = pn.connect(token="none-is-needed", marketplace="EBAY_US", base_url="http://localhost:9")
    with po, replaying("demo/snapshot"):
        replayed = snapshot(po)
    assert len(replayed.returns) == SHOP["returns"]
    assert replayed.meta["until"] == "2026-06-30T12:00:00.000+00:00"


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("name", STORIES)
def test_the_story_replays_without_a_network(name: str) -> None:
    names = json.loads(NAMES.read_text(encoding="utf-8"))[name]
    with players(names) as known, replaying(name):
        tell(STORIES[name][1], known)


def test_every_call_has_a_cassette_and_every_cassette_a_story() -> None:
    assert {key.replace(".", "/") for key in CATALOGUE} <= set(STORIES)
    found = {one.name for one in cassettes.find(folder=FOLDER)}
    assert found == {"demo/snapshot", *STORIES}


def test_a_cassette_asks_what_its_name_says() -> None:
    for one in cassettes.find(folder=FOLDER):
        group, _, call = one.name.partition("/")
        asked = {row.call for row in cassettes.show(one)}
        assert group == "demo" or f"{group}.{call.partition('-')[0]}" in asked


def test_the_cassettes_can_be_shared() -> None:
    found = cassettes.check(cassettes.find(folder=FOLDER))
    assert [finding for finding in found if finding.level == "fail"] == []


def test_no_cassette_holds_a_credential_or_a_person() -> None:
    with Simulator(**SCENE) as simulator:
        buyers = {order.buyer.login for order in simulator.world.orders.values()}
    assert len(buyers) > 10
    for path in FOLDER.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for word in ("Authorization", "authorization", "v^1.1", "IAF ", "127.0.0.1", *buyers):
            assert word not in text, (path, word)


def test_the_cassettes_are_still_what_the_simulator_says(tmp_path: Path) -> None:
    told = json.loads(NAMES.read_text(encoding="utf-8"))
    record_snapshot(tmp_path)
    found = scenes()
    assert {name: record_story(name, tmp_path, found) for name in STORIES} == told
    for one in cassettes.find(folder=FOLDER):
        again = storage.read(tmp_path / f"{one.name}.yaml", advice="")
        assert said(again.exchanges) == said(one.stored.exchanges), one.name
        assert again.recorded_at == one.stored.recorded_at


if __name__ == "__main__":
    record_snapshot(FOLDER)
    found = scenes()
    told = {name: record_story(name, FOLDER, found) for name in sorted(STORIES)}
    NAMES.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
