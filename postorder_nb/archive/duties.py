"""What the law and eBay ask of who keeps buyers' data: to forget, to keep no longer, to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import clock
from . import auditing, forgetting, retention
from .forgetting import Forgotten
from .retention import Retained
from .store import Store

if TYPE_CHECKING:
    import pandas as pd


class Duties:
    """What an archive does about the persons in it."""

    store: Store

    def forget(self, *users: str) -> Forgotten:
        """
        Take people out of the archive, out of its past as well, and prove that they are gone.

        Their records stay, with amounts, dates, states, reasons and ids, so that counts and sums
        do not change, and with the title of what was sold. Names, addresses, parcels, comments
        and files go, and an alias that names nobody takes the place of the login. Where others'
        records speak of them, the sentence goes; of a namesake, the name. All files of before are
        removed, so no engine should be reading meanwhile; then every text of every table is
        searched for their names, mail addresses, telephones and full names. Whoever was forgotten
        does not come back with the next sync: their names are known again by salted marks, also
        in what others write. Of mail addresses and telephones no marks are kept, since a few
        hours of guessing would tell whose they are: call it again when somebody may have written
        one since. It may be stopped and called again; forgetting somebody twice does no harm.

        Parameters
        ----------
        *users : str
            Login names, user ids or EIAS tokens, as a notice of eBay tells them; capitals make
            no difference.

        Returns
        -------
        Forgotten
            How many records, answers and files it took.

        Raises
        ------
        InputError
            If nobody is named, or a name is none.
        ArchiveError
            If something of them is left: it says where.
        """
        return forgetting.forget(self.store, users)

    def retain(self, keep: str | None = None, *, personal: str | None = None) -> Retained:
        """
        Keep nothing for longer than the rules say.

        A record's age counts from the day it was closed (a case's, since eBay does not tell, from
        its last change), or else created; an open record has none.

        Parameters
        ----------
        keep : str, optional
            How long records are kept: ``"5y"`` (also ``mo``, ``w``, ``d``); at least the 18
            months that eBay's searches reach back.
        personal : str, optional
            How long their persons are. What stays of a record after that is what `forget` leaves;
            the buyers of records that lose their person together stay apart, and those of
            different calls cannot be linked.

        Returns
        -------
        Retained
            How many records were removed, and how many lost their person.

        Raises
        ------
        InputError
            If a span cannot be read, or `keep` is too short.
        """
        return retention.retain(self.store, keep, personal, clock.now())

    def audit(self) -> pd.DataFrame:
        """
        Say what personal data is held, where, and since when.

        Returns
        -------
        pandas.DataFrame
            ``place`` (table), ``column``, ``holds`` (what it is, in words), ``rows`` (that hold
            any, all versions counted), ``since`` and ``until`` (when they were seen, UTC).
        """
        return auditing.audit(self.store)
