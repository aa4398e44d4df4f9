"""The calls on cancellations."""

from __future__ import annotations

from ..errors import InputError
from .fields import (
    CallerRole,
    CancelId,
    CancelLimit,
    CancelOrder,
    CancelPart,
    ItemId,
    Moment,
    Offset,
    OrderId,
    TransactionId,
    line_item,
)
from .operation import Answer, Effect, Group, Role, operation


class Cancellations(Group):
    """Orders that a buyer or the seller called off."""

    @operation("GET", "/cancellation/search", Effect.READ)
    def search(
        self,
        *,
        cancel_id: CancelId | None = None,
        legacy_order_id: OrderId | None = None,
        item_id: ItemId | None = None,
        transaction_id: TransactionId | None = None,
        role: CallerRole | None = None,
        creation_date_range_from: Moment | None = None,
        creation_date_range_to: Moment | None = None,
        sort: CancelOrder | None = None,
        limit: CancelLimit | None = None,
        offset: Offset | None = None,
    ) -> Answer:
        """
        Search cancellations; one page.

        Parameters
        ----------
        cancel_id : str, optional
            One cancellation; eBay then ignores every other filter.
        legacy_order_id, item_id, transaction_id : str, optional
            By order or order line.
        role : str, optional
            SELLER or BUYER: the role of the caller; requests of buyers are found as SELLER, too.
        creation_date_range_from, creation_date_range_to : datetime or str, optional
            The window of creation, at most 18 months back; both ends or none.
        sort : str, optional
            A key with its sign, such as ``-CANCEL_REQUEST_DATE``.
        limit, offset : int, optional
            Page size (1 to 500, 10 by default) and where to start.

        Returns
        -------
        dict
            ``cancellations``, ``total``, ``paginationOutput`` (absent when nothing matched).

        Raises
        ------
        InputError
            If only one end of the window is given: eBay refuses that (error 10003).
        """
        if (creation_date_range_from is None) != (creation_date_range_to is None):
            raise InputError(
                "eBay refuses a window of cancellations with one end only",
                advice="pass creation_date_range_from and creation_date_range_to together",
            )
        return {
            "cancel_id": cancel_id,
            "legacy_order_id": legacy_order_id,
            **line_item(item_id, transaction_id),
            "role": role,
            "creation_date_range_from": creation_date_range_from,
            "creation_date_range_to": creation_date_range_to,
            "sort": sort,
            "limit": limit,
            "offset": offset,
        }

    @operation("GET", "/cancellation/{cancel_id}", Effect.READ)
    def get(self, cancel_id: CancelId, *, fieldgroups: CancelPart | None = None) -> Answer:
        """
        Read one cancellation.

        Parameters
        ----------
        cancel_id : str
            The cancellation.
        fieldgroups : str, optional
            FULL (default) or SUMMARY, which leaves out the history.

        Returns
        -------
        dict
            ``cancelDetail``.
        """
        return {"fieldgroups": fieldgroups}

    @operation("POST", "/cancellation/check_eligibility", Effect.READ, role=Role.SELLER)
    def check_eligibility(self, *, legacy_order_id: OrderId) -> Answer:
        """
        Ask whether an order can still be cancelled. It changes nothing.

        Parameters
        ----------
        legacy_order_id : str
            The order; use its present id, which changes when an unpaid order is paid.

        Returns
        -------
        dict
            ``eligible``, ``eligibleCancelReason``, ``failureReason``, ``itemEligibilityResult``.
        """
        return {"legacyOrderId": legacy_order_id}
