"""
Signatures against published ones, against an independent derivation, and against change.

The keys are the example keys of RFC 9421, appendix B.1, which eBay's own samples use as well. They
are public, and must never sign real traffic.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from postorder_nb import clock
from postorder_nb.api.signing import Signer, content_digest, signature_base, verify
from postorder_nb.errors import InputError

from .conftest import Server

ED_KEY = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
ED_PUBLIC = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
RSA_KEY = (
    "MIIEvgIBADALBgkqhkiG9w0BAQoEggSqMIIEpgIBAAKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa"
    "6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO"
    "7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4T"
    "n0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6"
    "+U9nV5oyc6XI2wIDAQABAoIBAQCUB8ip+kJiiZVKF8AqfB/aUP0jTAqOQewK1kKJ/iQCXBCqpbo360gvdt05H5VZ/RDVkE"
    "gO2k73VSsbulqezKs8RFs2tEmU+JgTI9MeQJPWcP6XaKy6LIYs0E2cWgp8GADgoBs8llBq0UhX0KffglIeek3n7Z6Gt4YF"
    "ge2TAcW2WbN4XfK7lupFyo6HHyWRiYHMMARQXLJeOSdTn5aMBP0PO4bQyk5ORxTUSeOciPJUFktQHkvGbym7KryEfwH8Tk"
    "s0L7WhzyP60PL3xS9FNOJi9m+zztwYIXGDQuKM2GDsITeD2mI2oHoPMyAD0wdI7BwSVW18p1h+jgfc4dlexKYRAoGBAOVf"
    "uiEiOchGghV5vn5NRDNscAFnpHj1QgMr6/UG05RTgmcLfVsI1I4bSkbrIuVKviGGf7atlkROALOG/xRxDLadgBEeNyHL5l"
    "z6ihQaFJLVQ0u3U4SB67J0YtVO3R6lXcIjBDHuY8SjYJ7Ci6Z6vuDcoaEujnlrtUhaMxvSfcUJAoGBAMPsCHXte1uWNAqY"
    "ad2WdLjPDlKtQJK1diCmrqmB2g8QE99hDOHItjDBEdpyFBKOIP+NpVtM2KLhRajjcL9Ph8jrID6XUqikQuVi4J9FV2m42j"
    "XMuioTT13idAILanYg8D3idvy/3isDVkON0X3UAVKrgMEne0hJpkPLFYqgetvDAoGBAKLQ6JZMbSe0pPIJkSamQhsehgL5"
    "Rs51iX4m1z7+sYFAJfhvN3Q/OGIHDRp6HjMUcxHpHw7U+S1TETxePwKLnLKj6hw8jnX2/nZRgWHzgVcY+sPsReRxNJVf+C"
    "fh6yOtznfX00p+JWOXdSY8glSSHJwRAMog+hFGW1AYdt7w80XBAoGBAImRNUugqapgaEA8TrFxkJmngXYaAqpA0iYRA7kv"
    "3S4QavPBUGtFJHBNULzitydkNtVZ3w6hgce0h9YThTo/nKc+OZDZbgfN9s7cQ75x0PQCAO4fx2P91Q+mDzDUVTeG30mEt2"
    "m3S0dGe47JiJxifV9P3wNBNrZGSIF3mrORBVNDAoGBAI0QKn2Iv7Sgo4T/XjNDdl2kZTXqGAk8dOhpUiw/HdM3OGWbhHj2"
    "NdCzBliOmPyQtAr770GITWvbAI+IRYyFS7Fnk6ZVVVHsxjtaHy1uJGFlaZzKR4AGNaUTOJMs6NadzCmGPAxNQQOCqoUjn4"
    "XRrOjr9w349JooGXhOxbu8nOxX"
)
RSA_PUBLIC = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG"
    "2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7Oyr"
    "FAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5"
    "I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9n"
    "V5oyc6XI2wIDAQAB"
)
JWE = (
    "eyJ6aXAiOiJERUYiLCJlbmMiOiJBMjU2R0NNIiwidGFnIjoiSXh2dVRMb0FLS0hlS0Zoa3BxQ05CUSIsImFsZyI6IkEyNT"
    "ZHQ01LVyIsIml2IjoiaFd3YjNoczk2QzEyOTNucCJ9.2o02pR9SoTF4g_5qRXZm6tF4H52TarilIAKxoVUqjd8.3qaF0KJ"
    "N-rFHHm_P.AMUAe9PPduew09mANIZ-O_68CCuv6EIx096rm9WyLZnYz5N1WFDQ3jP0RBkbaOtQZHImMSPXIHVaB96RWshL"
    "uJsUgCKmTAwkPVCZv3zhLxZVxMXtPUuJ-ppVmPIv0NzznWCOU5Kvb9Xux7ZtnlvLXgwOFEix-BaWNomUAazbsrUCbrp514"
    "GIea3butbyxXLNi6R9TJUNh8V2uan-optT1MMyS7eMQnVGL5rYBULk.9K5ucUqAu0DqkkhgubsHHw"
)
DIGEST = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
FOUR = '"x-ebay-signature-key" "@method" "@path" "@authority"'
FIVE = f'"content-digest" {FOUR}'


@dataclass(frozen=True)
class Vector:
    """A signed request: what was sent, and the signature that belongs to it."""

    name: str
    url: str
    body: str | None
    created: int
    signature: str
    digest: str | None = DIGEST
    method: str = "POST"
    jwe: str = JWE
    key: str = ED_KEY
    public: str = ED_PUBLIC

    @property
    def signature_input(self) -> str:
        return f"sig1=({FIVE if self.body else FOUR});created={self.created}"

    @property
    def headers(self) -> dict[str, str]:
        headers = {
            "x-ebay-signature-key": self.jwe,
            "Signature-Input": self.signature_input,
            "Signature": f"sig1=:{self.signature}:",
        }
        return headers | ({"Content-Digest": self.digest} if self.digest else {})


# Printed in the README of eBay's verifier and in the tests of eBay's Node and Java kits.
PUBLISHED = [
    Vector(
        "ebay-readme-curl",
        "http://localhost:8080/verifysignature",
        '{"hello": "world"}',
        1658440308,
        "ZMUpAejnqrt6POSx02ltx3cT9YODV2r+Cem/BKOagDSfztKOtCsjP/MxZqmY+FVJ3/8E4BL76T9Fjty8oJnsAw==",
    ),
    Vector(
        "nodejs-sdk-generate-ed25519",
        "https://localhost:8080/test",
        '{"hello": "world"}',
        1663459378,
        "gkk7dqudw21DFHDVBoRUWe/F6/2hTEmWRFDBxiN6COD4PjozXziiDFML1nFHu+0UcMXC/niltxzABjnugu4DCA==",
        jwe=(
            "eyJhbGciOiJBMjU2R0NNS1ciLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIiwiaXYiOiJvSzFwdXJNVHQtci"
            "14VUwzIiwidGFnIjoiTjB4WjI4ZklZckFmYkd5UWFrTnpjZyJ9.AYdKU7ObIc7Z764OrlKpwUViK8Rphxl0xMP"
            "9v2_o9mI.1DbZiSQNRK6pLeIw.Yzp3IDV8RM_h_lMAnwGpMA4DXbaDdmqAh-65kO9xyDgzHD6s0kY3p-yO6oPR"
            "9kEcAbjGXIULeQKWVYzbfHKwXTY09Npj_mNuO5yxgZtWnL55uIgP2HL1So2dKkZRK0eyPa6DEXJT71lPtwZtpI"
            "Gyq9R5h6s3kGMbqA.m4t_MX4VnlXJGx1X_zZ-KQ"
        ),
    ),
    Vector(
        "nodejs-sdk-validate-ed25519",
        "https://localhost:8080/test",
        '{"hello": "world"}',
        1663544232,
        "4keDXUAU1iLJsD4+Osx7svHCNjhsozRuO+PsrtXlb2UR8oC6sAaVACrIyn3NITk9kArDZcx7iXaGe69kwHSOBQ==",
        jwe=(
            "eyJhbGciOiJBMjU2R0NNS1ciLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIiwiaXYiOiJqMDdkYy15U3RGTU"
            "dOUGpEIiwidGFnIjoiaFdtYW1vSzFveW5uNXJzQXBkWEZjZyJ9.IJCvc284w_hKPvOKnWOAFnFHmLrp3V-Av3H"
            "_m4IbDHw.9kIqPr4zrS7NxDAU.7wh7lhxBFGdkpol3WL9biXWKhtnilkUlSf5lRq2leEwYCJHnShHbwLHuKBkA"
            "Ms-vzIO8zMEyaim54MCr8-b4I8LRE_8XLmf_Qd4Ir-D-5tIC9DUczGeLMNC_3HCpUXvWM4_gQtMQIqSvEbRrEf"
            "w8LJL5w3rYkuzLdA.1ilezim-wzrwYnB8XEJmXA"
        ),
    ),
    Vector(
        "nodejs-sdk-validate-rsa",
        "https://localhost:8080/test",
        '{"hello": "world"}',
        1664063650,
        "iWm9H9wmE4q7ogqa+6W0tEob45Gf6p59j1wDKc73qkmrZmNHFyhMNuuYpO6HiKhacsrE/+C/QvIZPZaP4+vBtFUN2z"
        "vzTFfiG3mPgEojSSx7DfS4jHeftpDoBRrc+7UvolXOukkzIQyKfx3x2Rh8JWdspfP54G472E779mm15LrMTFlURzup"
        "Y6FUI/DrKFC229xMevSmBSKkMa+MAGTa9k5IIYv6wpHCWNQpow2fdPSjxfli6DeSYCrP5WMY4Ke+g0ads3tVyGXUW3"
        "9oAmTdWC/SWucGUgBDH14JIZao9mGmQoh/CytsZS1F4HY7zLcDq+Fe1E5JjnJ0K3T9koRHiw==",
        jwe=(
            "eyJ6aXAiOiJERUYiLCJlbmMiOiJBMjU2R0NNIiwidGFnIjoiNk5OVXE0VGNVVWNybzN5dWpoRGFSZyIsImFsZy"
            "I6IkEyNTZHQ01LVyIsIml2Ijoia2l1UWdCQ1RfTGZsOWgzZCJ9.3CobfAxjXWlyxidZ_3JtFbkZc2nGxIansMT"
            "Qa5Yp0io.ZoKTfN2qs8pdZwax.KfnI6Nq2c7wH34ZQvewJ4cMe3HkqLerztnjaCNLFhp6-6bD2TYhdbuiUNN87"
            "Fhgbs1qBgtA2SobLCxn_ErpL4VDG2tG1POIjYhESTB27jUIeBvQZRu0qDxOwX5NyjMW6l_Eg43j3FjkyNYTt2s"
            "CyvPejTA4gI67RdS5ZMTOJTcsM0GXOftZQDqaCc9Kpu-VQC2Ud20jbWJlO5DMLQtq6bSqfySpy8F5KCW9-96_4"
            "96veCHp4ioiGRjhdiRFI1BsaqbCnobc83_05zL9syZ_La9zJXzYcOwECDM94yPFIJhhUoMNZY9-H_UxDlHG1Vu"
            "VaxFy3jDjpl0AEOISybSE6mh60CcHMT9fFtIglV3wp0G4PUZbWzc9ocrOzd-R7MS7eldVPAS1I1Zi1w8GMbbUs"
            "yZlef7KnIWMJtJcIGDuebCnYr7r7dQ3QL6hJ9hGYNru0F-NVAwWOd06TB1cG-YQfPoRCBhjLVkrzFIDZvBjsXh"
            "W6r_f8GPqJ3BgNjy9f57GA2jPiicvf_h1CNuMCgmIT1sn3dEdD7fiBbX6Vivm4DR-X.uLH9vgGl91WGWNOxNGR"
            "t_Q"
        ),
        key=RSA_KEY,
        public=RSA_PUBLIC,
    ),
    Vector(
        "java-sdk-verify-valid",
        "http://localhost:8080/test",
        '{"hello": "world1"}',
        1658440308,
        "kng+eN2o1Odm/8xZbEHW5s/0ZxpAlbH+oHnhyQilz9adHZCvFgxzabtib4t5TVFcq2qIIX6cYaV0ia3M/L3kBg==",
        digest="sha-256=:R5Y7wFpTlnya0Tlfejy6BoU8XpHQv3VZyt/IQyVr+J4=:",
        jwe=(
            "eyJ6aXAiOiJERUYiLCJlbmMiOiJBMjU2R0NNIiwidGFnIjoiWXIwT1hJNEhERENTWTlVMG1wNTNGdyIsImFsZy"
            "I6IkEyNTZHQ01LVyIsIml2IjoiSDlpNkI3Z1lGNEZ6UE9TQyJ9.Kwy5uL3t8pOyDoYCVGtNvizmsvP38jsvXeG"
            "3lDyKQeI.1x9D8RxO0by-C5Gp.kC4Y9LfnsYCJ0LBELSoeyBX3x4uQm0pHDxXMyetUha_dZFX5bCLZFuPpofaz"
            "4w1T4Sbwzk7aveqhchyGohUoGGgBvOKcMucVxUvglAxb9zTxtgRz43P9vwn-ha62pdp2-BnuH7Xz5V8lgi9gFw"
            "11fzbfe6vt7JW8eNlNguaJJgBvkRbz5mJjIrQezgke49am4a-bhOqbxTOvLEPRG6GdLxzVYiE.1IHkTyRcvrHl"
            "A0xBMSSYlg"
        ),
    ),
]
# Worked out apart from this package, with the same public keys.
DERIVED = [
    Vector(
        "post-order-return-issue-refund",
        "https://api.ebay.com/post-order/v2/return/5000000001/issue_refund",
        '{"refundDetail":{"itemizedRefundDetail":[{"refundAmount":{"value":17.95,"currenc'
        'y":"GBP"},"refundFeeType":"PURCHASE_PRICE"}],"totalAmount":{"value":17.95,"currency":"GBP"}}}',
        1700000000,
        "B1xjPQMVpI8r1z31j/KNU56mL4VQGNY3NQAWEF5tFzt3V7WXr8zwcWnrbvTF6XG3zDi7AU9SkhGmCwsfwODYDw==",
        digest="sha-256=:uI2dDPvtVkqXq9/5ApjsmTiUupRa+dF+srhoQdABqUA=:",
    ),
    Vector(
        "post-order-return-decide-utf8",
        "https://api.ebay.com/post-order/v2/return/5000000001/decide",
        '{"decision":"APPROVE","comments":{"content":"Rücksendung bestätigt \u2013 danke"}}',
        1700000000,
        "NAeeFAXKPPfOMmp8uN1v2nvg6jNGnyfwZiR0CxryI2tEPiAEIiSw9vo962Q0877nCDN1SaQVuRJRIUyeYBW3Dw==",
        digest="sha-256=:3aX71nzaAn7fDDkGBJ3ui4bzWBdoq+rgPEsrJaHRBos=:",
    ),
    Vector(
        "post-order-cancellation-approve-no-body",
        "https://api.ebay.com/post-order/v2/cancellation/5000000002/approve",
        None,
        1700000000,
        "HVRtZ6vDydU1c9E2H8kKG+itT7qfbRzj647tF/ddW5NrBgNqPTwJbWCoBMOg6gMQ9RX0EY3yzFWr51joLlkWBw==",
        digest=None,
    ),
    Vector(
        "post-order-cancellation-create",
        "https://api.ebay.com/post-order/v2/cancellation",
        '{"legacyOrderId":"12-34567-89012","cancelReason":"OUT_OF_STOCK_OR_CANNOT_FULFILL"}',
        1700000000,
        "k/2MAJBmmdrzQnJYr23mFltgEEJnIEUj9OBZZPRuEYPyhq3E2wNBjOapDRXcTj9gCVb8yaOKgeRuSZwfaXZCAw==",
        digest="sha-256=:lmS2BbZuLi7YBCsgiv8+xgwu46r+Z/op5vmDZW186qg=:",
    ),
    Vector(
        "post-order-inquiry-issue-refund",
        "https://api.ebay.com/post-order/v2/inquiry/5000000003/issue_refund",
        '{"comments":{"content":"refund"}}',
        1700000000,
        "Q0erpkRGcnYCRiplrmYhV3CY0uGHfCOxe+88JSS7ZXuBydU/dFMSC46wfnuTHQAyBsWkqV+PqvIvtRuTq5hAAw==",
        digest="sha-256=:FU3O7MQ4Zd+ClUW/vBVrKF+QOQ38hHo2QOQi8pdLKPA=:",
    ),
    Vector(
        "finances-get-with-query",
        "https://apiz.ebay.com/sell/finances/v1/payout?limit=2",
        None,
        1700000000,
        "Mfycak7lSFo1Vt9ndxHarZ2FSH8bxdKFhh96C9KPA7c/DRlwClRujIZQKkPq9rATAzZQQhgUeiM1dOHBuqlOAA==",
        digest=None,
        method="GET",
    ),
]
VECTORS = PUBLISHED + DERIVED
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPROVE = "https://api.ebay.com/post-order/v2/cancellation/5001/approve"


def prepared(
    url: str = APPROVE, body: bytes | str | None = None, method: str = "POST"
) -> requests.PreparedRequest:
    return requests.Request(method, url, data=body).prepare()


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def signature_of(headers: Mapping[str, str]) -> bytes:
    return b64decode(headers["Signature"].removeprefix("sig1=:").removesuffix(":"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v.name)
def test_known_requests_are_signed_byte_for_byte(vector: Vector) -> None:
    body = None if vector.body is None else vector.body.encode()
    request = prepared(vector.url, body, vector.method)
    before = {name.lower() for name in request.headers}
    with clock.frozen(at(vector.created)):
        Signer(vector.key, vector.jwe).sign(request)
    set_by_it = {
        name: value for name, value in request.headers.items() if name.lower() not in before
    }
    assert set_by_it == vector.headers


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v.name)
def test_known_requests_verify(vector: Vector) -> None:
    body = None if vector.body is None else vector.body.encode()
    verdict = verify(vector.method, vector.url, vector.headers, body, vector.public)
    assert verdict
    assert verdict.findings == ()
    assert verdict.created == at(vector.created)
    padded = {name.upper(): f" {value} " for name, value in vector.headers.items()}
    assert verify(vector.method, vector.url, padded, body, vector.public)
    assert Signer(vector.key, vector.jwe).public_key == vector.public


def test_the_rfc_example_has_its_base_and_signature() -> None:
    """RFC 9421, B.2.6: more components than eBay takes, so that the base is not eBay's only."""
    url = "https://example.com/foo?param=Value&Pet=dog"
    headers = {
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
    }
    parameters = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    expected = (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n'
        '"@authority": example.com\n"content-type": application/json\n"content-length": 18\n'
        f'"@signature-params": {parameters}'
    )
    assert signature_base("POST", url, headers, parameters) == expected
    headers["Signature-Input"] = f"sig-b26={parameters}"
    headers["Signature"] = (
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WP"
        "pBKRCw==:"
    )
    # The mathematics fits; what eBay wants covered is not.
    verdict = verify("POST", url, headers, b'{"hello": "world"}', ED_PUBLIC)
    assert verdict.findings == (
        "content-digest is not covered",
        "x-ebay-signature-key is not covered",
        "Content-Digest is missing",
    )


