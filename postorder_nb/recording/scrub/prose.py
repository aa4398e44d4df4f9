"""Sentences of programs, such as error texts: words that everybody uses stay, all others go."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from postorder_nb.recording.scrub.fields import is_api_word

MOMENT = r"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
ZONE = r"(?:Z|[+-][0-2][0-9]:?[0-5][0-9])?"
DATE = re.compile(rf"(?:{MOMENT}{ZONE}|20[0-9]{{2}}-[01][0-9]-[0-3][0-9]Z?)", re.ASCII)
TIMESTAMP = re.compile(MOMENT + ZONE, re.ASCII)
ID = re.compile(
    r"[0-9]{1,20}|[0-9]{2}-[0-9]{5}-[0-9]{5}|[0-9]{9,15}[-!][0-9]{1,16}|v1\|[0-9]{6,15}\|[0-9]{1,15}"
)
# Bounded, or a long text without any would be searched again from each of its signs.
EMAIL = re.compile(r"[^\s@\"'<>()\[\]{},;:|=]{1,64}@[^\s@\"'<>()\[\]{},;:|=/?&]{1,255}")
_URL = r"https?://[^\s\"'<>]+"
_STREET = r"(?<!\w)[0-9]{1,5}[a-zA-Z]?(?: [^\W\d_a-z][\w'-]+){1,4}"
_PHONE = r"(?<![\w.])\+?\(?[0-9](?:[ ()./-]{0,2}[0-9]){6,}(?![\w])"
_PIECE = r"[^\s\"'<>()\[\]{},;:=|/?&!*#`]+"
_PIECES = re.compile(
    rf"(?P<date>{MOMENT}{ZONE})|(?P<url>{_URL})|(?P<email>{EMAIL.pattern})"
    rf"|(?P<entity>(?:&#?\w{{1,31}};)+)"
    rf"|(?P<id>(?<![\w-])(?:[0-9]{{2}}-[0-9]{{5}}-[0-9]{{5}}|[0-9]{{8,20}})(?![\w-]))"
    rf"|(?P<phone>{_PHONE})|(?P<street>{_STREET})|(?P<token>{_PIECE})"
)
_SIGNS = ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&nbsp;", "&#39;")
_FIGURE = re.compile(r"[+-]?(?:[0-9]{1,5}|[0-9]{1,6}[.,][0-9]{1,2}|[0-9]{1,3}%)", re.ASCII)

Exchange = Callable[[str], str]


class Sentences:
    """
    Scrubs sentences.

    Parameters
    ----------
    word, url : callable
        What stands for a word, and for an address on the web.
    """

    def __init__(self, word: Exchange, url: Exchange) -> None:
        self._word, self._url = word, url

    def scrub(self, text: str, ids: Collection[str], persons: Collection[str]) -> str:
        """
        Return a sentence without whom it speaks of.

        Parameters
        ----------
        text : str
            The sentence.
        ids : collection of str
            Numbers that may stay: the ids that are told elsewhere.
        persons : collection of str
            Words that may not, in small letters, though everybody uses them.
        """

        def piece(found: re.Match[str]) -> str:
            said, what = found[0], found.lastgroup
            if what == "date" or said in ids or said in _SIGNS:
                return said
            if what == "url":
                return self._url(said)
            if what == "token":
                return self._token(said, persons)
            return "".join(map(self._word, re.split("( )", said)))

        return _PIECES.sub(piece, text)

    def _token(self, said: str, persons: Collection[str]) -> str:
        core = said.rstrip(".-_")
        if _FIGURE.fullmatch(core):
            return said
        if is_api_word(core) and core.lower() not in persons:
            return said
        if not any(sign.isdigit() for sign in core) and re.search(r"[.-]", core):
            parts = re.split(r"([.-])", said)
            return "".join(self._token(part, persons) if part else "" for part in parts)
        return self._word(core) + said[len(core) :]
