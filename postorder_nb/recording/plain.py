"""
For users of plain vcrpy: its own cassettes, without what its own class loses and wastes.

::

    my_vcr = plain.mended(vcr.VCR(cassette_library_dir="cassettes"))

    with my_vcr.use_cassette("shop.yaml"): ...

    def pytest_recording_configure(config, vcr):      # with pytest-recording, in conftest.py
        plain.mended(vcr)

Files, matchers, filters and record modes stay vcrpy's. Three things differ: what threads ask side
by side through urllib3 or requests is all recorded; no two of them get the same answer; and a
request is looked up by its method and address instead of being compared with all that came before.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import vcr
import vcr.patch
from vcr import matchers
from vcr.cassette import Cassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.matchers import requests_match

Key = tuple[Any, ...]
Pair = tuple[Any, Any]

# What vcrpy's matchers compare, for those that compare something hashable.
_PARTS: dict[Callable[..., Any], Callable[[Any], Any]] = {
    matchers.method: lambda request: request.method,
    matchers.uri: matchers._normalized_uri,
    matchers.scheme: lambda request: request.scheme,
    matchers.host: lambda request: request.host,
    matchers.port: lambda request: request.port,
    matchers.path: lambda request: request.path or "/",
    matchers.query: lambda request: tuple(request.query),
}
_real_reset = vcr.patch.reset_patchers


def mended(given: vcr.VCR | None = None) -> vcr.VCR:
    """
    Let a `vcr.VCR` use cassettes that lose nothing; return it.

    Parameters
    ----------
    given : vcr.VCR, optional
        What is mended, in place; a new one with vcrpy's defaults if none is given.

    Examples
    --------
    >>> mended(vcr.VCR(record_mode="none")).record_mode.value
    'none'
    """
    mending = vcr.VCR() if given is None else given
    mending._use_cassette = partial(_use_cassette, mending)
    return mending


def _use_cassette(given: Any, with_current_defaults: bool = False, **settings: Any) -> Any:
    if with_current_defaults:
        return ThreadCassette.use(**given.get_merged_config(**settings))
    return ThreadCassette.use_arg_getter(partial(given.get_merged_config, **settings))


def _reset_patchers() -> Iterator[Any]:
    """
    Put the real classes back for libraries that look them up by name, not for urllib3.

    vcrpy does it for the whole process whenever a connection opens; what other threads sent
    through urllib3 meanwhile was not recorded. urllib3 needs nothing of it.
    """
    for patcher in _real_reset():
        if not _is_of_urllib3(patcher.getter()):
            yield patcher


def _is_of_urllib3(target: Any) -> bool:
    module = getattr(target, "__module__", None) or getattr(target, "__name__", "")
    return str(module).split(".")[0] == "urllib3"


class ThreadCassette(Cassette):  # type: ignore[misc]  # vcrpy tells no types
    """A vcrpy cassette for several threads and many requests."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        no_gaps = (vcr.patch, "reset_patchers", _reset_patchers)
        settings["custom_patches"] = (*settings.get("custom_patches", ()), no_gaps)
        super().__init__(*args, **settings)
        self._lock = threading.RLock()
        self._parts = [_PARTS[matcher] for matcher in self._match_on if matcher in _PARTS]
        self._places: defaultdict[Key, list[int]] = defaultdict(list)
        self._first: defaultdict[Key, int] = defaultdict(int)

    def append(self, request: Any, response: Any) -> None:
        """Add an exchange, and where it is found."""
        with self._lock:
            before = len(self.data)
            super().append(request, response)
            if len(self.data) > before:
                self._places[self._key(self.data[before][0])].append(before)

    def can_play_response_for(self, request: Any) -> bool:
        """Tell whether there is an answer; if so it is reserved for this request."""
        if hasattr(request, "reserved"):  # urllib3 has its connection asked more than once
            return True
        with self._lock:
            if not super().can_play_response_for(request):
                return False
            request.reserved = super().play_response(request)
        return True

    def play_response(self, request: Any) -> Any:
        """Return the answer that was reserved, or the next one."""
        if hasattr(request, "reserved"):
            return request.reserved
        with self._lock:
            return super().play_response(request)

    def rewind(self) -> None:
        """Start again."""
        with self._lock:
            super().rewind()
            self._first.clear()

    def _key(self, request: Any) -> Key:
        return tuple(part(request) for part in self._parts)

    def _responses(self, request: Any) -> Iterator[tuple[int, Any]]:
        request = self._before_record_request(request)
        key = self._key(request)
        places = self._places.get(key, [])
        if not self.allow_playback_repeats:
            # Those at the front that are used up need not be looked at each time.
            while self._first[key] < len(places) and self.play_counts[places[self._first[key]]]:
                self._first[key] += 1
        for place in places[0 if self.allow_playback_repeats else self._first[key] :]:
            if requests_match(request, self.data[place][0], self._match_on):
                yield place, self.data[place][1]

    def responses_of(self, request: Any) -> list[Any]:
        """Return all answers to a request, also those that were played."""
        request = self._before_record_request(request)
        found = [self.data[place] for place in self._places.get(self._key(request), [])]
        answers = [one for asked, one in found if requests_match(request, asked, self._match_on)]
        if not answers:
            raise UnhandledHTTPRequestError(f"the cassette {self._path!r} holds no {request!r}")
        return answers

    def _without(self, given: Iterable[Pair], others: Iterable[Pair]) -> list[Pair]:
        """Return those of `given` that match none of `others`."""
        known = defaultdict(list)
        for request, _ in others:
            known[self._key(request)].append(request)
        return [
            (request, response)
            for request, response in given
            if not any(
                requests_match(request, other, self._match_on)
                for other in known.get(self._key(request), ())
            )
        ]

    def _new_interactions(self) -> list[Pair]:
        return self._without(self.data, self._old_interactions)

    def _rerecorded_interactions(self) -> list[Pair]:
        loaded, recorded = self.data[: self._loaded_count], self.data[self._loaded_count :]
        kept = [] if self.drop_unused_requests else self._without(loaded, recorded)
        return [*kept, *recorded]