@pytest.mark.parametrize(
    ("url", "host", "authority"),
    [
        ("https://API.eBay.com/a", None, "api.ebay.com"),
        ("https://api.ebay.com:443/a", None, "api.ebay.com"),
        ("http://api.ebay.com:80/a", None, "api.ebay.com"),
        ("https://api.ebay.com:80/a", None, "api.ebay.com:80"),
        ("http://127.0.0.1:8080/a", None, "127.0.0.1:8080"),
        ("http://[::1]:8080/a", None, "[::1]:8080"),
        ("https://user:word@api.ebay.com/a", None, "api.ebay.com"),
        ("http://127.0.0.1:8080/a", "api.ebay.com", "api.ebay.com"),
    ],
)
def test_the_authority_is_the_host_that_is_asked(
    url: str, host: str | None, authority: str
) -> None:
    headers = {"Host": host} if host else {}
    base = signature_base("get", url, headers, '("@method" "@authority")')
    assert base.splitlines()[:2] == ['"@method": GET', f'"@authority": {authority}']


URLS = st.builds(
    "https://{}.ebay.com/post-order/v2/{}/{}/{}".format,
    st.sampled_from(["api", "apiz", "api.sandbox"]),
    st.sampled_from(["return", "inquiry", "cancellation", "casemanagement"]),
    st.integers(1, 10**12),
    st.sampled_from(["issue_refund", "decide", "approve"]),
)
BODIES = st.one_of(st.none(), st.text(min_size=1).map(str.encode), st.binary(min_size=1))
METHODS = st.sampled_from(["GET", "POST", "PUT"])
SECONDS = st.integers(1_000_000_000, 4_000_000_000)
KEYS = st.sampled_from([(ED_KEY, ED_PUBLIC), (RSA_KEY, RSA_PUBLIC)])
OTHER_PUBLIC = b64encode(
    ed25519.Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


@settings(deadline=None, max_examples=60)
@given(method=METHODS, url=URLS, body=BODIES, seconds=SECONDS, keys=KEYS)
def test_what_is_signed_verifies_and_no_part_may_change(
    method: str, url: str, body: bytes | None, seconds: int, keys: tuple[str, str]
) -> None:
    request = prepared(url, body, method)
    with clock.frozen(at(seconds)):
        Signer(keys[0], JWE).sign(request)
    sent, public = dict(request.headers), keys[1]
    assert verify(method, url, sent, body, public, at=at(seconds)).findings == ()

    later = sent | {
        "Signature-Input": sent["Signature-Input"].replace(str(seconds), f"{seconds + 1}")
    }
    other_jwe = sent | {"x-ebay-signature-key": f"x{JWE}"}
    flipped = bytes([(body or b"\0")[0] ^ 1]) + (body or b"")[1:]
    changes = {
        "method": verify(f"{method}X", url, sent, body, public),
        "path": verify(method, f"{url}/", sent, body, public),
        "host": verify(method, url.replace("ebay.com", "ebay.co"), sent, body, public),
        "port": verify(method, url.replace(".com", ".com:8443"), sent, body, public),
        "body": verify(method, url, sent, flipped, public),
        "body gone or come": verify(method, url, sent, None if body else b"{}", public),
        "created": verify(method, url, later, body, public),
        "jwe": verify(method, url, other_jwe, body, public),
        "key": verify(method, url, sent, body, OTHER_PUBLIC),
    }
    assert [name for name, verdict in changes.items() if verdict] == []


def test_the_query_is_outside_as_ebay_wants_it() -> None:
    request = prepared(f"{APPROVE}?a=1")
    Signer(ED_KEY, JWE).sign(request)
    assert verify("POST", f"{APPROVE}?a=2", request.headers, None, ED_PUBLIC)


def test_a_new_body_does_not_pass_with_a_new_digest() -> None:
    request = prepared(body=b'{"value":1}')
    Signer(ED_KEY, JWE).sign(request)
    forged = dict(request.headers) | {"Content-Digest": content_digest(b'{"value":9}')}
    verdict = verify("POST", APPROVE, forged, b'{"value":9}', ED_PUBLIC)
    assert verdict.findings == ("the signature does not fit the request and the key",)


@pytest.mark.parametrize("key", [ED_KEY, RSA_KEY], ids=["ed25519", "rsa"])
def test_the_same_moment_gives_the_same_signature_and_another_moment_another(key: str) -> None:
    def signed(moment: datetime) -> bytes:
        request = prepared(body=b"{}")
        with clock.frozen(moment):
            Signer(key, JWE).sign(request)
        return signature_of(request.headers)

    assert signed(NOW) == signed(NOW) == signed(NOW + timedelta(milliseconds=900))
    assert signed(NOW) != signed(NOW + timedelta(seconds=1))


def test_signing_again_replaces_every_header() -> None:
    signer, request = Signer(ED_KEY, JWE), prepared(body=b"{}")
    with clock.frozen(NOW):
        signer.sign(request)
    first = dict(request.headers)
    with clock.frozen(NOW + timedelta(seconds=30)):
        Signer(ED_KEY, f"x{JWE}").sign(request)
    assert request.headers["Signature"] != first["Signature"]
    assert request.headers["x-ebay-signature-key"] == f"x{JWE}"
    assert len(request.headers) == len(first)
    assert verify("POST", APPROVE, request.headers, b"{}", ED_PUBLIC).created == NOW + timedelta(
        seconds=30
    )
    request.body = None
    signer.sign(request)
    assert "Content-Digest" not in request.headers
    assert verify("POST", APPROVE, request.headers, None, ED_PUBLIC)


@pytest.mark.parametrize("body", ['{"content":"Rücksendung \u2013 ok"}', b"{}", None, b""])
def test_what_arrives_at_a_server_verifies(server: Server, body: bytes | str | None) -> None:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{server.url}/post-order/v2/return/5001/decide"
        request = session.prepare_request(requests.Request("POST", url, data=body))
        Signer(ED_KEY, JWE).sign(request)
        assert not isinstance(request.body, str)
        session.send(request)
    method, path, headers, received = server.requests[0]
    assert verify(method, f"http://{headers['Host']}{path}", headers, received, ED_PUBLIC)
    assert ("Content-Digest" in headers) == bool(body)


def test_a_stream_is_not_signed() -> None:
    request = prepared(body=None)
    request.body = iter([b"{}"])  # type: ignore[assignment]  # the wrong kind on purpose
    with pytest.raises(InputError, match="cannot be signed"):
        Signer(ED_KEY, JWE).sign(request)


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"Signature-Input": ""}, "Signature-Input is missing, or not in eBay's form"),
        ({"Signature": ""}, "Signature is missing, or not in the form sig1=:base64:"),
        ({"Signature": "sig1=:AAAA"}, "Signature is missing, or not in the form sig1=:base64:"),
        ({"Content-Digest": "md5=:AAAA:"}, "the Content-Digest is neither sha-256 nor sha-512"),
        ({"Content-Digest": DIGEST}, "the body is not the one of the Content-Digest"),
        (
            {"Signature-Input": f"sig1=({FIVE});created=1772366400000"},
            "created is not in whole seconds since 1970 (10 digits)",
        ),
        (
            {"Signature-Input": f'sig1=({FIVE} "x-other");created=1772366400'},
            "x-other is covered, but not there",
        ),
        (
            {"Signature-Input": f'sig1=({FIVE});created=1772366400;alg="ed25519"'},
            "Signature-Input is missing, or not in eBay's form",
        ),
    ],
)
def test_a_verdict_says_what_is_wrong(changed: dict[str, str], finding: str) -> None:
    request = prepared(body=b"{}")
    with clock.frozen(NOW):
        Signer(ED_KEY, JWE).sign(request)
    verdict = verify("POST", APPROVE, dict(request.headers) | changed, b"{}", ED_PUBLIC)
    assert not verdict
    assert finding in verdict.findings


