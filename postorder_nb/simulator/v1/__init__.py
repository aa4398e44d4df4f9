"""
The surface of 2014: what could be read then, under ``/sell/order`` and ``/buy/order``.

It is the same world in the first dialect: ``id`` for every record's id, ``currencyId``, moments as
milliseconds, codes in camel case, pages by number. Nothing can be written through it.
"""

from __future__ import annotations

from .surface import ROOTS, Surface

__all__ = ["ROOTS", "Surface"]
