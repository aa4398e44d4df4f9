"""An archive on object storage, where commits that only one can make part two syncs at once."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from threading import Barrier, Lock, get_ident
from typing import Any

import boto3
import narwhals.stable.v2 as nw
import pytest
from botocore.config import Config

from postorder_nb import errors
from postorder_nb.archive import Archive, Observation
from postorder_nb.archive.store import Store

OWN = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
SEEN = datetime(2026, 3, 1, tzinfo=UTC)
# One request after another: a look at what is there and the put that depends on it are one step
# on S3, and two in moto.
SERVER = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app))
"""


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    """Serve a bucket on this computer, in a process of its own; these are the options for it."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    patient = Config(retries={"total_max_attempts": 60, "mode": "standard"})
    client = boto3.client(
        "s3", endpoint_url=url, config=patient, region_name=OWN["AWS_REGION"],
        aws_access_key_id=OWN["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=OWN["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip
    with closing(client):
        try:
            client.create_bucket(Bucket="bucket")
            yield {**OWN, "AWS_ENDPOINT_URL": url, "AWS_ALLOW_HTTP": "true"}
        finally:
            server.kill()
            server.wait()


def answer(number: int, state: str) -> Observation:
    body = {"returnId": str(number), "state": state, "status": state}
    return Observation("me", "returns", "search", str(number), SEEN, body)


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two threads write one after the other, but when both have looked at what is there."""
    both, turn, came, write = Barrier(2), Lock(), set[int](), Store._write

    def in_turn(store: Store, *args: Any, **how: Any) -> None:
        if get_ident() not in came:
            came.add(get_ident())
            both.wait(30)
        with turn:
            write(store, *args, **how)

    monkeypatch.setattr(Store, "_write", in_turn)


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("shared", [False, True], ids=["two archives", "one archive"])
def test_what_two_add_at_once_is_there_once(bucket: dict[str, str], *, shared: bool) -> None:
    there = [Archive("s3://bucket/archive", storage_options=bucket) for _ in range(2)]
    there[shared:] = there[: 2 - shared]
    told = [[answer(5001, "CLOSED"), answer(5002, "CLOSED")],
            [answer(5002, "CLOSED"), answer(5003, "ESCALATED")]]  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda archive, some: archive.add(some), there, told))
    wanted = {"5001": "CLOSED", "5002": "CLOSED", "5003": "ESCALATED"}
    for archive in there:
        frame = archive.frame("returns", columns=["return_id", "state"])
        assert sorted(frame["return_id"]) == sorted(wanted)
        assert frame.set_index("return_id")["state"].to_dict() == wanted
    versions = there[0].store.read("returns_versions", ["return_id", "seen_from"]).to_pandas()
    assert not versions.duplicated().any()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_address_may_have_blanks_and_accents(bucket: dict[str, str], engine: str) -> None:
    archive = Archive("s3://bucket/Zoë's shop", storage_options=bucket)
    archive.add([answer(5001, "CLOSED")])
    frame = nw.from_native(archive.frame("returns", engine, columns=["return_id"])).lazy()
    assert frame.collect("pyarrow")["return_id"].to_list() == ["5001"]


def test_an_address_that_the_library_reads_otherwise_is_refused() -> None:
    for address in ("s3://bucket/100%25", "s3://bucket/what?"):
        with pytest.raises(errors.InputError, match="a place without %"):
            Archive(address)


def test_a_table_is_opened_again_only_if_somebody_wrote(bucket: dict[str, str]) -> None:
    """To open it is to ask for each commit since its last checkpoint."""
    one, other = (Archive("s3://bucket/archive", storage_options=bucket) for _ in range(2))
    one.add([answer(5001, "ESCALATED")])
    held = one.store.table("returns_versions")
    assert one.store.table("returns_versions") is held
    other.add([answer(5001, "CLOSED"), answer(5002, "CLOSED")])
    assert one.store.table("returns_versions") is not held
    assert sorted(one.frame("returns")["state"]) == ["CLOSED", "CLOSED"]
