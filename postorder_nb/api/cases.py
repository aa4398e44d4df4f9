"""The calls on cases (inquiries and returns that were escalated to eBay)."""

from __future__ import annotations

from datetime import date

from .fields import (
    BareTrackingNumber,
    Carrier,
    CaseFilter,
    CaseId,
    CloseWhy,
    DateOrder,
    ItemId,
    Limit,
    Moment,
    Offset,
    OrderId,
    PersonName,
    ReturnId,
    Rma,
    TransactionId,
    line_item,
)
from .operation import Body, Effect, Group, Role, operation
from .parts import Comments, ReturnAddress

_GONE = date(2026, 3, 2)


class Cases(Group):
    """Disputes that eBay decides."""

    @operation("GET", "/casemanagement/search", Effect.READ)
    def search(
        self,
        *,
        return_id: ReturnId | None = None,
        order_id: OrderId | None = None,
        item_id: ItemId | None = None,
        transaction_id: TransactionId | None = None,
        case_status_filter: CaseFilter | None = None,
        case_creation_date_range_from: Moment | None = None,
        case_creation_date_range_to: Moment | None = None,
        sort: DateOrder | None = None,
        limit: Limit | None = None,
        offset: Offset | None = None,
    ) -> Body:
        """
        Search cases; one page.

        Parameters
        ----------
        return_id : str, optional
            By the return that was escalated.
        order_id, item_id, transaction_id : str, optional
            By order or order line.
        case_status_filter : str, optional
            By status.
        case_creation_date_range_from, case_creation_date_range_to : datetime or str, optional
            The window of creation, at most 18 months back. One end alone means 90 days.
        sort : str, optional
            ``Ascending`` or ``Descending`` by creation.
        limit, offset : int, optional
            Page size (1 to 200, 25 by default) and where to start.

        Returns
        -------
        dict
            ``members``, ``paginationOutput``, ``totalNumberOfCases``.
        """
        return {
            "return_id": return_id,
            "order_id": order_id,
            **line_item(item_id, transaction_id),
            "case_status_filter": case_status_filter,
            "case_creation_date_range_from": case_creation_date_range_from,
            "case_creation_date_range_to": case_creation_date_range_to,
            "sort": sort,
            "limit": limit,
            "offset": offset,
        }

    @operation("GET", "/casemanagement/{case_id}", Effect.READ)
    def get(self, case_id: CaseId) -> Body:
        """
        Read one case.

        Returns
        -------
        dict
            The case, with ``caseDetails``, ``appealDetails`` and ``caseHistoryDetails``.
        """
        return {}

    @operation("POST", "/casemanagement/{case_id}/appeal", Effect.FINAL)
    def appeal(self, case_id: CaseId, *, comments: Comments | None = None) -> Body:
        """
        Ask eBay to look again at a case it has decided.

        Parameters
        ----------
        case_id : str
            The case; ``appealDetails.eligibleForAppeal`` of `get` tells whether it can be appealed.
        comments : str or Text, optional
            Why the decision is wrong.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> po.cases.appeal(case_id, comments="The parcel was signed for.").outcome
        'done'
        """
        return {"comments": comments}

    @operation(
        "POST",
        "/casemanagement/{case_id}/issue_refund",
        Effect.MONEY,
        role=Role.SELLER,
        signed=True,
        gone_on=_GONE,
        instead="refund the case on ebay.com; cases.get shows the refund",
    )
    def issue_refund(self, case_id: CaseId, *, comments: Comments | None = None) -> Body:
        """
        Refund the buyer of a case; always in full.

        Parameters
        ----------
        case_id : str
            The case.
        comments : str or Text, optional
            A word to the buyer.

        Returns
        -------
        Receipt
            Its answer holds ``refundResult``; its outcome follows ``refundStatus``.

        Examples
        --------
        >>> po.cases.issue_refund(case_id, comments="Your money is on its way.").outcome
        'done'
        """
        return {"comments": comments}

    @operation(
        "POST",
        "/casemanagement/{case_id}/provide_return_address",
        Effect.WRITE,
        role=Role.SELLER,
        gone_on=_GONE,
        instead="give the address on ebay.com; cases.get shows the case",
    )
    def provide_return_address(
        self,
        case_id: CaseId,
        *,
        return_address: ReturnAddress,
        first_name: PersonName | None = None,
        last_name: PersonName | None = None,
        rma: Rma | None = None,
    ) -> Body:
        """
        Say where the item of a case must be sent.

        Parameters
        ----------
        case_id : str
            The case.
        return_address : Address
            The address.
        first_name, last_name : str, optional
            Who receives it.
        rma : str, optional
            The number that must stand on the parcel.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> from postorder_nb.api.parts import Address
        >>> quay = Address("1 Quay Street", "Galway", "IE", postal_code="H91 A1A1")
        >>> po.cases.provide_return_address(case_id, return_address=quay).outcome
        'done'
        """
        return {
            "firstName": first_name,
            "lastName": last_name,
            "returnAddress": return_address,
            "RMA": rma,
        }

    @operation(
        "POST",
        "/casemanagement/{case_id}/provide_shipment_info",
        Effect.WRITE,
        role=Role.BUYER,
        gone_on=_GONE,
        instead="the buyer gives the tracking on ebay.com; cases.get shows the case",
    )
    def provide_shipment_info(
        self,
        case_id: CaseId,
        *,
        shipping_carrier_name: Carrier,
        tracking_number: BareTrackingNumber,
    ) -> Body:
        """
        Tell, as the buyer, how the item of a case goes back.

        Parameters
        ----------
        case_id : str
            The case.
        shipping_carrier_name : str
            The carrier, such as ``USPS``.
        tracking_number : str
            Letters and digits only.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> buyer.cases.provide_shipment_info(
        ...     case_id, shipping_carrier_name="UPS", tracking_number="1Z0000000000000000"
        ... ).outcome
        'done'
        """
        return {"shippingCarrierName": shipping_carrier_name, "trackingNumber": tracking_number}

    @operation(
        "POST",
        "/casemanagement/{case_id}/close",
        Effect.FINAL,
        role=Role.BUYER,
        gone_on=_GONE,
        instead="the buyer closes the case on ebay.com; cases.get shows it",
    )
    def close(
        self, case_id: CaseId, *, close_reason: CloseWhy, comments: Comments | None = None
    ) -> Body:
        """
        End a case as its buyer.

        Parameters
        ----------
        case_id : str
            The case.
        close_reason : str
            Such as ITEM_ARRIVED.
        comments : str or Text, optional
            A word to the seller.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> buyer.cases.close(case_id, close_reason="WORKED_OUT_WITH_SELLER").outcome
        'done'
        """
        return {"closeReason": close_reason, "comments": comments}
