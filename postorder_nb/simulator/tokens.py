"""The tokens that open the gate: given out at the start, or by the OAuth token endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import InputError
from .clock import Clock
from .parties import Party

ACCESS_LIFE = timedelta(seconds=7_200)
REFRESH_LIFE = timedelta(seconds=47_304_000)
APPLICATION = Party("APPLICATION", "")
CLIENT_ID = "Simulator-PostOrder-SIM-0001"
CLIENT_SECRET = "SIM-0001-not-a-secret"  # noqa: S105 - opens nothing but the simulator
_API = "https://api.ebay.com/oauth/api_scope"
SCOPES = tuple(f"{_API}{part}" for part in ("", "/sell.account", "/sell.fulfillment",
                                            "/sell.inventory"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """An access token that was given out: whose it is, and when it ends."""

    party: Party
    ends_at: datetime
    parent: str


class Tokens:
    """
    Who may come in.

    Everybody has one token from the start that no time ends; the seller's changes when it is
    made to expire. Everybody also has a refresh token, which gives access tokens of two hours.

    Parameters
    ----------
    seller : str
        The seller's login.
    seed : int
        The same seed, the same tokens.
    clock : Clock
        What time it is.
    known : callable
        Tells whether there is a buyer of this login.
    """

    def __init__(self, seller: str, seed: int, clock: Clock, known: Callable[[str], bool]) -> None:
        self._seller = Party("SELLER", seller)
        self._seed = seed
        self._clock = clock
        self._known = known
        self._renewals = 0
        self._began = clock.now()
        self._given: dict[str, Access] = {}
        self._ended: set[str] = set()

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
        if self._member(login).role == "SELLER":
            return self.seller
        return f"v^1.1#i^1#buyer^{login}#t^0"

    def refresh_of(self, login: str) -> str:
        """Return the refresh token of the seller or of a buyer; `InputError` for anybody else."""
        return f"v^1.1#i^1#refresh^{self._member(login).login}#s^{self._seed}"

    def _member(self, login: str) -> Party:
        if login == self._seller.login:
            return self._seller
        if not self._known(login):
            raise InputError(
                f"nobody is called {login!r} here",
                advice="take a login of world.buyers, or order.buyer.login of an order",
            )
        return Party("BUYER", login)

    def party(self, token: str) -> Party | None:
        """Return who calls with a token; None for a token that opens nothing."""
        if token in self._ended:
            return None
        if token == self.seller:
            return self._seller
        if access := self._given.get(token):
            live = access.parent not in self._ended and self._clock.now() < access.ends_at
            return access.party if live else None
        login = token.removeprefix("v^1.1#i^1#buyer^").removesuffix("#t^0")
        if login != self._seller.login and self._known(login) and token == self.of(login):
            return Party("BUYER", login)
        return None

    def end(self, token: str) -> None:
        """
        Let a token open nothing from now on.

        With a refresh token end all access tokens it gave. The seller's own token makes place
        for the next one.
        """
        self._ended.add(token)

    def granted_to(self, refresh_token: str) -> tuple[Party | None, str]:
        """Return whose a refresh token is; else None, and why it gives nothing."""
        login = refresh_token.removeprefix("v^1.1#i^1#refresh^").removesuffix(f"#s^{self._seed}")
        if login != self._seller.login and not self._known(login):
            return None, "The refresh token is invalid or was issued to another client."
        if refresh_token != self.refresh_of(login):
            return None, "The refresh token is invalid or was issued to another client."
        if refresh_token in self._ended:
            return None, "The refresh token was revoked."
        if self._clock.now() >= self._began + REFRESH_LIFE:
            return None, "The refresh token has expired."
        return self._member(login), ""

    def refresh_seconds(self) -> int:
        """Return how long the refresh tokens are good yet."""
        return int((self._began + REFRESH_LIFE - self._clock.now()).total_seconds())

    def give(self, party: Party, parent: str) -> str:
        """Give out an access token."""
        number = len(self._given) + 1
        token = f"v^1.1#i^1#p^3#access^{self._seed}#t^{number:08d}"
        self._given[token] = Access(party, self._clock.now() + ACCESS_LIFE, parent)
        return token
