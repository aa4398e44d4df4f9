"""Who calls: the seller, or one of the buyers."""

from __future__ import annotations

from dataclasses import dataclass

from .records import Record
from .shop import Crowd


@dataclass(frozen=True, slots=True)
class Party:
    """Who calls; `role` is SELLER or BUYER."""

    role: str
    login: str

    def sees(self, record: Record) -> bool:
        """Tell whether the record is one of the caller's."""
        return self.login in (record.seller, record.buyer.login)


def known(login: str) -> bool:
    """Tell whether a buyer of this name exists in a world without a scenario."""
    return Crowd().known(login)
