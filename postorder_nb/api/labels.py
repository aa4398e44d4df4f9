"""The calls on the files, labels and parcels of a return; `Returns` has them all."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from ..enums import FilePurpose, ShippingCarrier
from ..errors import PostOrderError
from ..money import Money
from .amounts import Amount, on_wire
from .choices import LabelAction
from .fields import (
    Carrier,
    CarrierName,
    FileId,
    Flag,
    LabelSource,
    Moment,
    NoLabelWhy,
    ReturnId,
    TrackingNumber,
    belongs,
    dated,
    needs,
    only_for,
)
from .operation import CATALOGUE, Body, Effect, Group, Role, operation
from .parts import Comments, Text
from .uploads import FileData, FileName, Purpose, body, opened

if TYPE_CHECKING:
    from .receipt import Receipt


class Labels(Group):
    """What goes along with a return: files, labels, parcels."""

    @operation("GET", "/return/{return_id}/files", Effect.READ)
    def files(self, return_id: ReturnId) -> Body:
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
    ) -> Body:
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

    @operation("POST", "/return/{return_id}/file/upload", Effect.WRITE)
    def file_upload(
        self,
        return_id: ReturnId,
        *,
        data: FileData,
        file_purpose: Purpose,
        file_name: FileName | None = None,
    ) -> Body:
        """
        Put a picture or a label on a return.

        Parameters
        ----------
        return_id : str
            The return.
        data : bytes, str or path
            The file's bytes, or its path; it is encoded on its way. BMP, GIF, JPEG or PNG, and PDF
            for labels; at most 10 MiB.
        file_purpose : str
            ITEM_RELATED, LABEL_RELATED or REFUND_RELATED.
        file_name : str, optional
            Its name; by default that of the path. Bytes need one.

        Returns
        -------
        Receipt
            Its answer holds ``fileId``.

        Raises
        ------
        InputError
            If the file cannot be read, or is none that eBay takes.

        Examples
        --------
        >>> po.returns.file_upload(
        ...     return_id, data=b"GIF89a ...", file_name="box.gif", file_purpose="ITEM_RELATED"
        ... ).outcome
        'done'
        """
        return body(data, file_name, file_purpose)

    @operation("POST", "/return/{return_id}/add_shipping_label", Effect.MONEY, role=Role.SELLER)
    def add_shipping_label(
        self,
        return_id: ReturnId,
        *,
        label_action: LabelSource,
        file_id: FileId | None = None,
        carrier_enum: Carrier | None = None,
        carrier_name: CarrierName | None = None,
        tracking_number: TrackingNumber | None = None,
        label_sent_date: Moment | None = None,
        forward_shipping_label_provided: Flag | None = None,
        no_label_reason: NoLabelWhy | None = None,
        return_label_cost: Amount | None = None,
        comments: Comments | None = None,
    ) -> Body:
        """
        Give the buyer a return label, or say why there is none. A label of eBay's is charged.

        Parameters
        ----------
        return_id : str
            The return.
        label_action : str
            UPLOAD_LABEL, MARK_AS_SENT, NO_LABEL, EBAY_LABEL, AU_LABEL or PURCHASE_LABEL.
        file_id : str, optional
            The label, from `file_upload`; with UPLOAD_LABEL, and only then. `upload_label` does
            both steps.
        carrier_enum : str, optional
            The carrier, such as ``USPS``; needed with a tracking number.
        carrier_name : str, optional
            Its name; with the carrier OTHER, and only then.
        tracking_number : str, optional
            The tracking number of the label.
        label_sent_date : datetime or str, optional
            When the label was sent; with MARK_AS_SENT, and only then.
        forward_shipping_label_provided : bool, optional
            Whether it is a label for the way to the buyer; with MARK_AS_SENT only.
        no_label_reason : str, optional
            Such as WORK_WITH_BUYER; with NO_LABEL, and only then.
        return_label_cost : Money or str, optional
            What the label costs.
        comments : str or Text, optional
            A word to the buyer.

        Returns
        -------
        Receipt
            What eBay answered.

        Raises
        ------
        InputError
            If something is missing that the action needs, or does not go with it.

        Examples
        --------
        >>> po.returns.add_shipping_label(
        ...     return_id, label_action="NO_LABEL", no_label_reason="WORK_WITH_BUYER"
        ... ).outcome
        'done'
        """
        upload, sent, none = (
            label_action == action
            for action in (LabelAction.UPLOAD_LABEL, LabelAction.MARK_AS_SENT, LabelAction.NO_LABEL)
        )
        belongs("UPLOAD_LABEL", upload, file_id=file_id)
        belongs("MARK_AS_SENT", sent, label_sent_date=label_sent_date)
        belongs("NO_LABEL", none, no_label_reason=no_label_reason)
        if not sent:
            only_for(
                "MARK_AS_SENT", forward_shipping_label_provided=forward_shipping_label_provided
            )
        if tracking_number is not None:
            needs("a tracking number", carrier_enum=carrier_enum)
        other = carrier_enum == ShippingCarrier.OTHER
        belongs("the carrier OTHER", other, carrier_name=carrier_name)
        return {
            "labelAction": label_action,
            "fileId": file_id,
            "carrierEnum": carrier_enum,
            "carrierName": carrier_name,
            "trackingNumber": tracking_number,
            "labelSentDate": dated(label_sent_date),
            "forwardShippingLabelProvided": forward_shipping_label_provided,
            "noLabelReason": no_label_reason,
            "returnLabelCost": on_wire(return_label_cost),
            "comments": comments,
        }

    def upload_label(
        self,
        return_id: str,
        data: bytes | str | PathLike[str],
        *,
        file_name: str | None = None,
        carrier_enum: ShippingCarrier | str | None = None,
        carrier_name: str | None = None,
        tracking_number: str | None = None,
        return_label_cost: Money | str | None = None,
        comments: str | Text | None = None,
    ) -> Receipt:
        """
        Upload a return label and give it to the buyer: `file_upload`, then `add_shipping_label`.

        All arguments are checked before the first of the two calls.

        Parameters
        ----------
        return_id : str
            The return.
        data : bytes, str or path
            The label's bytes, or its path: PDF, BMP, GIF, JPEG or PNG.
        file_name : str, optional
            Its name; by default that of the path. Bytes need one.
        carrier_enum, carrier_name, tracking_number, return_label_cost, comments : optional
            As in `add_shipping_label`.

        Returns
        -------
        Receipt
            That of the second call; or of the upload, if that is not done.

        Raises
        ------
        InputError
            If an argument is wrong.
        PostOrderError
            If a call fails. If it is the second, the advice names the file that is uploaded by
            then: go on with `add_shipping_label`.

        Examples
        --------
        >>> po.returns.upload_label(
        ...     return_id, b"%PDF-1.4 ...", file_name="label.pdf", carrier_enum="USPS",
        ...     tracking_number="9400100000000000000000",
        ... ).operation
        'returns.add_shipping_label'
        """
        upload = opened(data)
        label: dict[str, Any] = {
            "label_action": LabelAction.UPLOAD_LABEL,
            "carrier_enum": carrier_enum,
            "carrier_name": carrier_name,
            "tracking_number": tracking_number,
            "return_label_cost": return_label_cost,
            "comments": comments,
        }
        row = CATALOGUE["returns.add_shipping_label"]
        row.prepare(self, return_id, file_id="0", **label)
        uploaded = self.file_upload(
            return_id,
            data=upload.content,
            file_name=file_name or upload.name,
            file_purpose=FilePurpose.LABEL_RELATED,
        )
        if not uploaded.ok:
            return uploaded
        file_id = str(uploaded.answer["fileId"])
        try:
            return self.add_shipping_label(return_id, file_id=file_id, **label)
        except PostOrderError as error:
            error.advice = f"{error.advice}; the label itself is uploaded, as file {file_id}"
            raise
