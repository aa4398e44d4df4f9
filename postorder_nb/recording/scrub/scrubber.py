"""The scrubber: puts pseudonyms in the place of persons in what goes over the wire."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote, urlsplit

from postorder_nb.recording.exchange import Answer, Exchange, Request
from postorder_nb.recording.scrub import credentials, keys
from postorder_nb.recording.scrub.bodies import Body, opened
from postorder_nb.recording.scrub.cipher import Keyed, Shape
from postorder_nb.recording.scrub.values import Known, Values

Person = Literal["login", "name", "text", "id"]
_IDS = "-ids"


class Scrubber:
    """
    Takes credentials out, and puts pseudonyms in the place of persons.

    What stays is what the API's fields are known to hold and what looks like it: amounts, dates,
    states, ids. All other text, emoji included, is exchanged for text of the same length and
    script; it does not matter whether anybody is known to stand in it. The same name has the same
    pseudonym wherever and whenever it comes, as long as the key is the same; two names never
    share one.

    Parameters
    ----------
    key : bytes or None
        Makes the pseudonyms; without one only credentials go.
    ids : bool
        Whether ids of records, orders and items are exchanged as well.

    Examples
    --------
    >>> scrubber = Scrubber(b"an example, no secret")
    >>> request = Request("GET", "https://api.ebay.com/post-order/v2/return/5000123")
    >>> came = Answer(200, "OK", body=b'{"returnId":"5000123","buyerLoginName":"jo_miller"}')
    >>> _, kept = scrubber.exchange(request, came)
    >>> b"5000123" in kept.body, b"miller" in kept.body, len(kept.body) == len(came.body)
    (True, False, True)
    """

    def __init__(self, key: bytes | None, *, ids: bool = False) -> None:
        self.ids = ids and key is not None
        self.mark = mark(key, ids=ids) if key is not None else ""
        """What tells a cassette's key from others, and nothing of the key; empty without one."""
        self._values = Values(Keyed(key), ids=self.ids) if key is not None else None
        self._persons: set[str] = set()

    def exchange(self, sent: Request, came: Answer) -> Exchange:
        """
        Return what of a request and its answer may be kept.

        Names that earlier exchanges told go from the sentences of later ones, too, even if they
        are words that everybody uses. What stays of the request follows from it and the key alone.
        """
        bare = credentials.request(sent), credentials.answer(came)
        if self._values is None:
            return bare
        known = _known(bare[0])
        known.persons = self._persons
        bodies = _body(sent, bare[0].body), _body(came, bare[1].body)
        for body in bodies:
            body.learn(known)
        return self.request(sent), _answer(bare[1], bodies[1], self._values, known)

    def request(self, sent: Request) -> Request:
        """Return what of a request may be kept; it follows from the request and the key alone."""
        bare = credentials.request(sent)
        return _request(bare, _body(sent, bare.body), self._values) if self._values else bare

    def readings(self, sent: Request) -> list[Request]:
        """Return the forms under which a request may stand in a cassette, the likeliest first."""
        bare = credentials.request(sent)
        if self._values is None:
            return [bare]
        body = _body(sent, bare.body)
        whole = _request(bare, body, self._values)
        if whole == bare:
            return [bare]  # nothing in it is anybody's
        texts = replace(self._values, texts_only=True)
        # Wholly real; wholly from a recording; names from a recording, with somebody's own words.
        found = [whole, bare, _request(bare, body, texts)]
        return [one for place, one in enumerate(found) if one not in found[:place]]

    def text(self, said: str) -> str:
        """Return a text of the same length and script that says nothing."""
        return self._values.filler(said) if self._values else said

    def pseudonym(self, kind: Person, value: str) -> str:
        """
        Return what stands for somebody or something in the cassettes of this key.

        Parameters
        ----------
        kind : {"login", "name", "text", "id"}
            Ids stay what they are unless ids are exchanged.
        value : str
            The login, the name, ...
        """
        if self._values is None or (kind == "id" and not self.ids):
            return value
        name = {"login": "buyer", "name": "firstName", "text": "comments", "id": "returnId"}[kind]
        return self._values.text(value, name, Known())


@dataclass(frozen=True)
class Reader:
    """
    Says under which forms a request may stand in a cassette.

    Parameters
    ----------
    scrubber : Scrubber
        With the key of the cassette, or without one.
    by_shape : bool
        Whether that key is not at hand, so that persons and texts can be compared by `shape` only.
    """

    scrubber: Scrubber
    by_shape: bool = False

    def readings(self, sent: Request) -> list[Request]:
        """Return the forms under which a request may stand there, the likeliest first."""
        return self.scrubber.readings(sent)


def mark(key: bytes, *, ids: bool = False) -> str:
    """Return what tells a key from others; with it what the key was used for."""
    return hashlib.sha256(b"postorder_nb mark\0" + key).hexdigest()[:8] + (_IDS if ids else "")


def writer(persons: Literal["scrub", "keep"] = "scrub") -> Scrubber:
    """
    Return the scrubber of a recording.

    Parameters
    ----------
    persons : {"scrub", "keep"}
        Whether pseudonyms take the place of persons, made with this user's own key; ``keep`` is
        for what a simulator made up.

    Raises
    ------
    CassetteError
        If the key cannot be read or made.
    """
    return Scrubber(keys.own() if persons == "scrub" else None)


def reader(of: str, scrubber: Scrubber | None = None) -> Reader:
    """
    Return what finds requests in a cassette.

    Parameters
    ----------
    of : str
        The cassette's `Scrubber.mark`; empty if it was not scrubbed of persons.
    scrubber : Scrubber, optional
        With the key of the recording. Default: with this user's own key.

    Raises
    ------
    CassetteError
        If the key cannot be read.
    """
    if not of:
        return Reader(Scrubber(None))
    if scrubber is None:
        key = keys.found()
        scrubber = Scrubber(key, ids=of.endswith(_IDS))
    fits = scrubber.mark == of
    return Reader(scrubber if fits else Scrubber(None), by_shape=not fits)


def shape(sent: Request) -> Request:
    """Return a request with all that a key would exchange reduced to its form."""
    bare = credentials.request(sent)
    return _request(bare, _body(sent, bare.body), Values(Shape()))


def _request(bare: Request, body: Body, values: Values) -> Request:
    known = _known(bare)
    body.learn(known)
    known.persons = set()  # or a request would read otherwise when it is replayed
    return replace(
        bare,
        url=values.url(bare.url, known),
        headers={name: values.prose(value, known) for name, value in bare.headers.items()},
        body=body.scrubbed(values, known) if bare.body else b"",
    )


def _answer(bare: Answer, body: Body, values: Values, known: Known) -> Answer:
    headers = {
        name: [_header(name, value, values, known) for value in given]
        for name, given in bare.headers.items()
    }
    reason = values.prose(bare.reason, known)
    return replace(bare, reason=reason, headers=headers, body=body.scrubbed(values, known))


def _header(name: str, value: str, values: Values, known: Known) -> str:
    match name:
        case "Location":
            return values.url(value, known)
        case "X-EBAY-C-REQUEST-ID":
            return values.word(value)
    return values.prose(value, known)


def _known(bare: Request) -> Known:
    parts = urlsplit(bare.url)
    return Known(parts.hostname or "", set(re.findall("[0-9-]{5,}", unquote(parts.path))))


def _body(message: Request | Answer, raw: bytes) -> Body:
    headers: Mapping[str, str | list[str]] = message.headers
    given = {name.lower(): value for name, value in headers.items()}
    media = given.get("content-type", "")
    return opened(raw, media if isinstance(media, str) else media[0] if media else "")
