"""Files on their way to eBay, and the two calls that make a label."""

from __future__ import annotations

import base64
from decimal import Decimal
from pathlib import Path

import pytest

from postorder_nb import errors

PDF = b"%PDF-1.4 label"
TRACKING = "9400100000000000000000"


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"BM", "a.bmp"), (b"GIF87a", "a.gif"), (b"GIF89a", "a.gif"), (b"\xff\xd8\xff", "a.jpg"),
        (b"\x89PNG\r\n\x1a\n", "a.png"), (b"%PDF-", "a.pdf"),
    ],
)  # fmt: skip
def test_a_file_is_read_and_encoded_once(shop, tmp_path: Path, start: bytes, name: str) -> None:
    content = start + bytes(range(256))
    path = tmp_path / name
    path.write_bytes(content)
    for given in (path, str(path)):
        po = shop()
        po.returns.file_upload("5", data=given, file_purpose="LABEL_RELATED")
        sent = po.desk.requests[0].body
        assert sent["fileName"] == name
        assert base64.b64decode(sent["data"], validate=True) == content


def test_a_large_file_is_refused_before_it_is_read(shop, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(errors.InputError, match=r"50\.0 MiB"):
        shop().returns.file_upload("5", data=path, file_purpose="ITEM_RELATED")


def test_a_label_is_uploaded_and_given_to_the_buyer(shop) -> None:
    po = shop(answer={"fileId": "810"})
    receipt = po.returns.upload_label(
        "5", PDF, file_name="label.pdf", carrier_enum="USPS", tracking_number=TRACKING,
        return_label_cost="4.50 USD", comments="Print it.",
    )  # fmt: skip
    upload, label = po.desk.requests
    assert upload.path.endswith("/return/5/file/upload")
    assert upload.body == {
        "fileName": "label.pdf",
        "data": base64.b64encode(PDF).decode(),
        "filePurpose": "LABEL_RELATED",
    }
    assert label.path.endswith("/return/5/add_shipping_label")
    assert label.body == {
        "labelAction": "UPLOAD_LABEL", "fileId": "810", "carrierEnum": "USPS",
        "trackingNumber": TRACKING, "comments": {"content": "Print it."},
        "returnLabelCost": {"value": Decimal("4.50"), "currency": "USD"},
    }  # fmt: skip
    assert receipt.operation == "returns.add_shipping_label"


def test_a_label_with_a_wrong_argument_is_not_even_uploaded(shop) -> None:
    po = shop(answer={"fileId": "810"})
    with pytest.raises(errors.InputError, match="needs carrier_enum"):
        po.returns.upload_label("5", PDF, file_name="label.pdf", tracking_number="1Z9")
    assert po.desk.requests == []


def test_an_upload_that_is_not_done_ends_there(shop) -> None:
    po = shop(outcome="not sent")
    receipt = po.returns.upload_label("5", PDF, file_name="label.pdf")
    assert (receipt.operation, receipt.outcome) == ("returns.file_upload", "not sent")
    assert len(po.desk.requests) == 1


def test_a_label_that_eBay_refuses_says_where_the_file_is(shop) -> None:
    refusal = errors.RequestRefused("returns.add_shipping_label 5 was refused", status=400)
    po = shop(answer={"fileId": "810"}, error=refusal)
    with pytest.raises(errors.RequestRefused) as caught:
        po.returns.upload_label("5", PDF, file_name="label.pdf")
    assert "uploaded, as file 810" in str(caught.value)
