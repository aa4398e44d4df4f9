"""The calls on cancellations."""

from __future__ import annotations

from datetime import date

from ..errors import InputError
from .fields import (
    CallerRole,
    CancelId,
    CancelLimit,
    CancelOrder,
    CancelPart,
    CancelWhy,
    Flag,
    ItemId,
    Moment,
    Offset,
    OrderId,
    TrackingNumber,
    TransactionId,
    dated,
    line_item,
    only_for,
    past,
)
from .operation import Body, Effect, Group, Role, operation
from .parts import RelistLines


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
    ) -> Body:
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
    def get(self, cancel_id: CancelId, *, fieldgroups: CancelPart | None = None) -> Body:
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
    def check_eligibility(self, *, legacy_order_id: OrderId) -> Body:
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

    @operation("POST", "/cancellation", Effect.MONEY, signed=True, record="order {legacy_order_id}")
    def create(
        self,
        *,
        legacy_order_id: OrderId,
        cancel_reason: CancelWhy | None = None,
        buyer_paid: Flag | None = None,
        buyer_paid_date: Moment | None = None,
        relist_line_item: RelistLines | None = None,
    ) -> Body:
        """
        Cancel a whole order as its seller, at once; or ask for it as its buyer.

        A seller's cancellation of a paid order refunds it in full. To answer a buyer's wish, use
        `approve` or `reject` instead.

        Parameters
        ----------
        legacy_order_id : str
            The order; its present id, once it is paid.
        cancel_reason : str, optional
            Sellers give ADDRESS_ISSUES, BUYER_ASKED_CANCEL, ORDER_UNPAID or
            OUT_OF_STOCK_OR_CANNOT_FULFILL. Without one eBay judges for itself: give it.
        buyer_paid : bool, optional
            Whether the buyer has paid.
        buyer_paid_date : datetime or str, optional
            When the buyer paid.
        relist_line_item : sequence of RelistLineItem, optional
            Order lines that eBay is to offer again.

        Returns
        -------
        Receipt
            Its answer holds ``cancelId``; or, where the order cannot be cancelled,
            ``orderEligibilityResult`` with the reasons, and no ``cancelId``.

        Raises
        ------
        InputError
            If an unpaid order has a date of payment.

        Examples
        --------
        >>> receipt = po.cancellations.create(
        ...     legacy_order_id=order_id,
        ...     cancel_reason="OUT_OF_STOCK_OR_CANNOT_FULFILL",
        ...     buyer_paid=True,
        ... )
        >>> po.cancellations.get(receipt.answer["cancelId"])["cancelDetail"]["requestorType"]
        'SELLER'
        """
        if not buyer_paid:
            only_for("buyer_paid=True", buyer_paid_date=buyer_paid_date)
        return {
            "legacyOrderId": legacy_order_id,
            "cancelReason": cancel_reason,
            "buyerPaid": buyer_paid,
            "buyerPaidDate": dated(buyer_paid_date),
            "relistLineItem": relist_line_item,
        }

    @operation(
        "POST", "/cancellation/{cancel_id}/approve", Effect.MONEY, role=Role.SELLER, signed=True
    )
    def approve(self, cancel_id: CancelId) -> None:
        """
        Agree to a buyer's wish to cancel; a paid order is refunded in full.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> po.cancellations.approve(cancel_id).outcome
        'done'
        """

    @operation("POST", "/cancellation/{cancel_id}/reject", Effect.FINAL, role=Role.SELLER)
    def reject(
        self,
        cancel_id: CancelId,
        *,
        shipment_date: Moment | None = None,
        tracking_number: TrackingNumber | None = None,
    ) -> Body:
        """
        Turn down a buyer's wish to cancel, as a rule because the order is on its way.

        Parameters
        ----------
        cancel_id : str
            The cancellation.
        shipment_date : datetime or str, optional
            When the order was shipped.
        tracking_number : str, optional
            The tracking number of the parcel.

        Returns
        -------
        Receipt
            Its answer is empty.

        Raises
        ------
        InputError
            If the date lies in the future.

        Examples
        --------
        >>> po.cancellations.reject(cancel_id, tracking_number="9400100000000000000000").outcome
        'done'
        """
        return {
            "shipmentDate": past("shipment_date", shipment_date, self._now()),
            "trackingNumber": tracking_number,
        }

    @operation(
        "POST",
        "/cancellation/{cancel_id}/confirm",
        Effect.FINAL,
        role=Role.BUYER,
        gone_on=date(2026, 3, 2),
        instead="nothing is to be confirmed any more: cancellations.get shows whether the refund "
        "arrived",
    )
    def confirm(
        self,
        cancel_id: CancelId,
        *,
        refund_date: Moment | None = None,
        unpaid_order: Flag | None = None,
    ) -> Body:
        """
        Confirm, as the buyer, that the refund arrived, or that nothing had been paid.

        Parameters
        ----------
        cancel_id : str
            The cancellation.
        refund_date : datetime or str, optional
            When the refund arrived.
        unpaid_order : bool, optional
            True if the order was never paid.

        Returns
        -------
        Receipt
            Its answer is empty.

        Raises
        ------
        InputError
            If neither is said, or both.

        Examples
        --------
        >>> buyer.cancellations.confirm(cancel_id, refund_date=buyer.now()).outcome
        'done'
        """
        if (refund_date is None) != bool(unpaid_order):
            raise InputError(
                "either a refund arrived, or the order was never paid",
                advice="pass refund_date, or unpaid_order=True",
            )
        return {"refundDate": dated(refund_date), "unpaidOrder": unpaid_order}
