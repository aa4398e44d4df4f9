"""The calls on returns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..enums import RefundFeeType, ReturnType
from .amounts import Amount, RefundFee, RefundLines, on_wire, refund
from .choices import Decision
from .fields import (
    CallerRole,
    CarrierName,
    DraftId,
    Flag,
    ItemId,
    Limit,
    Moment,
    Offset,
    OrderId,
    Quantity,
    ReturnDecision,
    ReturnEscalation,
    ReturnGroup,
    ReturnId,
    ReturnOrder,
    ReturnPart,
    ReturnRequestType,
    ReturnStates,
    ReturnWhy,
    ReturnWish,
    Rma,
    TransactionId,
    belongs,
    line_item,
    needs,
    only_for,
)
from .labels import Labels
from .operation import Answer, Body, Effect, Request, Role, Sender, operation
from .parts import Comments, Message


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


class Returns(Labels):
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
    ) -> Body:
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
    def get(self, return_id: ReturnId, *, fieldgroups: ReturnPart | None = None) -> Body:
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

    @operation("GET", "/return/preference", Effect.READ, role=Role.SELLER)
    def preferences_get(self) -> Body:
        """
        Read the seller's preferences for returns.

        Returns
        -------
        dict
            ``rmaRequired``, ``advanceRulesEnabled``, ``versionId``.
        """
        return {}

    @operation(
        "POST",
        "/return",
        Effect.WRITE,
        role=Role.BUYER,
        query=("fieldgroups",),
        record="order line {item_id}-{transaction_id}",
    )
    def create(
        self,
        *,
        item_id: ItemId | None = None,
        transaction_id: TransactionId | None = None,
        reason: ReturnWhy | None = None,
        type: ReturnWish | None = None,
        return_quantity: Quantity | None = None,
        carrier: CarrierName | None = None,
        comments: Comments | None = None,
        request_type: ReturnRequestType | None = None,
        draft_id: DraftId | None = None,
        fieldgroups: ReturnPart | None = None,
    ) -> Body:
        """
        Open a return as the buyer.

        Parameters
        ----------
        item_id, transaction_id : str
            The order line.
        reason : str
            Such as DEFECTIVE_ITEM.
        type : str, optional
            MONEY_BACK, which is the default; eBay supports nothing else at present.
        return_quantity : int, optional
            How many pieces; 1 by default.
        carrier : str, optional
            Who takes it back.
        comments : str or Text, optional
            A word to the seller.
        request_type : str, optional
            CREATE or REQUEST.
        draft_id : str, optional
            A draft, in place of all of the above. The calls that made drafts are gone.
        fieldgroups : str, optional
            How much of the new return the answer holds: NONE (default), SUMMARY or FULL.

        Returns
        -------
        Receipt
            Its answer holds ``returnId``.

        Raises
        ------
        InputError
            If the order line or the reason is missing, or stands beside a draft.

        Examples
        --------
        >>> receipt = buyer.returns.create(
        ...     item_id=item_id, transaction_id=transaction_id, reason="DEFECTIVE_ITEM"
        ... )
        >>> po.returns.get(receipt.answer["returnId"])["summary"]["creationInfo"]["reason"]
        'DEFECTIVE_ITEM'
        """
        if draft_id is not None:
            only_for(
                "a return without draft_id",
                item_id=item_id,
                transaction_id=transaction_id,
                reason=reason,
                type=type,
                return_quantity=return_quantity,
                carrier=carrier,
                comments=comments,
                request_type=request_type,
            )
            return {"draftId": draft_id, "fieldgroups": fieldgroups}
        needs("a return", item_id=item_id, transaction_id=transaction_id, reason=reason)
        wish = {
            "itemId": item_id,
            "transactionId": transaction_id,
            "reason": reason,
            "type": type or ReturnType.MONEY_BACK.value,
            "returnQuantity": return_quantity or 1,
            "carrier": carrier,
            "comments": comments,
            "requestType": request_type,
        }
        return {"returnRequest": wish, "fieldgroups": fieldgroups}

    @operation("POST", "/return/{return_id}/decide", Effect.MONEY, signed=True)
    def decide(
        self,
        return_id: ReturnId,
        *,
        decision: ReturnDecision,
        partial_refund_amount: Amount | None = None,
        rma_number: Rma | None = None,
        rma_provided: Flag | None = None,
        keep_original_item: Flag | None = None,
        comments: Comments | None = None,
    ) -> Body:
        """
        Decide about an open return.

        It may move money: a partial refund that is accepted, or a return that eBay refunds once it
        is approved.

        Parameters
        ----------
        return_id : str
            The return.
        decision : str
            Sellers: APPROVE, DECLINE, OFFER_PARTIAL_REFUND, OFFER_RETURN or PROVIDE_RMA; what the
            return allows now is in ``sellerAvailableOptions``. Buyers: ACCEPT_PARTIAL_REFUND or
            DECLINE_PARTIAL_REFUND.
        partial_refund_amount : Money or str, optional
            What is offered; with OFFER_PARTIAL_REFUND, and only then.
        rma_number : str, optional
            With PROVIDE_RMA; sellers with an RMA programme give it with APPROVE, too.
        rma_provided : bool, optional
            Whether the buyer has the number already.
        keep_original_item : bool, optional
            Whether the buyer may keep the item.
        comments : str or Text, optional
            A word to the other party.

        Returns
        -------
        Receipt
            Its answer holds ``refundStatus`` if money was asked for.

        Raises
        ------
        InputError
            If an amount or a number is missing, or does not go with the decision.

        Examples
        --------
        >>> po.returns.decide(return_id, decision="APPROVE", comments="Please send it.").outcome
        'done'
        """
        offer = decision == Decision.OFFER_PARTIAL_REFUND
        belongs("OFFER_PARTIAL_REFUND", offer, partial_refund_amount=partial_refund_amount)
        if decision != Decision.APPROVE:
            number = decision == Decision.PROVIDE_RMA
            belongs("PROVIDE_RMA", number, rma_number=rma_number)
        return {
            "decision": decision,
            "partialRefundAmount": on_wire(partial_refund_amount),
            "RMANumber": rma_number,
            "rMAProvided": rma_provided,
            "keepOriginalItem": keep_original_item,
            "comments": comments,
        }

    @operation("POST", "/return/{return_id}/send_message", Effect.WRITE)
    def send_message(self, return_id: ReturnId, *, message: Message) -> Body:
        """
        Write to the other party. A message that is sent twice arrives twice.

        Parameters
        ----------
        return_id : str
            The return.
        message : str or Text
            The message.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> po.returns.send_message(return_id, message="The label is on its way.").outcome
        'done'
        """
        return {"message": message}

    @operation("POST", "/return/{return_id}/mark_as_received", Effect.FINAL, role=Role.SELLER)
    def mark_as_received(self, return_id: ReturnId, *, comments: Comments | None = None) -> Body:
        """
        State that the item came back.

        Parameters
        ----------
        return_id : str
            The return.
        comments : str or Text, optional
            A word to the buyer.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> po.returns.mark_as_received(return_id).outcome
        'done'
        """
        return {"comments": comments}

    @operation(
        "POST", "/return/{return_id}/issue_refund", Effect.MONEY, role=Role.SELLER, signed=True
    )
    def issue_refund(
        self,
        return_id: ReturnId,
        *,
        amount: Amount,
        fee: RefundFee = RefundFeeType.PURCHASE_PRICE,
        lines: RefundLines | None = None,
        relist_item: Flag | None = None,
        comments: Comments | None = None,
    ) -> Body:
        """
        Refund the buyer of a return.

        Parameters
        ----------
        return_id : str
            The return.
        amount : Money or str
            The whole refund, such as ``"24.90 EUR"``. A float is refused.
        fee : str
            What it is for, where it is for one thing: the price, by default.
        lines : mapping, optional
            What it is for, where it is for several things, each with its amount:
            ``{"PURCHASE_PRICE": "19.95 USD", "ORIGINAL_SHIPPING": "4.25 USD"}``.
        relist_item : bool, optional
            Whether to offer the item again; ``itemDetail.relistStatus`` tells whether that works.
        comments : str or Text, optional
            A word to the buyer.

        Returns
        -------
        Receipt
            Its answer holds ``refundStatus``, which its outcome follows.

        Raises
        ------
        InputError
            If the amount is wrong, or the lines do not sum to it.
        MixedCurrencyError
            If the lines are not in the currency of the amount.

        Examples
        --------
        >>> po.returns.issue_refund(return_id, amount=price, comments="Thank you.").outcome
        'done'
        """
        return {
            "refundDetail": refund(amount, fee, lines),
            "relistItem": relist_item,
            "comments": comments,
        }

    @operation("POST", "/return/{return_id}/escalate", Effect.FINAL)
    def escalate(
        self,
        return_id: ReturnId,
        *,
        reason: ReturnEscalation | None = None,
        comments: Comments | None = None,
    ) -> Body:
        """
        Ask eBay to decide: the return ends, and a case begins.

        Parameters
        ----------
        return_id : str
            The return; ``escalationInfo`` of `get` tells from when until when it is possible.
        reason : str, optional
            Such as RECEIVED_EMPTY_BOX. Not the words of inquiries: SELLER_NO_RESPONSE is spelt
            with one more underscore here.
        comments : str or Text, optional
            What eBay should know; give it.

        Returns
        -------
        Receipt
            Its answer holds ``caseId``.

        Examples
        --------
        >>> receipt = po.returns.escalate(
        ...     return_id, reason="RECEIVED_EMPTY_BOX", comments="Nothing was in it."
        ... )
        >>> po.cases.get(receipt.answer["caseId"])["returnId"] == return_id
        True
        """
        return {"reason": reason, "comments": comments}

    @operation("POST", "/return/preference", Effect.WRITE, role=Role.SELLER)
    def preferences_set(self, *, rma_required: Flag) -> Body:
        """
        Say whether returns need an RMA number; it holds for the whole account.

        Parameters
        ----------
        rma_required : bool
            Whether the seller gives a number before the buyer sends anything.

        Returns
        -------
        Receipt
            Its answer is empty.

        Examples
        --------
        >>> po.returns.preferences_set(rma_required=True).outcome
        'done'
        >>> po.returns.preferences_get()["rmaRequired"]
        True
        """
        return {"rmaRequired": rma_required}
