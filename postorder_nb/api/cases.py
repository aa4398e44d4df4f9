"""The calls on cases (inquiries and returns that were escalated to eBay)."""

from __future__ import annotations

from .fields import (
    CaseFilter,
    CaseId,
    DateOrder,
    ItemId,
    Limit,
    Moment,
    Offset,
    OrderId,
    ReturnId,
    TransactionId,
    line_item,
)
from .operation import Answer, Effect, Group, operation


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
    ) -> Answer:
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
    def get(self, case_id: CaseId) -> Answer:
        """
        Read one case.

        Returns
        -------
        dict
            The case, with ``caseDetails``, ``appealDetails`` and ``caseHistoryDetails``.
        """
        return {}
