"""
What of a request and its answer may be kept: all that reaches a cassette passes through here.

Credentials always go (`credentials`). Of the rest only what is known to be harmless stays as it
is; `fields` says what that is. All other text, known to be somebody's or not, is exchanged for
pseudonyms (`cipher`) that a key in the user's config folder makes (`keys`).

To replay, a request is scrubbed as the recorded one was, with the same key, and then compared. A
program may also ask as the recording does, by pseudonym, because it got the name from there: so a
colleague needs no key. What such a colleague's program writes itself, such as a comment, was
recorded under a pseudonym that cannot be made without the key; there, and only there, persons and
texts are compared by their `shape`: length, script, punctuation. Amounts, ids, states and dates
are compared as they are, with or without a key.
"""

from postorder_nb.recording.scrub.credentials import REMOVED, SIMULATOR, address, answer, request
from postorder_nb.recording.scrub.leaks import Leak, leaks, unknown
from postorder_nb.recording.scrub.scrubber import Reader, Scrubber, reader, shape, writer

__all__ = [
    "REMOVED",
    "SIMULATOR",
    "Leak",
    "Reader",
    "Scrubber",
    "address",
    "answer",
    "leaks",
    "reader",
    "request",
    "shape",
    "unknown",
    "writer",
]
