"""An archive on object storage, where commits that only one can make part two syncs at once."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import boto3
import pandas as pd
import pytest
from botocore.config import Config

import postorder_nb as pn
from postorder_nb.archive import Archive

OWN = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
TABLES = ("returns", "history", "refund_lines")


@pytest.fixture
def storage() -> Iterator[dict[str, str]]:
    """Serve a bucket on this computer, with the conditional put that S3 has."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    # A process of its own: the library holds Python's lock while it waits for an answer.
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        patient = Config(retries={"total_max_attempts": 60, "mode": "standard"})
        boto3.client(
            "s3", endpoint_url=url, config=patient, region_name=OWN["AWS_REGION"],
            aws_access_key_id=OWN["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=OWN["AWS_SECRET_ACCESS_KEY"],
        ).create_bucket(Bucket="bucket")  # fmt: skip
        yield {**OWN, "AWS_ENDPOINT_URL": url, "AWS_ALLOW_HTTP": "true"}
    finally:
        server.kill()
        server.wait()


def rows(archive: Archive, name: str) -> pd.DataFrame:
    frame = archive.frame(name).drop(columns=["seen_from", "batch"], errors="ignore")
    order = [
        c for c in ("return_id", "record_id", "seq", "line", "stage", "fee_type") if c in frame
    ]
    return frame.sort_values(order).reset_index(drop=True)


def test_two_syncs_at_once_lose_and_double_nothing(storage: dict[str, str], tmp_path: Path) -> None:
    with pn.demo(returns=3, days=10, seed=3, now="2026-03-01T12:00:00Z") as po:
        there = [Archive("s3://bucket/archive", storage_options=storage) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda archive: archive.sync(po), there))
        assert [result.stopped for result in results] == ["", ""], results
        here = Archive(tmp_path / "archive")
        here.sync(po)
        assert len(rows(here, "returns")) == len(po.simulator.world.returns) == 3
    for name in TABLES:
        pd.testing.assert_frame_equal(rows(there[0], name), rows(here, name))
    assert there[1].check().empty
