"""Ten thousand persons and secrets, planted everywhere: none may be found in what is kept."""

from __future__ import annotations

import gzip
import html
import json
import random
import re
import zlib
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from postorder_nb.recording import scrub, storage
from postorder_nb.recording.compact import Stored
from postorder_nb.recording.exchange import Answer, Exchange, Request
from postorder_nb.recording.scrub.fields import is_api_word

EXAMPLES = 70  # of about 180 plants each
SCRUBBER = scrub.Scrubber(b"a key of the tests, known to all")
LATIN, CYRILLIC = "abcdefghijklmnopqrstuvwxyz", "".join(map(chr, range(0x430, 0x450)))
CASED = f"{LATIN}äöüéèçñøåčšžł{CYRILLIC}φχψωλμδ"
UNCASED = "小山田中村佐藤鈴木高橋김이박최정강한국사람محمدאברהםकखगघ"
# Words that everybody uses hide nobody, and stay in sentences.
LETTERS = st.text(st.sampled_from(CASED), min_size=7, max_size=12).filter(
    lambda word: not is_api_word(word)
)


def _email(name: str, n: int) -> str:
    return f"{name}.{n}@mail-{n % 7}.de"


NAMES = LETTERS.map(str.title)
DIGITS = st.integers(10**6, 10**9 - 1)
PERSONS = st.one_of(
    NAMES,
    st.tuples(NAMES, NAMES).map(" ".join),
    st.text(st.sampled_from(UNCASED), min_size=5, max_size=9),
    st.builds(lambda name, n: f"{name}_{n}", LETTERS, DIGITS),
    st.builds(_email, st.text(st.sampled_from(LATIN), min_size=6, max_size=9), DIGITS),
    DIGITS.map(lambda n: f"+49 {n % 900 + 100} {n % 10**6 + 10**6}"),
    DIGITS.map(lambda n: f"({n % 900 + 100}) 555-{n % 9000 + 1000}"),
    st.builds(lambda n, name: f"{n % 300 + 1} {name.title()} Street", DIGITS, LETTERS),
    DIGITS.map(lambda n: f"1Z{n}W{n * 7}"),
)
SECRETS = st.one_of(
    st.binary(min_size=24, max_size=40).map(lambda raw: f"v^1.1#i^1#r^0#{b64encode(raw).decode()}"),
    st.binary(min_size=20, max_size=30).map(bytes.hex),
    st.binary(min_size=30, max_size=40).map(
        lambda raw: f"eyJhbGciOiJIUzI1NiJ9.{urlsafe_b64encode(raw).decode()}.c2ln"
    ),
    st.binary(min_size=16, max_size=24).map(lambda raw: f"PRD-{raw.hex()[:20]}"),
)
PLANT = st.one_of(PERSONS, SECRETS)

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda said: quote(said, safe=""),
    "percent of all": lambda said: "".join(f"%{byte:02X}" for byte in said.encode()),
    "twice percent": lambda said: quote(quote(said, safe=""), safe=""),
    "base64": lambda said: b64encode(f"<{said}>".encode()).decode(),
    "base64 of JSON": lambda said: b64encode(json.dumps({"who": said}).encode()).decode(),
    "base64 of gzip": lambda said: b64encode(gzip.compress(said.encode())).decode(),
    "data": lambda said: "data:text/plain;base64," + b64encode(said.encode()).decode(),
    "JSON in text": lambda said: json.dumps({"userName": said, "n": [1, {"deep": said}]}),
    "JSON in JSON in text": lambda said: json.dumps([json.dumps({"x": said})]),
    "entities": lambda said: "".join(f"&#{ord(sign)};" for sign in said),
    "in a sentence": lambda said: f"Invalid request of user {said}, please check the buyer.",
    "in an address": lambda said: f"https://www.ebay.com/usr/{quote(said)}?contact={quote(said)}",
    "upper": str.upper,
}  # fmt: skip

