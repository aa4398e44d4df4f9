"""The calls on inquiries (item not received, INR)."""

from __future__ import annotations

from datetime import date

from ..errors import InputError
from .fields import (
    Carrier,
    CloseWhy,
    DateOrder,
    Flag,
    InquiryEscalation,
    InquiryFilter,
    InquiryId,
    InquiryWish,
    ItemId,
    Limit,
    Moment,
    Offset,
    OrderId,
    Quantity,
    TrackingNumber,
    TransactionId,
    line_item,
    needs,
    past,
)
from .operation import Body, Effect, Group, Role, operation
from .parts import Comments, Message

_GONE = date(2026, 3, 16)


class Inquiries(Group):
    """Buyers' reports that an item did not arrive."""

    @operation("GET", "/inquiry/search", Effect.READ)
    def search(
        self,
        *,
        order_id: OrderId | None = None,
        item_id: ItemId | None = None,
        transaction_id: TransactionId | None = None,
        inquiry_status: InquiryFilter | None = None,
        inquiry_creation_date_range_from: Moment | None = None,
        inquiry_creation_date_range_to: Moment | None = None,
        sort: DateOrder | None = None,
        limit: Limit | None = None,
        offset: Offset | None = None,
    ) -> Body:
        """
        Search inquiries; one page. Those that became cases are found among the cases only.

        Parameters
        ----------
        order_id, item_id, transaction_id : str, optional
            By order or order line.
        inquiry_status : str, optional
            By status.
        inquiry_creation_date_range_from, inquiry_creation_date_range_to : datetime or str, optional
            The window of creation, at most 18 months back. One end alone means 90 days.
        sort : str, optional
            ``Ascending`` or ``Descending`` by creation.
        limit, offset : int, optional
            Page size (1 to 200, 25 by default) and where to start.

        Returns
        -------
        dict
            ``members`` (absent when nothing matched), ``paginationOutput``.
        """
        return {
            "order_id": order_id,
            **line_item(item_id, transaction_id),
            "inquiry_status": inquiry_status,
            "inquiry_creation_date_range_from": inquiry_creation_date_range_from,
            "inquiry_creation_date_range_to": inquiry_creation_date_range_to,
            "sort": sort,
            "limit": limit,
            "offset": offset,
        }

    @operation("GET", "/inquiry/{inquiry_id}", Effect.READ)
    def get(self, inquiry_id: InquiryId) -> Body:
        """
        Read one inquiry.

        Returns
        -------
        dict
            The inquiry, with ``inquiryDetails``, ``itemDetails`` and ``inquiryHistoryDetails``.
        """
        return {}

    @operation(
        "POST",
        "/inquiry",
        Effect.WRITE,
        role=Role.BUYER,
        gone_on=_GONE,
        instead="the buyer reports the missing item on ebay.com; inquiries.search finds it",
        record="order line {item_id}-{transaction_id}",
    )
    def create(
        self,
        *,
        item_id: ItemId,
        transaction_id: TransactionId,
        claim_quantity: Quantity | None = None,
        comments: Comments | None = None,
        desired_outcome: InquiryWish | None = None,
    ) -> Body:
        """
        Report, as the buyer, that an item did not arrive.

        Parameters
        ----------
        item_id, transaction_id : str
            The order line.
        claim_quantity : int, optional
            How many pieces are missing.
        comments : str or Text, optional
            A word to the seller.
        desired_outcome : str, optional
            FULL_REFUND or STILL_WANT_ITEM.

        Returns
        -------
        Receipt
            Its answer is empty; `search` with the order line finds the inquiry.

        Examples
        --------
        >>> buyer.inquiries.create(
        ...     item_id=item_id, transaction_id=transaction_id, desired_outcome="FULL_REFUND"
        ... ).outcome
        'done'
        """
        return {
            "itemId": item_id,
            "transactionId": transaction_id,
            "claimQuantity": claim_quantity,
            "comments": comments,
            "desiredOutcome": desired_outcome,
        }

    @operation("POST", "/inquiry/{inquiry_id}/send_message", Effect.WRITE)
    def send_message(self, inquiry_id: InquiryId, *, message: Message) -> Body:
        """
        Write to the other party. A message that is sent twice arrives twice.

        Parameters
        ----------
        inquiry_id : str
            The inquiry.
        message : str or Text
            The message.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> po.inquiries.send_message(inquiry_id, message="It left on Monday.").outcome
        'done'
        """
        return {"message": message}

    @operation(
        "POST", "/inquiry/{inquiry_id}/provide_shipment_info", Effect.WRITE, role=Role.SELLER
    )
    def provide_shipment_info(
        self,
        inquiry_id: InquiryId,
        *,
        shipping_carrier_name: Carrier | None = None,
        shipping_date: Moment | None = None,
        tracking_number: TrackingNumber | None = None,
        shipped_with_tracking: Flag | None = None,
        proof_of_shipment_uploaded: Flag | None = None,
        seller_comments: Comments | None = None,
    ) -> Body:
        """
        Answer an inquiry with the shipment.

        Parameters
        ----------
        inquiry_id : str
            The inquiry.
        shipping_carrier_name : str, optional
            The carrier, such as ``USPS``.
        shipping_date : datetime or str, optional
            When the item was shipped.
        tracking_number : str, optional
            The tracking number of the parcel.
        shipped_with_tracking : bool, optional
            Whether there is tracking; by default, whether there is a tracking number.
        proof_of_shipment_uploaded : bool, optional
            True if a proof was uploaded; carrier and date are not needed then.
        seller_comments : str or Text, optional
            A word to the buyer.

        Returns
        -------
        Receipt
            Its answer is empty.

        Raises
        ------
        InputError
            If carrier and date are missing without a proof, the date lies in the future, or there
            is tracking without a number or a number without tracking.

        Examples
        --------
        >>> from datetime import timedelta
        >>> po.inquiries.provide_shipment_info(
        ...     inquiry_id,
        ...     shipping_carrier_name="USPS",
        ...     shipping_date=po.now() - timedelta(days=3),
        ...     tracking_number="9400100000000000000000",
        ... ).outcome
        'done'
        """
        if not proof_of_shipment_uploaded:
            needs(
                "a shipment without an uploaded proof",
                shipping_carrier_name=shipping_carrier_name,
                shipping_date=shipping_date,
            )
        tracked = bool(tracking_number)
        if shipped_with_tracking is not None and shipped_with_tracking != tracked:
            raise InputError(
                f"shipped_with_tracking={shipped_with_tracking} contradicts the tracking_number",
                advice="pass the tracking_number, and leave shipped_with_tracking out",
            )
        return {
            "shippingCarrierName": shipping_carrier_name,
            "shippingDate": past("shipping_date", shipping_date, self._now()),
            "trackingNumber": tracking_number,
            "shippedWithTracking": tracked,
            "proofOfShipmentUploaded": proof_of_shipment_uploaded,
            "sellerComments": seller_comments,
        }

    @operation(
        "POST", "/inquiry/{inquiry_id}/issue_refund", Effect.MONEY, role=Role.SELLER, signed=True
    )
    def issue_refund(self, inquiry_id: InquiryId, *, comments: Comments | None = None) -> Body:
        """
        Refund the buyer of an item that did not arrive; always in full.

        Parameters
        ----------
        inquiry_id : str
            The inquiry.
        comments : str or Text, optional
            A word to the buyer.

        Returns
        -------
        Receipt
            Its answer holds ``refundResult``; its outcome follows ``refundStatus``.

        Examples
        --------
        >>> po.inquiries.issue_refund(inquiry_id, comments="Your money is on its way.").outcome
        'done'
        """
        return {"comments": comments}

    @operation(
        "POST",
        "/inquiry/{inquiry_id}/provide_refund_info",
        Effect.WRITE,
        role=Role.SELLER,
        gone_on=_GONE,
        instead="refund with inquiries.issue_refund, or tell the buyer of a refund made elsewhere "
        "with inquiries.send_message",
    )
    def provide_refund_info(self, inquiry_id: InquiryId, *, message: Message) -> Body:
        """
        Tell the buyer how they were refunded by other means than eBay's.

        Parameters
        ----------
        inquiry_id : str
            The inquiry.
        message : str or Text
            How, and when.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> po.inquiries.provide_refund_info(inquiry_id, message="Sent by bank.").outcome
        'done'
        """
        return {"message": message}

    @operation("POST", "/inquiry/{inquiry_id}/escalate", Effect.FINAL)
    def escalate(
        self,
        inquiry_id: InquiryId,
        *,
        escalate_inquiry_reason: InquiryEscalation,
        comments: Comments,
    ) -> Body:
        """
        Ask eBay to decide: the inquiry ends, and a case begins.

        Parameters
        ----------
        inquiry_id : str
            The inquiry.
        escalate_inquiry_reason : str
            Sellers: BUYER_TROUBLE, BUYER_UNHAPPY, SHIPPED_ITEM or OTHERS. Buyers: NOT_RECEIVED,
            NO_REFUND, SELLER_NORESPONSE, TROUBLE_COMMUNICATION or OTHERS.
        comments : str or Text
            What eBay should know.

        Returns
        -------
        Receipt
            Its answer is empty; ``po.cases.search`` with the order line finds the case.

        Examples
        --------
        >>> po.inquiries.escalate(
        ...     inquiry_id, escalate_inquiry_reason="SHIPPED_ITEM", comments="Tracking says so."
        ... ).outcome
        'done'
        """
        return {"escalateInquiryReason": escalate_inquiry_reason, "comments": comments}

    @operation(
        "POST",
        "/inquiry/{inquiry_id}/close",
        Effect.FINAL,
        role=Role.BUYER,
        gone_on=_GONE,
        instead="the buyer closes the inquiry on ebay.com; inquiries.get shows it",
    )
    def close(
        self, inquiry_id: InquiryId, *, close_reason: CloseWhy, comments: Comments | None = None
    ) -> Body:
        """
        End an inquiry as its buyer.

        Parameters
        ----------
        inquiry_id : str
            The inquiry.
        close_reason : str
            Such as ITEM_ARRIVED. Optional on paper; eBay asks for it all the same.
        comments : str or Text, optional
            A word to the seller.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> buyer.inquiries.close(inquiry_id, close_reason="ITEM_ARRIVED").outcome
        'done'
        """
        return {"closeReason": close_reason, "comments": comments}

    @operation(
        "POST",
        "/inquiry/{inquiry_id}/confirm_refund",
        Effect.FINAL,
        role=Role.BUYER,
        gone_on=_GONE,
        instead="nothing is to be confirmed any more: inquiries.get shows the refund",
    )
    def confirm_refund(self, inquiry_id: InquiryId) -> None:
        """
        Confirm, as the buyer, that the refund arrived.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> buyer.inquiries.confirm_refund(inquiry_id).outcome
        'done'
        """
