"""Who calls: the seller, or one of the buyers, each by a token of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InputError
from .records import Record
from .shop import COUNTRY, buyer

_LOGIN = re.compile(r"[a-z]+_[a-z]+_(?P<number>\d{1,9})(?P<country>us|gb|de)")
_SITES = {country.lower(): site for site, country in COUNTRY.items()}


@dataclass(frozen=True, slots=True)
class Party:
    """Who calls; `role` is SELLER or BUYER."""

    role: str
    login: str

    def sees(self, record: Record) -> bool:
        """Tell whether the record is one of the caller's."""
        return self.login in (record.seller, record.buyer.login)


class Tokens:
    """
    The tokens that open the gate.

    The seller's changes when it expires; a buyer's is always the same.
    """

    def __init__(self, seller: str, seed: int) -> None:
        self._seller = Party("SELLER", seller)
        self._seed = seed
        self._renewals = 0

    @property
    def seller(self) -> str:
        """The seller's token."""
        return f"v^1.1#i^1#seller^{self._seed}#t^{self._renewals}"

    def renew(self) -> str:
        """Let the seller's token expire and return the next one."""
        self._renewals += 1
        return self.seller

    def of(self, login: str) -> str:
        """Return the token of the seller or of a buyer; `InputError` for anybody else."""
        if login == self._seller.login:
            return self.seller
        if not known(login):
            raise InputError(
                f"nobody is called {login!r} here",
                advice="take a login of world.buyers, or order.buyer.login of an order",
            )
        return f"v^1.1#i^1#buyer^{login}#t^0"

    def party(self, token: str) -> Party | None:
        """Return who calls with a token; None for a token that opens nothing."""
        if token == self.seller:
            return self._seller
        login = token.removeprefix("v^1.1#i^1#buyer^").removesuffix("#t^0")
        if login != self._seller.login and known(login) and token == self.of(login):
            return Party("BUYER", login)
        return None


def known(login: str) -> bool:
    """Tell whether a buyer of this name exists."""
    match = _LOGIN.fullmatch(login)
    if not match:
        return False
    return buyer(int(match["number"]), _SITES[match["country"]]).login == login
