"""Pictures are drawn anew or not at all."""

from __future__ import annotations

import base64
import zlib
from io import BytesIO

import pytest
from PIL import Image

from postorder_nb.forms.desk.files import read
from postorder_nb.forms.pictures import thumbnail

SCRIPT = b"<script>alert(1)</script>"


def png(width: int = 8, height: int = 8, colour: str = "red") -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (width, height), colour).save(drawn, "PNG")
    return drawn.getvalue()


def huge() -> bytes:
    """Claim 65,000 by 65,000 pixels in a few bytes."""
    head = b"IHDR" + (65_000).to_bytes(4) + (65_000).to_bytes(4) + bytes([1, 0, 0, 0, 0])
    data = b"IDAT" + zlib.compress(b"\0" * 10)
    chunks = b"".join(
        (len(chunk) - 4).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
        for chunk in (head, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_a_picture_is_drawn_anew_and_holds_nothing_else(kind: str) -> None:
    drawn = BytesIO()
    Image.new("RGB", (400, 200), "blue").save(drawn, kind, comment=SCRIPT)
    small = thumbnail(drawn.getvalue() + SCRIPT)
    assert small is not None
    assert SCRIPT not in small
    with Image.open(BytesIO(small)) as picture:
        assert (picture.format, picture.size) == ("PNG", (160, 80))
        blue = picture.convert("RGB").getpixel((80, 40))
    assert isinstance(blue, tuple)
    assert blue[2] > 250
    assert max(blue[:2]) < 5


@pytest.mark.parametrize(
    "data",
    [b"", SCRIPT, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", png()[:40], huge()],
    ids=["nothing", "script", "svg", "pdf", "half", "huge"],
)
def test_what_cannot_be_decoded_is_not_shown(data: bytes) -> None:
    assert thumbnail(data) is None


def test_a_file_is_told_in_words_and_its_picture_shown_if_it_is_one() -> None:
    picture = {
        "fileId": "1", "fileName": "<b>a</b>.jpg", "filePurpose": "ITEM_RELATED",
        "submitter": "BUYER", "fileData": base64.b64encode(png()).decode(),
        "creationDate": {"value": "2026-03-01T12:00:00.000Z"},
        "secureUrl": "https://www.ebay.com/rtn/file/1",
    }  # fmt: skip
    script = picture | {"fileData": base64.b64encode(SCRIPT).decode(), "resizedFileData": "%%%"}
    first, second = read("5001", {"files": [picture, script, "odd"]}, "Europe/Berlin")
    assert first.name == "<b>a</b>.jpg"
    assert first.told == "Item related, from the buyer, 1 Mar 2026 13:00 CET"
    assert first.picture is not None
    assert second.picture is None
    assert read("5001", {}, "UTC") == []
