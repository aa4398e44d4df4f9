"""Pictures of strangers: shown only once they were decoded, and then as new ones of our own."""

from __future__ import annotations

import warnings
from io import BytesIO

from PIL import Image

_FORMATS = ("PNG", "JPEG", "GIF", "BMP")
_MOST_PIXELS = 60_000_000  # a phone's photo; what claims more is not unpacked
_ODD = (OSError, ValueError, SyntaxError, EOFError, Warning, Image.DecompressionBombError)


def thumbnail(data: bytes, side: int = 160) -> bytes | None:
    """
    Draw a picture anew, small, as PNG.

    What comes out holds pixels and nothing else: no metadata, no script, no second file hidden
    in the first, whatever the name or the declared format say.

    Parameters
    ----------
    data : bytes
        What was sent as a picture: PNG, JPEG, GIF (its first frame) or BMP.
    side : int
        The longest side, in pixels.

    Returns
    -------
    bytes or None
        The PNG; None if the data cannot be decoded as one of these.

    Examples
    --------
    >>> thumbnail(b"<svg onload=alert(1)>") is None
    True
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns where it begins to guess
            with Image.open(BytesIO(data), formats=_FORMATS) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    return None
                picture.draft("RGB", (side * 2, side * 2))
                small = picture.convert("RGBA")
    except _ODD:
        return None
    small.thumbnail((side, side))
    drawn = BytesIO()
    Image.frombytes("RGBA", small.size, small.tobytes()).save(drawn, "PNG")
    return drawn.getvalue()
