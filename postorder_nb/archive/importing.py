"""Answers that were kept elsewhere, of any year, as observations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .. import tables
from ..errors import InputError, UnreadableAnswer
from ..recording import storage
from ..tables import dialects
from ..tables.answers import LISTS, decode, is_page
from ..tables.records import RECORDS
from .observations import Observation, from_page

_RESOURCES = {
    "cancellation": "cancellations",
    "inquiry": "inquiries",
    "return": "returns",
    "casemanagement": "cases",
    "resolutioncasemanagement": "cases",
}
_PATH = re.compile(
    rf"/v[12]/({'|'.join(_RESOURCES)})(?:/(search|find|summary)|/([^/]+)(/history)?)"
)
#: The word of a file's or folder's name that says which record its answers are of.
_WORDS = re.compile("(cancel)|(inquir)|(return)|(case)", re.IGNORECASE)
_NOT_IDS = frozenset({"search", "find", "summary", "check_eligibility", "checkEligibility"})
_V1_HISTORY = frozenset({"id", "history"})


def from_cassette(path: str | Path, seller: str) -> Iterator[Observation]:
    """Read the answers of a cassette; see `Archive.import_cassette`."""
    _check(seller)
    stored = storage.read(Path(path), advice="name the file of a cassette")
    answers = []
    for request, answer in stored.exchanges:
        found = _PATH.search(urlsplit(request.url).path)
        whole = found is not None and found.end() == len(urlsplit(request.url).path)
        if found and whole and request.method == "GET" and answer.status == 200:
            table, record_id = _RESOURCES[found[1]], found[3]
            if record_id not in _NOT_IDS:
                answers.append((table, record_id, decode(answer.body), stored.recorded_at))
    yield from _observed(answers, seller)


def from_folder(
    folder: str | Path, seller: str, *, table: str | None = None, seen_at: datetime | None = None
) -> Iterator[Observation]:
    """Read pages of searches and single answers in JSON files; see `Archive.import_folder`."""
    _check(seller, table)
    top = Path(folder)
    if not top.is_dir():
        raise InputError(f"{top} is no folder", advice="name a folder of JSON files")
    answers = []
    for path in sorted(top.rglob("*.json")):
        moment = seen_at or datetime.fromtimestamp(path.stat().st_mtime, UTC)
        try:
            held = decode(path.read_bytes())
        except UnreadableAnswer as error:
            raise InputError(f"{path} is no JSON", advice="take it out of the folder") from error
        for answer in held if isinstance(held, list) else [held]:
            if not isinstance(answer, dict):
                raise InputError(f"{path} holds no answer", advice="take it out of the folder")
            name = table or _table(answer, path.relative_to(top))
            stem = path.stem if isinstance(held, dict) and path.stem.isdigit() else None
            answers.append((name, stem, answer, moment))
    yield from _observed(answers, seller)


def _check(seller: str, table: str | None = None) -> None:
    if not seller.strip():
        raise InputError("the seller has no name", advice='pass seller= such as "my-shop"')
    if table not in (None, *tables.NAMES):
        raise InputError(f"there is no table {table!r}", advice=f"use {', '.join(tables.NAMES)}")


def _observed(
    answers: Iterable[tuple[str, str | None, Any, datetime]], seller: str
) -> Iterator[Observation]:
    """Make observations of (table, id if told elsewhere, answer, moment)."""
    answers = list(answers)
    # In 2014 an inquiry's history was a call of its own: it belongs to the answer beside it.
    histories = {str(answer["id"]): answer for _, _, answer, _ in answers if _is_history(answer)}
    for table, told, answer, moment in answers:
        if _is_history(answer):
            continue
        if is_page(answer):
            dialect = "v2" if dialects.page(table, answer) is answer else "v1"
            yield from from_page(seller, table, answer, moment, dialect)
            continue
        dialect = "v2" if dialects.detail(table, answer) is answer else "v1"
        record_id = _identity(table, answer) or told
        if record_id is None:
            raise InputError(
                f"an answer about {table} tells no id",
                advice="name its file by the record's id, such as 5001.json",
            )
        apart = histories.get(record_id) if table == "inquiries" else None
        whole = answer if apart is None else dialects.joined(answer, apart)
        yield Observation(seller, table, "get", record_id, moment, whole, dialect)


def _is_history(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.keys() == _V1_HISTORY


def _identity(table: str, answer: Any) -> str | None:
    """Return the id that a detail answer tells, None if it tells none."""
    record = RECORDS[table]
    root = record.unwrap(dialects.detail(table, answer))
    key = next(column for column in record.search if column.name == record.key)
    for path in key.paths:
        value: Any = root
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return str(value)
    return None


def _table(answer: Any, path: Path) -> str:
    """Tell which record an answer is of."""
    if isinstance(answer, dict):
        some = [answer[key] for key in LISTS if isinstance(answer.get(key), list) and answer[key]]
        sample = some[0][0] if some else answer
        told = [name for name in tables.NAMES if _names_itself(name, sample)]
        if len(told) == 1:
            return told[0]
    for word in reversed(list(_WORDS.finditer(str(path)))):
        return tables.NAMES[(word.lastindex or 1) - 1]
    raise InputError(
        f"{path}: it cannot be told which record the answer is of",
        advice='pass table="returns", or put the files into folders called returns, cases ...',
    )


def _names_itself(table: str, sample: Any) -> bool:
    """Tell whether an answer or member holds the key of one table's records."""
    key = {"cancellations": "cancelId", "inquiries": "inquiryId", "returns": "returnId"}.get(table)
    if not isinstance(sample, dict):
        return False
    if key is None:
        return "caseId" in sample
    nested = sample.get("summary"), sample.get("cancelDetail"), sample
    return "caseId" not in sample and any(isinstance(n, dict) and key in n for n in nested)
