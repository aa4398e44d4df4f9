"""A history of one's own: what eBay answered, kept, and what it looked like at any moment."""

from __future__ import annotations

from .archive import Archive
from .observations import Observation

__all__ = ["Archive", "Observation"]
