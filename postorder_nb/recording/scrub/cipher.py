"""
Pseudonyms: a keyed permutation of texts that keeps length, script, case and punctuation.

Every letter, digit or emoji is exchanged for one of its own alphabet, all others stay. Because the
whole text is permuted and not its signs one by one, two texts never become one (a count of buyers
stays what it was), none stays itself, and nothing can be read off without the key.
"""

from __future__ import annotations

import hashlib
import struct
import unicodedata
from functools import cache, lru_cache
from typing import Protocol

_ROUNDS = 4  # each way
_LONG = 100  # texts up to here come again
_WIDE = 0x2000  # from here on scripts have thousands of signs


class Cipher(Protocol):
    """Makes one text of another."""

    def word(self, text: str) -> str:
        """Return what stands for a text."""

    def mark(self, data: bytes) -> bytes:
        """Return what tells a file's stand-in from others."""


class Keyed:
    """
    The pseudonyms of one key.

    Parameters
    ----------
    key : bytes
        At least 16 bytes.

    Examples
    --------
    >>> cipher = Keyed(b"an example, no secret")
    >>> made = cipher.word("Jürgen_42")
    >>> len(made), made[0].isupper(), made[6], made[7:].isdigit(), made == "Jürgen_42"
    (9, True, '_', True, False)
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"postorder_nb pseudonyms\0" + key).digest()
        self._remembered = lru_cache(maxsize=65_536)(self._word)

    def word(self, text: str) -> str:
        """Return the pseudonym of a text."""
        return self._remembered(text) if len(text) <= _LONG else self._word(text)

    def mark(self, data: bytes) -> bytes:
        """Return what tells a file's stand-in from others: 16 bytes."""
        return hashlib.shake_256(self._key + b"file" + data).hexdigest(8).encode()

    def _word(self, text: str) -> str:
        found = _Letters(text)
        sizes = [len(alphabet) for alphabet in found.alphabets]
        if sizes:
            about = self._key + _packed(sizes)
            # Turned by something within a permutation: a permutation that leaves nothing in place.
            turn = _stream(about, b"turn", 1)[0]
            _mix(found.places, sizes, about)
            found.places[0] = (found.places[0] + 1 + turn % (sizes[0] - 1)) % sizes[0]
            _mix(found.places, sizes, about, back=True)
        return found.spelt()


def _mix(places: list[int], sizes: list[int], about: bytes, *, back: bool = False) -> None:
    """Permute the places of letters in their alphabets: a Feistel network over two halves."""
    middle = (len(places) + 1) // 2
    for step in reversed(range(_ROUNDS)) if back else range(_ROUNDS):
        start, end = (0, middle) if step % 2 else (middle, len(places))
        other = _packed(places[middle:] if step % 2 else places[:middle])
        stream = _stream(about, b"%d" % step + other, end - start)
        for at, moved in enumerate(stream, start):
            places[at] = (places[at] - moved if back else places[at] + moved) % sizes[at]


def _packed(numbers: list[int]) -> bytes:
    return struct.pack(f">{len(numbers)}H", *numbers)


def _stream(about: bytes, said: bytes, length: int) -> tuple[int, ...]:
    raw = hashlib.shake_256(about + said).digest(4 * length)
    return struct.unpack(f">{length}I", raw)


class Shape:
    """
    What a text has in common with its pseudonym, whatever the key.

    Examples
    --------
    >>> Shape().word("Jürgen_42"), Shape().word(Keyed(b"an example, no secret").word("Jürgen_42"))
    ('Aàaaaa_00', 'Aàaaaa_00')
    """

    def word(self, text: str) -> str:
        """Return a text with the first sign of its alphabet for every letter or digit."""
        found = _Letters(text)
        found.places = [0] * len(found.places)
        return found.spelt()

    def mark(self, data: bytes) -> bytes:
        """Return the same for all files."""
        return bytes(16)


class _Letters:
    """A text, taken apart into what is exchanged and what stays."""

    def __init__(self, text: str) -> None:
        self._signs: list[str | None] = []
        self._upper: list[bool] = []
        self.alphabets: list[str] = []
        self.places: list[int] = []
        number = text.isascii() and text.isdigit()
        for sign in text:
            upper = sign.isupper() and _foldable(sign.lower()) and sign.lower().upper() == sign
            letter = sign.lower() if upper else sign
            alphabet = _alphabet(letter)
            if number and not self._signs:
                # A number must not begin with 0: it would be shorter when it is read.
                alphabet = "123456789" if sign != "0" else ""
            self._signs.append(None if alphabet else sign)
            if alphabet:
                self._upper.append(upper)
                self.alphabets.append(alphabet)
                self.places.append(alphabet.index(letter))

    def spelt(self) -> str:
        letters = (
            alphabet[at].upper() if upper else alphabet[at]
            for alphabet, at, upper in zip(self.alphabets, self.places, self._upper, strict=True)
        )  # fmt: skip
        return "".join(next(letters) if sign is None else sign for sign in self._signs)


@cache
def _alphabet(sign: str) -> str:
    """Return the signs among which one is as good as the other; empty for one that stays."""
    place = ord(sign)
    if unicodedata.category(sign)[0] not in "LN" and not _is_picture(sign):
        return ""
    size = 0x80 if place < _WIDE else 0x1000
    found = _block(place // size * size, size, _script(sign))
    return found if len(found) > 1 else ""


@cache
def _block(start: int, size: int, script: tuple[str, str, bool]) -> str:
    return "".join(sign for sign in map(chr, range(start, start + size)) if _script(sign) == script)


def _script(sign: str) -> tuple[str, str, bool]:
    name = "" if _is_picture(sign) else unicodedata.name(sign, "").partition(" ")[0]
    return unicodedata.category(sign), name, _foldable(sign)


def _is_picture(sign: str) -> bool:
    """Tell whether a sign is an emoji, or one of the unseen letters that spell a flag's country."""
    return unicodedata.category(sign) == "So" or "\U000e0020" <= sign <= "\U000e007e"


def _foldable(sign: str) -> bool:
    """Tell whether a small letter has a capital of its own, and just one."""
    return len(sign) == 1 and sign != sign.upper() and sign.upper().lower() == sign
