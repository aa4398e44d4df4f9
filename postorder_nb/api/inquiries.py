"""The calls on inquiries (item not received, INR)."""

from __future__ import annotations

from .fields import (
    DateOrder,
    InquiryFilter,
    InquiryId,
    ItemId,
    Limit,
    Moment,
    Offset,
    OrderId,
    TransactionId,
    line_item,
)
from .operation import Answer, Effect, Group, operation


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
    ) -> Answer:
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
    def get(self, inquiry_id: InquiryId) -> Answer:
        """
        Read one inquiry.

        Returns
        -------
        dict
            The inquiry, with ``inquiryDetails``, ``itemDetails`` and ``inquiryHistoryDetails``.
        """
        return {}
