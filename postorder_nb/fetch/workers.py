"""The threads a fetch runs on, and what is left of it when it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from ..api.client import PostOrder
from ..errors import PostOrderError


@contextmanager
def threads(po: PostOrder, executor: Executor | None) -> Iterator[Executor]:
    """Yield the executor that was passed, or a pool of the client's size for this block."""
    if executor is not None:
        yield executor
        return
    pool = ThreadPoolExecutor(po.settings["workers"], thread_name_prefix="postorder")
    try:
        yield pool
    finally:
        # Do not wait for calls on the way: after Ctrl-C the prompt should come back at once.
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def keeping(partial: Callable[[], object]) -> Iterator[None]:
    """Put what was fetched so far on an error, or on Ctrl-C, as ``.partial``."""
    try:
        yield
    except (PostOrderError, KeyboardInterrupt) as stop:
        vars(stop)["partial"] = partial()
        raise
