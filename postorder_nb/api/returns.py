"""The calls on returns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from .fields import (
    CallerRole,
    Carrier,
    ItemId,
    Limit,
    Moment,
    Offset,
    OrderId,
    ReturnGroup,
    ReturnId,
    ReturnOrder,
    ReturnPart,
    ReturnStates,
    TrackingNumber,
    TransactionId,
    line_item,
)
from .operation import Answer, Effect, Group, Request, Role, Sender, operation


def both_parts(sender: Sender, request: Request) -> Answer:
    """
    Read a return whole, whatever the server puts into one answer.

    On paper FULL brings ``summary`` and ``detail``; live it brings ``detail`` only. So FULL and
    SUMMARY are asked side by side and merged, unless the caller asked for one of them.
    """
    if request.query:
        return sender.send(request)
    parts = [replace(request, query={"fieldgroups": part}) for part in ("FULL", "SUMMARY")]
    with ThreadPoolExecutor(1) as aside:
        summary = aside.submit(sender.send, parts[1])
        full = sender.send(parts[0])
        return {**summary.result(), **full}


class Returns(Group):
    """Requests of buyers to send an item back."""

    @operation("GET", "/return/search", Effect.READ)
    def search(
        self,
        *,
        return_id: ReturnId | None = None,
        order_id: OrderId | None = None,
        item_id: ItemId | None = None,
        transaction_id: TransactionId | None = None,
        return_state: ReturnGroup | None = None,
        states: ReturnStates | None = None,
        role: CallerRole | None = None,
        creation_date_range_from: Moment | None = None,
        creation_date_range_to: Moment | None = None,
        sort: ReturnOrder | None = None,
        limit: Limit | None = None,
        offset: Offset | None = None,
    ) -> Answer:
        """
        Search returns; one page.

        Parameters
        ----------
        return_id : str, optional
            One return; eBay then ignores every other filter.
        order_id, item_id, transaction_id : str, optional
            By order or order line.
        return_state, states : str, optional
            By group of states (``ALL_OPEN``, ``CLOSED`` ...), or by one exact state.
        role : str, optional
            SELLER or BUYER: the role of the caller, not of the one who asked.
        creation_date_range_from, creation_date_range_to : datetime or str, optional
            The window of creation, at most 18 months back. One end alone means 90 days.
        sort : str, optional
            A key with its sign, such as ``-FILING_DATE``.
        limit, offset : int, optional
            Page size (1 to 200, 25 by default) and where to start.

        Returns
        -------
        dict
            ``members`` (absent when nothing matched), ``paginationOutput``, ``countSummary``.
        """
        return {
            "return_id": return_id,
            "order_id": order_id,
            **line_item(item_id, transaction_id),
            "return_state": return_state,
            "states": states,
            "role": role,
            "creation_date_range_from": creation_date_range_from,
            "creation_date_range_to": creation_date_range_to,
            "sort": sort,
            "limit": limit,
            "offset": offset,
        }

    @operation("GET", "/return/{return_id}", Effect.READ, exchange=both_parts)
    def get(self, return_id: ReturnId, *, fieldgroups: ReturnPart | None = None) -> Answer:
        """
        Read one return.

        Parameters
        ----------
        return_id : str
            The return.
        fieldgroups : str, optional
            FULL (live: the detail only) or SUMMARY. By default both are read, in two calls.

        Returns
        -------
        dict
            ``summary`` and ``detail``.
        """
        return {"fieldgroups": fieldgroups}

    @operation("GET", "/return/{return_id}/files", Effect.READ)
    def files(self, return_id: ReturnId) -> Answer:
        """
        List the files of a return, contents included.

        Returns
        -------
        dict
            ``files``: each with ``fileId``, ``fileName``, ``fileData`` (base64, large) ...
        """
        return {}

    @operation("GET", "/return/{return_id}/tracking", Effect.READ)
    def tracking(
        self, return_id: ReturnId, *, carrier_used: Carrier, tracking_number: TrackingNumber
    ) -> Answer:
        """
        Read the scans of a return parcel.

        Parameters
        ----------
        return_id : str
            The return.
        carrier_used : str
            The carrier, such as ``USPS``.
        tracking_number : str
            The tracking number of the parcel.

        Returns
        -------
        dict
            ``trackingStatus`` and ``scanHistory``.
        """
        return {"carrier_used": carrier_used, "tracking_number": tracking_number}

    @operation("GET", "/return/preference", Effect.READ, role=Role.SELLER)
    def preferences_get(self) -> Answer:
        """
        Read the seller's preferences for returns.

        Returns
        -------
        dict
            ``rmaRequired``, ``advanceRulesEnabled``, ``versionId``.
        """
        return {}
