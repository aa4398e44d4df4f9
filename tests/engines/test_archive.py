"""The metrics of one archive say the same on every engine, its newest changes included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from postorder_nb import metrics
from postorder_nb.archive import Archive, schema
from postorder_nb.archive.compacting import compact

AS_OF = "2026-03-10T12:00:00Z"
SEEN = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ("returns", "history", "cases", "inquiries")
Tables = Mapping[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore:Dask support is moving out:FutureWarning")

CALLS: dict[str, Callable[[Tables], pd.DataFrame]] = {
    "counts": lambda t: metrics.counts(t["returns"], by="marketplace", freq="week"),
    "reasons": lambda t: metrics.reasons(t["returns"], measure="money"),
    "refund_amount": lambda t: metrics.refund_amount(t["returns"], by="reason", freq="month"),
    "close_days": lambda t: metrics.close_days(t["returns"], cases=t["cases"], as_of=AS_OF),
    "response_days": lambda t: metrics.response_days(
        t["returns"], history=t["history"], as_of=AS_OF
    ),
    "escalation_rate": lambda t: metrics.escalation_rate(t["inquiries"], cases=t["cases"]),
}


@pytest.fixture(scope="module")
def archive(whole: Tables, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Every record as it is; half of them stood otherwise when the checkpoint was written."""
    made = Archive(tmp_path_factory.mktemp("archive") / "Zoë's {1,2}? *")  # and so odd a place
    for batch, every in ((1, 1), (2, 2)):
        for name in NAMES:
            owner = schema.owner(name)[-1]
            rows = whole[name]
            if every == 2:
                some = set(rows[owner].drop_duplicates().iloc[::2])
                rows = rows[rows[owner].isin(some)]
            elif name == "returns":
                rows = rows.assign(state="OPEN", refund_amount=1.0, closed_at=pd.NaT)
                unchanged = whole[name].iloc[1::2]
                rows = pd.concat([rows.iloc[::2], unchanged])
            append(made, name, rows, batch)
        if batch == 1:
            compact(made.store, always=True)
    return made


def append(archive: Archive, name: str, rows: pd.DataFrame, batch: int) -> None:
    """Append rows of the shop as one merge."""
    stamps = {"seller": "shop", "seen_from": SEEN + timedelta(days=batch), "batch": batch}
    plain = rows.assign(**{c: rows[c].astype("string") for c in rows.select_dtypes("category")})
    stamped = plain.assign(**stamps)[schema.arrow(name).names]
    table = pa.Table.from_pandas(stamped, schema=schema.arrow(name), preserve_index=False)
    archive.store.append(schema.versions(name), table, batch)


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb", "dask", "spark"])
def test_the_metrics_of_an_archive(
    archive: Archive, whole: Tables, engine: str, request: pytest.FixtureRequest
) -> None:
    session = request.getfixturevalue("spark") if engine == "spark" else None
    kept = {name: archive.frame(name, engine, session=session) for name in NAMES}
    some = list(CALLS)[:3] if engine == "dask" else list(CALLS)  # Dask plans joins for seconds
    for name in some:
        call = CALLS[name]
        expected, found = call(whole), call(kept)
        assert len(expected) > 0, name
        pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-9)
