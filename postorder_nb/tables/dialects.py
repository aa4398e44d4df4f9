"""
Older wire dialects, brought to the tree that the column specs are written for.

The shapes of 2015, 2020 and 2026 differ by fields that are missing and by spellings, which the
specs name side by side. The surface of 2014 is further away: every record's id is ``id``, codes
are in camel case, and the history of an inquiry is a call of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .columns import Json

#: How 2014 named what has another name today, by record.
_NAMES: dict[str, Mapping[str, str]] = {
    "returns": {
        "id": "returnId", "claimId": "caseId", "returnMerchandiseAuthorization": "RMANumber",
    },
    "inquiries": {"id": "inquiryId"},
    "cases": {"id": "caseId"},
    "cancellations": {"id": "cancelId", "orderId": "legacyOrderId"},
}  # fmt: skip
_CODES = frozenset(
    {
        "state", "status", "fromState", "toState", "stateFrom", "stateTo", "cancelState",
        "cancelStatus", "cancelStateFrom", "cancelStateTo", "cancelStatetateTo",
        "inquiryStatusEnum", "caseStatusEnum", "returnCloseReason", "buyerCloseReason",
        "cancelCloseReason", "sellerClosureReason", "buyerClosureReason",
    }
)  # fmt: skip
_CAMEL = re.compile(r"[a-z]+([A-Z][a-z0-9]*)*", re.ASCII)
_HUMP = re.compile(r"(?<=.)(?=[A-Z])")


def page(name: str, answer: Any) -> Any:
    """
    Return a search page as today's specs read it; the same object where it is of v2 already.

    Parameters
    ----------
    name : str
        cancellations, inquiries, returns or cases.
    answer : object
        The decoded page; it is not changed.

    Examples
    --------
    >>> page("returns", {"members": [{"id": "5001", "state": "itemShipped"}],
    ...     "paginationOutput": {"pageNumber": 1}})["members"]
    [{'returnId': '5001', 'state': 'ITEM_SHIPPED'}]
    """
    if type(answer) is not dict:
        return answer
    paging = answer.get("paginationOutput")
    if type(paging) is not dict or "pageNumber" not in paging:
        return answer
    return {
        key: [_today(name, member) for member in held] if type(held) is list else held
        for key, held in answer.items()
    }


def detail(name: str, answer: Any) -> Any:
    """
    Return a detail answer as today's specs read it; the same object where it is of v2 already.

    Parameters
    ----------
    name : str
        cancellations, inquiries, returns or cases.
    answer : object
        The decoded answer; it is not changed.

    Examples
    --------
    >>> detail("cases", {"id": "5001", "status": "csClosed"})
    {'caseId': '5001', 'status': 'CS_CLOSED'}
    """
    if type(answer) is not dict:
        return answer
    for held in (answer, answer.get("summary"), answer.get("cancelDetail")):
        if type(held) is dict and "id" in held:
            return _today(name, answer)
    return answer


def joined(inquiry: Json, history: Json) -> Json:
    """
    Put the history of an inquiry, a call of its own in 2014, where it stands today.

    Parameters
    ----------
    inquiry, history : dict
        The two decoded answers; neither is changed.

    Examples
    --------
    >>> joined({"id": "5001"}, {"id": "5001", "history": []})
    {'id': '5001', 'inquiryHistoryDetails': {'history': []}}
    """
    told = {key: value for key, value in history.items() if key != "id"}
    return {**inquiry, "inquiryHistoryDetails": told}


def _today(name: str, value: Any, field: str = "") -> Any:
    if type(value) is dict:
        names = _NAMES[name]
        return {names.get(key, key): _today(name, held, key) for key, held in value.items()}
    if type(value) is list:
        return [_today(name, held, field) for held in value]
    if type(value) is str and field in _CODES and _CAMEL.fullmatch(value):
        return _HUMP.sub("_", value).upper()
    return value