# Where it is planted in JSON: fields that hold persons, that hold none, and that nobody knows.
FIELDS = [
    "buyerLoginName", "seller", "firstName", "city", "trackingNumber", "toEmailAddress", "notes",
    "content", "memo", "fileName", "fileData", "data", "itemTitle", "secureUrl", "actionURL",
    "state", "status", "reason", "carrierUsed", "currency", "country", "itemId", "orderId",
    "creationDate", "value", "exchangeRate", "message", "longMessage", "action", "description",
    "name", "error_description", "accessToken", "jwe", "returnPolicy", "flags", "total",
    "newField", "contact", "x", "loyaltyTier", "shippedTo", "flag_of_2027",
]  # fmt: skip


class _Planter:
    """Plants, and counts."""

    def __init__(self, plants: list[str], dice: random.Random) -> None:
        self._plants = plants
        self._dice = dice
        self.planted = 0

    def one(self) -> str:
        self.planted += 1
        return self._plants[self.planted % len(self._plants)]

    def coded(self) -> str:
        return self._dice.choice(list(ENCODINGS.values()))(self.one())

    def tree(self, depth: int = 0) -> Any:
        branches = {}
        for name in self._dice.sample(FIELDS, 6):
            match self._dice.randrange(6 if depth < 4 else 4):
                case 0 | 1:
                    branches[name] = self.coded()
                case 2:
                    branches[name] = [self.coded(), None, 12.5, True]
                case 3:
                    branches[name] = {"value": self.coded(), "currency": "USD"}
                case _:
                    branches[name] = self.tree(depth + 1)
        if self._dice.random() < 0.3:
            branches[self.one()] = {"amount": 1}  # a person for a key
        if self._dice.random() < 0.3:
            said = self.one()
            middle = len(said) // 2
            branches |= {"part1": said[:middle], "part2": said[middle:]}
        if self._dice.random() < 0.3:
            branches["parameter"] = [{"name": "userName", "value": self.one()}]
        return branches

    def answer_body(self) -> bytes:
        tree = self.tree()
        escaped = self._dice.random() < 0.3
        text = json.dumps(tree, ensure_ascii=escaped)
        page = f"<html><body><p>Hello {html.escape(self.one())}, call {self.coded()}</p></body>"
        match self._dice.randrange(8):
            case 0:
                return text[: len(text) * 2 // 3].encode(errors="ignore")  # cut off
            case 1:
                return gzip.compress(text.encode())
            case 2:
                return page.encode()
            case 3:
                return b"\x89PNG\r\n\x1a\n" + self.one().encode() + bytes(range(256))
            case 4:
                return self.coded().encode("utf-16")
        return text.encode()

    def exchange(self) -> Exchange:
        named, coded = self.one, self.coded
        query = (
            f"item_id=110012345678&buyer={quote_plus(named())}&{quote(named())}={quote(coded())}"
        )
        json_body = json.dumps({"comments": {"content": coded()}, **self.tree()}).encode()
        form = f"grant_type=refresh_token&refresh_token={quote(named())}&x={quote(coded())}"
        parts = f'--b\r\nContent-Disposition: form-data; name="{named()}"\r\n\r\n{coded()}\r\n--b--'
        bodies = [
            (json_body, "application/json"),
            (gzip.compress(json_body), "application/json"),
            (form.encode(), "application/x-www-form-urlencoded"),
            (parts.encode(), "multipart/form-data; boundary=b"),
            (b"", ""),
        ]
        body, media = self._dice.choice(bodies)
        request = Request(
            "POST",
            f"https://api.ebay.com/post-order/v2/return/5000001/{quote(named(), safe='')}?{query}",
            {
                "Authorization": f"IAF {named()}",
                "Content-Type": media,
                "Accept-Language": f"en-US,{coded().encode().hex()}",
                "X-EBAY-C-MARKETPLACE-ID": named(),
                "X-Forwarded-For": named(),
            },
            body,
        )
        headers = {
            "Content-Type": ["application/json"],
            "Set-Cookie": [f"user={quote(named())}"],
            "Location": [f"https://api.ebay.com/return/{quote(named())}?u={quote(coded())}"],
            "X-EBAY-C-REQUEST-ID": [quote(named())],
            "Retry-After": [quote(named())],
        }
        return request, Answer(400, f"Bad Request of {quote(named())}", headers, self.answer_body())


def _readings(kept: bytes) -> list[str]:
    """What a curious reader would look at: the file, and all that is wrapped up in it."""
    found = [kept.decode(errors="replace")]
    for unwrap in (unquote_plus, unquote_plus, html.unescape, _unescaped, _unescaped):
        if (again := unwrap(found[-1])) != found[-1]:
            found.append(again)
    for said in (found[0], found[-1]):
        for hit in re.finditer(r"[A-Za-z0-9+/_-]{12,}={0,2}", said):
            text = hit[0].rstrip("=").replace("-", "+").replace("_", "/")
            raw = b64decode(text[: len(text) // 4 * 4] if len(text) % 4 == 1 else text + "==")
            with suppress(OSError, EOFError, zlib.error):
                raw = gzip.decompress(raw)
            found.append(raw.decode(errors="replace"))
    return found


def _unescaped(said: str) -> str:
    return re.sub(r"\\+u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), said)


def _found(plants: list[str], kept: Exchange) -> set[str]:
    bodies = (kept[0].body, kept[1].body)
    unpacked = [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in bodies]
    unpacked += [body.decode("utf-16", "replace").encode(errors="replace") for body in bodies]
    outside = replace(kept[0], body=b""), replace(kept[1], body=b"")
    text = "\n".join(_readings(b"\n".join([*unpacked, repr(outside).encode()]))).casefold()
    forms = {form.casefold(): plant for plant in plants for form in _forms(plant)}
    return {plant for form, plant in forms.items() if form in text}


def _forms(plant: str) -> set[str]:
    local, _, _ = plant.rpartition("@")
    return {plant, plant.replace(" ", ""), plant.replace(" ", "+"), local or plant}


def test_ten_thousand_planted_anywhere_are_not_kept(tmp_path):
    planted = 0
    everybody: set[str] = set()
    exchanges = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(PLANT, min_size=6, max_size=6, unique=True), st.integers(0))
    def nothing_is_kept(plants, seed):
        nonlocal planted
        planter = _Planter(plants, random.Random(seed))
        kept = SCRUBBER.exchange(*planter.exchange())
        assert not _found(plants, kept)
        planted += planter.planted
        everybody.update(plants)
        exchanges.append(kept)

    nothing_is_kept()
    assert planted >= 10_000
    for name in ("all.yaml", "all.jsonl.gz"):
        _write(tmp_path / name, exchanges)
        assert _inside(tmp_path / name, everybody) == set()


def _write(path: Path, exchanges: list[Exchange]) -> None:
    storage.write(path, Stored(datetime(2026, 3, 1, tzinfo=UTC), exchanges, scrubbed="tests"))


def _inside(path: Path, plants: set[str]) -> set[str]:
    """Return the plants that stand in the bytes of a file, unpacked or as they are."""
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    said = "\n".join(reading.casefold() for reading in [*_readings(text), raw.decode("latin-1")])
    return {plant for plant in plants for form in _forms(plant) if form.casefold() in said}


def test_what_looks_for_plants_finds_those_that_stayed():
    plants = ["jörg_möller_77", "Ann Example-Person", "v^1.1#i^1#r^0#abcdefghijklmnop"]
    dice = random.Random(5)
    seen = [_found(plants, _Planter(plants, dice).exchange()) for _ in range(40)]
    assert sum(found == set(plants) for found in seen) > 30


def test_in_a_file_as_well(tmp_path):
    plants = {"jörg_möller_77", "Ann Example-Person", "v^1.1#i^1#r^0#abcdefghijklmnop"}
    planter = _Planter(sorted(plants), random.Random(5))
    for name in ("all.yaml", "all.jsonl.gz"):
        _write(tmp_path / name, [planter.exchange() for _ in range(9)])
        assert _inside(tmp_path / name, plants) == plants
