"""Nothing is lost and nothing loops, whatever the server counts and whatever is added meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postorder_nb.fetch.pager import Pager


def answer(world: list[str], counts: str, size: int, offset: int) -> list[str]:
    """Answer as a server would that counts rows, pages from 0, or pages from 1."""
    if counts == "rows":
        return world[offset : offset + size]
    page = offset if counts == "pages" else max(offset, 1) - 1
    return world[page * size : (page + 1) * size]


def read(world: list[str], counts: str, size: int, *, total: bool = True) -> tuple[Pager, int]:
    pager, calls = Pager(size), 0
    while offsets := pager.wanted():
        for offset in offsets:
            calls += 1
            pager.receive(
                offset, answer(world, counts, size, offset), len(world) if total else None
            )
    return pager, calls


@pytest.mark.parametrize("counts", ["rows", "pages", "pages1"])
@pytest.mark.parametrize("n", [0, 1, 199, 200, 201, 399, 400, 1000, 5001])
def test_every_entry_is_found(counts: str, n: int) -> None:
    world = [str(i) for i in range(n)]
    pager, calls = read(world, counts, 200)
    assert pager.seen == set(world)
    assert pager.missing == 0
    assert calls <= n / 199 + 4
    if n > 200:
        assert pager.counts == counts.rstrip("1")


@pytest.mark.parametrize("counts", ["rows", "pages", "pages1"])
@pytest.mark.parametrize("n", [0, 24, 25, 26, 60])
def test_no_total_is_no_trouble(counts: str, n: int) -> None:
    world = [str(i) for i in range(n)]
    pager, _ = read(world, counts, 25, total=False)
    assert pager.seen == set(world)


def test_a_server_that_caps_the_page_is_followed() -> None:
    world = [str(i) for i in range(130)]
    pager = Pager(200)
    while offsets := pager.wanted():
        for offset in offsets:
            pager.receive(offset, answer(world, "rows", 25, offset), 130)
    assert pager.seen == set(world)


def test_a_server_that_ignores_the_offset_is_found_out() -> None:
    world = [str(i) for i in range(450)]
    pager, calls = Pager(200), 0
    while offsets := pager.wanted():
        for offset in offsets:
            calls += 1
            pager.receive(offset, world[:200], 450)
    assert pager.missing == 250
    assert calls < 20


def test_a_server_that_keeps_one_back_is_found_out_in_a_few_calls() -> None:
    world = [str(i) for i in range(8)]
    pager, calls = Pager(200), 0
    while offsets := pager.wanted():
        for offset in offsets:
            calls += 1
            pager.receive(offset, world[offset : offset + 200][:-1], 8)
    assert pager.missing == 1
    assert calls < 20


def test_a_burst_within_the_page_that_is_here_breaks_no_chain() -> None:
    """More is added between two answers than a page holds, before the entries still to come."""
    world = [f"old{i}" for i in range(3)]
    pager = Pager(2)
    while offsets := pager.wanted():
        for offset in offsets:
            if offset and len(world) == 3:
                world[1:1] = ["new1", "new2", "new3", "new4"]
            pager.receive(offset, answer(world, "rows", 2, offset), len(world))
    assert pager.seen >= {"old0", "old1", "old2"}


@settings(max_examples=400, deadline=None)
@given(
    st.data(),
    st.sampled_from(["rows", "pages", "pages1"]),
    st.integers(1, 14),
    st.integers(0, 70),
    st.integers(0, 30),
)
def test_additions_at_any_place_and_moment_lose_nothing(data, counts, size, n, budget) -> None:
    world = [f"old{i}" for i in range(n)]
    first = set(world)
    pager, calls, added = Pager(size), 0, 0
    while offsets := pager.wanted():
        for offset in data.draw(st.permutations(offsets)):
            calls += 1
            assert calls < 1000
            while added < budget and data.draw(st.booleans()):
                added += 1
                world.insert(data.draw(st.integers(0, len(world))), f"new{added}")
            pager.receive(offset, answer(world, counts, size, offset), len(world))
    assert first <= pager.seen
    assert pager.missing == 0


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(20, 60), st.integers(61, 300), st.integers(1, 5))
def test_removals_lose_nothing_that_stays(data, size, n, removals) -> None:
    """Inquiries leave the search when they become cases."""
    world = [f"old{i}" for i in range(n)]
    pager = Pager(size)
    while offsets := pager.wanted():
        for offset in data.draw(st.permutations(offsets)):
            if removals and data.draw(st.booleans()):
                removals -= 1
                world.pop(data.draw(st.integers(0, len(world) - 1)))
            pager.receive(offset, answer(world, "rows", size, offset), len(world))
    assert set(world) <= pager.seen or pager.missing