def test_time_is_checked_apart() -> None:
    request = prepared()
    with clock.frozen(NOW):
        Signer(ED_KEY, JWE).sign(request)

    def late(seconds: int) -> tuple[str, ...]:
        moment = NOW + timedelta(seconds=seconds)
        return verify("POST", APPROVE, request.headers, None, ED_PUBLIC, at=moment).findings

    assert late(300) == late(-300) == ()
    assert late(301) == ("created is 0:05:01 away from 2026-03-01T12:05:01+00:00",)
    assert len(late(-301)) == 1
    with pytest.raises(InputError, match="no time zone"):
        verify("POST", APPROVE, {}, None, ED_PUBLIC, at=datetime(2026, 3, 1))


def test_the_verifier_takes_sha_512_as_ebays_does() -> None:
    body = b'{"hello": "world"}'
    digest = f"sha-512=:{b64encode(hashlib.sha512(body).digest()).decode()}:"
    request = prepared(body=body)
    Signer(ED_KEY, JWE).sign(request)
    headers = dict(request.headers) | {"Content-Digest": digest}
    base = signature_base("POST", APPROVE, headers, headers["Signature-Input"][5:]).encode()
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b64decode(ED_KEY)[-32:])
    headers["Signature"] = f"sig1=:{b64encode(key.sign(base)).decode()}:"
    assert verify("POST", APPROVE, headers, body, ED_PUBLIC)
