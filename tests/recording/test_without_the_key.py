"""Who has not the key of a cassette replays it all the same, but for nothing that counts."""

from __future__ import annotations

import pytest

from postorder_nb.errors import CassetteError, CassetteMiss
from postorder_nb.recording import record, replay
from postorder_nb.recording.scrub import Scrubber

KEY = Scrubber(b"somebody else's")
IAF = {"Authorization": "IAF x"}


def refund(server, session, amount: str = "1.00", words: str = "Thank you.", number: int = 5001):
    said = {"refund": {"value": float(amount), "currency": "USD"}, "comments": {"content": words}}
    url = f"{server.url}/post-order/v2/return/{number}/issue_refund"
    return session.post(url, json=said, headers=IAF)


@pytest.fixture
def recorded(server, session, folder):
    with record("refund", folder=folder, persons=KEY):
        refund(server, session)
    server.close()
    return folder


def test_ones_own_words_are_compared_by_their_form(recorded, server, session):
    with replay("refund", folder=recorded, strict=True):
        assert refund(server, session, words="Great job.").ok
    with replay("refund", folder=recorded, strict=True, scrubber=KEY):
        with pytest.raises(CassetteMiss, match=r"body at \$\.comments\.content"):
            refund(server, session, words="Great job.")
        assert refund(server, session).ok


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "9999.00"}, r"body at \$\.refund\.value: recorded 1\.0+, asked 9999\.0+"),
        ({"number": 5002}, "path: recorded .*/5001/.*, asked .*/5002/"),
    ],
)
def test_what_counts_is_compared_as_ever(recorded, server, session, change, words):
    with (
        replay("refund", folder=recorded),
        pytest.raises(CassetteMiss, match=words) as miss,
    ):
        refund(server, session, **change)
    assert "comments" not in str(miss.value)


def test_a_write_is_still_answered_once(recorded, server, session):
    with replay("refund", folder=recorded):
        refund(server, session)
        with pytest.raises(CassetteMiss, match="once, and it was sent once more"):
            refund(server, session)


def test_where_two_are_alike_it_does_not_guess(server, session, folder):
    with record("two", folder=folder, persons=KEY):
        refund(server, session, words="Thank you.")
        refund(server, session, words="Great job.")
    with (
        replay("two", folder=folder),
        pytest.raises(CassetteMiss, match=r"holds 2 requests that .* may be"),
    ):
        refund(server, session)
    with replay("two", folder=folder, strict=True, scrubber=KEY):
        refund(server, session, words="Great job.")
        refund(server, session, words="Thank you.")


def test_another_key_does_not_add_to_a_cassette(recorded, server, session):
    before = (recorded / "refund.yaml").read_bytes()
    with (
        pytest.raises(CassetteError, match="is of another key"),
        record("refund", folder=recorded, mode="new"),
    ):
        pytest.fail("the block ran")
    assert (recorded / "refund.yaml").read_bytes() == before
