"""
What is known of eBay's error numbers: the kind of each, what to do, and whether a repeat may help.

A number means something only within its domain: 1001 is a lost token to the gateway and a fault
of its own to the return service. Where an answer names no domain that is known here, the number
alone has to do. Numbers that are not listed pass through with eBay's own words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..errors import (
    AnswerError,
    ErrorItem,
    NotFound,
    NotPermitted,
    RateLimited,
    RequestRefused,
    ServerFault,
    TokenExpired,
    TokenRefused,
    WrongKeyset,
)

Repeat = Literal["never", "later", "look"]
"""Whether the same call may help: never; later; or look at the record first, it may be done."""


@dataclass(frozen=True)
class Advice:
    """
    What is known of one error number.

    Attributes
    ----------
    kind : type
        The error it becomes.
    words : str
        What to do.
    repeat : {"never", "later", "look"}
        Whether the same call may help. Nothing here makes a call that moves money repeat itself.
    """

    kind: type[AnswerError]
    words: str
    repeat: Repeat = "never"


def find(item: ErrorItem, status: int) -> Advice | None:
    """
    Return what is known of a complaint, or None.

    Parameters
    ----------
    item : ErrorItem
        One complaint of an answer.
    status : int
        The answer's HTTP status; it decides where a number without a domain has two meanings.

    Examples
    --------
    >>> find(ErrorItem(1001, "OAuth"), 401).kind.__name__
    'TokenExpired'
    >>> find(ErrorItem(1001, "returnErrorDomain"), 500).repeat
    'look'
    """
    if not isinstance(item.error_id, int):
        return None
    service = _SERVICES.get(item.domain.casefold())
    if service:
        return KNOWN.get((service, item.error_id))
    same = [advice for (_, number), advice in KNOWN.items() if number == item.error_id]
    signed_out = [advice for advice in same if issubclass(advice.kind, TokenRefused)]
    return next(iter(signed_out if status == 401 and signed_out else same), None)


def may_repeat(items: Iterable[ErrorItem], status: int) -> bool | None:
    """
    Tell whether reading again may help: False if a complaint is final, None if nothing is known.

    Examples
    --------
    >>> may_repeat([ErrorItem(1502, "returnErrorDomain")], 500)
    False
    """
    known = {advice.repeat for item in items if (advice := find(item, status))}
    return None if not known else "never" not in known


def may_have_happened(items: Iterable[ErrorItem], status: int) -> bool | None:
    """
    Tell whether a change may have been made though the answer says no; None if nothing is known.

    Examples
    --------
    >>> may_have_happened([ErrorItem(292014, "resolutions")], 500)
    True
    >>> may_have_happened([ErrorItem(1502, "returnErrorDomain")], 500)
    False
    """
    known = {advice.repeat for item in items if (advice := find(item, status))}
    if not known:
        return None
    return "look" in known or ("later" in known and status >= 500)


# How the domains are spelled, in small letters, and the service each belongs to.
_SERVICES = {
    "returnerrordomain": "return",
    "resolutionserrordomain": "resolutions",
    "resolutions": "resolutions",
    "cancelerrordomain": "cancel",
    "cancelsvcerrordomain": "cancel",
    "oauth": "OAuth",
    "access": "ACCESS",
    "api_keys": "API_KEYS",
    "api_analytics": "API_ANALYTICS",
    "api_fulfillment": "API_FULFILLMENT",
    "trading api": "Trading",
    "trading": "Trading",
}

_PAY = "on ebay.com"
_OTHER_WAY = f"choose another way to pay refunds {_PAY}, then read the record before a new attempt"
_CARD = f"check the card on file {_PAY}: "
_BUSY = (
    "a fault inside eBay: reads go on by themselves; before you repeat a change, read the record"
)
_SIGN = "check the clock, the key and its JWE; the request is signed anew on every send"

_RETURN = {
    1001: Advice(
        ServerFault,
        "the return service failed: read the return before you repeat a change. "
        "'Duplicate warning' among the parameters means that it was done before",
        "look",
    ),
    1301: Advice(NotPermitted, "connect with the token of the buyer or seller of this item"),
    1302: Advice(NotPermitted, "eBay does not know this user: check the token and its account"),
    1303: Advice(RequestRefused, "give item and transaction ids as whole numbers above 0"),
    1304: Advice(NotFound, "check the return id"),
    1305: Advice(
        RequestRefused, "return drafts ended on 2026-01-20: leave the session id out of the call"
    ),
    1306: Advice(NotPermitted, "only the buyer may do this: connect with the buyer's token"),
    1308: Advice(NotPermitted, "this account may not do that on this return"),
    1309: Advice(
        RequestRefused, "checks of return eligibility ended on 2026-01-20: create the return "
        "and see what eBay says"
    ),
    1401: Advice(RequestRefused, "ask for smaller pages: lower limit"),
    1402: Advice(RequestRefused, "raise limit or offset: one is below the least value"),
    1501: Advice(
        RequestRefused, "eBay's check before the call did not pass: its parameters say why"
    ),
    1502: Advice(
        RequestRefused, "read the record again: this is not possible in its present state"
    ),
    1505: Advice(
        RequestRefused, f"the seller has to sign eBay's billing agreement {_PAY} first"
    ),
    1508: Advice(
        RequestRefused, "eBay's own labels ended in 2026: buy one elsewhere and upload it with "
        "returns.file_upload"
    ),
    1601: Advice(RequestRefused, "give the input that the parameters name"),
    1616: Advice(RequestRefused, "check what the parameters name: eBay expects something else"),
    1617: Advice(RequestRefused, "write the RMA number with letters, digits and '-' only"),
    1754: Advice(RequestRefused, f"the refund was not paid: {_OTHER_WAY}"),
    1755: Advice(RequestRefused, f"the refund was not paid: add a way to pay refunds {_PAY}"),
    1760: Advice(RequestRefused, "nothing may be deducted here: offer the full refund"),
    1764: Advice(
        RequestRefused, "read the return: only if it shows no refund, and after a while, "
        "decide about a new attempt", "look"
    ),
    1771: Advice(RequestRefused, "leave the RMA number out: the return is of a linked account"),
}  # fmt: skip

_RESOLUTIONS = {
    292001: Advice(RequestRefused, "check the order id"),
    292004: Advice(
        RequestRefused, "check the marketplace (X-EBAY-C-MARKETPLACE-ID): eBay refuses a header"
    ),
    292008: Advice(NotFound, "check the item and transaction ids"),
    292010: Advice(ServerFault, _BUSY, "later"),
    292011: Advice(ServerFault, _BUSY, "later"),
    292012: Advice(ServerFault, _BUSY, "later"),
    292013: Advice(
        ServerFault, "check verb and path of the call; if they are right, eBay is down", "look"
    ),
    292014: Advice(
        ServerFault, "eBay did it and lost the answer: read the record, do not repeat it", "look"
    ),
    292023: Advice(RequestRefused, "check the tracking number"),
    292024: Advice(RequestRefused, "name the carrier in eBay's words, or use OTHER and its name"),
    292025: Advice(RequestRefused, "give a shipping date that lies in the past"),
    292039: Advice(
        RequestRefused, "give one of eBay's reasons for closing; the calls that close inquiries "
        "and cases ended in March 2026"
    ),
    292050: Advice(RequestRefused, "shorten the tracking number to what the parameter allows"),
    292051: Advice(RequestRefused, f"there is too little money: add a way to pay refunds {_PAY}"),
    292052: Advice(RequestRefused, f"the charge failed: {_OTHER_WAY}"),
    292053: Advice(
        RequestRefused, "read the record: only if it shows no refund, decide about a new attempt",
        "look",
    ),
    292054: Advice(RequestRefused, f"the refund was not paid: {_OTHER_WAY}"),
    292057: Advice(RequestRefused, f"above the limit of your way to pay: {_OTHER_WAY}"),
    292058: Advice(
        RequestRefused, "the balance is below the refund: when there is money again, read the "
        "record, then decide", "look"
    ),
    292060: Advice(
        RequestRefused, "compare the amount with what is left to refund, and the lines with their "
        "sum"
    ),
    292061: Advice(RequestRefused, f"{_CARD}its billing address is another one"),
    292062: Advice(RequestRefused, f"{_CARD}it comes from another country than the account"),
    292063: Advice(RequestRefused, f"remove a card {_PAY}: there are too many for selling costs"),
    292064: Advice(RequestRefused, f"remove a card {_PAY}: there are too many for selling costs"),
    292065: Advice(RequestRefused, f"{_CARD}its details were not confirmed"),
    292066: Advice(
        RequestRefused, "nothing: eBay settles it with the buyer, whose way to be paid has a "
        "problem; read the record again later", "look"
    ),
    292067: Advice(RequestRefused, f"the balance is too low: {_OTHER_WAY}"),
    292068: Advice(RequestRefused, f"the charge failed: renew your way to pay refunds {_PAY}"),
    292069: Advice(RequestRefused, f"the refund was not paid: {_OTHER_WAY}"),
}  # fmt: skip

_CANCEL = {
    10003: Advice(RequestRefused, "give both ends of the date window"),
    10005: Advice(
        RequestRefused, "the order cannot be cancelled this way: "
        "cancellations.check_eligibility tells why"
    ),
}  # fmt: skip

_OAUTH = {
    1001: Advice(TokenExpired, "the token has expired or is wrong: get a fresh user token"),
}

_GATEWAY = {
    1100: Advice(NotPermitted, "ask the account's owner for consent with the missing scope"),
    2001: Advice(
        RateLimited, "the keyset's calls of today are used up; go on tomorrow", "later"
    ),
    2003: Advice(
        ServerFault, "try again later; if an id was given, check it: eBay answers ids it does not "
        "know this way", "look"
    ),
    2004: Advice(RequestRefused, "check names and values of what was sent"),
    215001: Advice(
        NotPermitted, "sellers in the EU and UK sign this call: set signing_key and "
        "signing_key_jwe, and must_sign"
    ),
    215113: Advice(NotPermitted, "the moment of signing is unreadable: set this computer's clock"),
    215114: Advice(NotPermitted, "this computer's clock is off, so the signature is out of time"),
    215117: Advice(
        WrongKeyset, "the signing key was made with another keyset than the token: make a key "
        "pair with this one"
    ),
    215120: Advice(NotPermitted, _SIGN),
    215121: Advice(NotPermitted, _SIGN),
    215122: Advice(NotPermitted, _SIGN),
}  # fmt: skip

_KEYS = {
    210000: Advice(ServerFault, "Key Management failed: try again in a while", "later"),
    210001: Advice(RequestRefused, "ask for a key of the kind ED25519 or RSA"),
    210002: Advice(NotFound, "check the key's id, and whether it is of this environment"),
    210005: Advice(TokenRefused, "use an application token of the keyset the key belongs to"),
    210006: Advice(RequestRefused, "check the body that was sent to Key Management"),
}

_OTHERS = {
    ("API_FULFILLMENT", 34916): Advice(
        RequestRefused, "refund through the order's return or inquiry: it has one"
    ),
    ("API_ANALYTICS", 105000): Advice(
        ServerFault, "the quota cannot be told now; that does not mean it is used up", "later"
    ),
    ("Trading", 930): Advice(TokenRefused, "send a token with the call"),
    ("Trading", 931): Advice(TokenRefused, "get a fresh Auth'n'Auth token: this one is not valid"),
    ("Trading", 932): Advice(TokenExpired, "get a fresh Auth'n'Auth token"),
    ("Trading", 21916984): Advice(TokenRefused, "get a fresh OAuth token: this one is not valid"),
    ("Trading", 21917053): Advice(TokenExpired, "get a fresh OAuth token"),
}

KNOWN: dict[tuple[str, int], Advice] = {
    **{("return", number): advice for number, advice in _RETURN.items()},
    **{("resolutions", number): advice for number, advice in _RESOLUTIONS.items()},
    **{("cancel", number): advice for number, advice in _CANCEL.items()},
    **{("OAuth", number): advice for number, advice in _OAUTH.items()},
    **{("ACCESS", number): advice for number, advice in _GATEWAY.items()},
    **{("API_KEYS", number): advice for number, advice in _KEYS.items()},
    **_OTHERS,
}
"""Every known number by (service, number)."""
