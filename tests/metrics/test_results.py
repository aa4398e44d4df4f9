import pandas as pd

from postorder_nb import metrics
from postorder_nb.metrics import as_text, escalation_rate, reasons, refund_amount


def test_reasons_in_words(table):
    frame = table(
        return_id=["1"], reason=["BRAND_NEW_REASON"], reason_type=[None], buyer=["ACME_BUYER"]
    )
    headers, rows = as_text(reasons(frame, by="buyer"))
    assert headers == [
        "Buyer", "Reason", "Reason type", "Records", "Share", "95 % interval", "Cumulative share",
    ]  # fmt: skip
    assert rows == [
        [
            "ACME_BUYER",
            "Brand new reason",
            "(not given)",
            "1",
            "100.0 %",
            "20.7 to 100.0 %",
            "100.0 %",
        ]
    ]


def test_amounts_have_the_digits_of_their_currency(table):
    frame = table(
        return_id=list("123"),
        refund_amount=[1234.5, 5000, 0],
        refund_currency=["EUR", "JPY", "USD"],
    )
    headers, rows = as_text(refund_amount(frame))
    assert headers[-5:] == ["Total", "Mean", "Mean, 95 % interval", "Median", "P90"]
    assert [row[-5:] for row in rows] == [
        ["1,234.50", "1,234.50", "-", "1,234.50", "1,234.50"],
        ["5,000", "5,000", "-", "5,000", "5,000"],
        ["0.00", "-", "-", "-", "-"],
    ]


def test_periods_and_gaps_in_words(table):
    frame = table(
        return_id=["1"], status=["OPEN"], created_at=["2026-03-04T10:00:00Z"], quantity=[None]
    )
    _, weeks = as_text(escalation_rate(frame, freq="week", by="quantity"))
    assert weeks[0][:3] == ["2026-03-02", "-", "1"]
    headers, months = as_text(escalation_rate(frame, freq="month"))
    assert (headers[0], months[0][0]) == ("Period", "2026-03")


def test_nothing_in_words(table):
    headers, rows = as_text(reasons(table(return_id=[], reason=[])))
    assert headers == ["Reason", "Records", "Share", "95 % interval", "Cumulative share"]
    assert rows == []
    assert isinstance(reasons(table(return_id=[], reason=[])), pd.DataFrame)


def test_every_kind_of_figure_in_words(shop):
    shop = shop(1)
    frames = shop.frames
    returns = frames["returns"]
    results = [
        metrics.counts(returns, freq="quarter"),
        metrics.reasons(returns, measure="money"),
        metrics.reason_shift(returns, until="2026-03-10"),
        metrics.outcomes(returns),
        metrics.close_reasons(returns),
        metrics.cancellation_reasons(frames["cancellations"]),
        metrics.refund_gap(returns),
        metrics.refund_lines(frames["refund_lines"]),
        metrics.net_cost(returns),
        metrics.pending_and_failed(returns, movements=frames["money_movements"], as_of=shop.now),
        metrics.exposure(returns, as_of=shop.now),
        metrics.items(returns, orders=shop.orders),
        metrics.concentration(returns),
        metrics.return_rate(returns, orders=shop.orders, freq="year"),
    ]
    for result in results:
        headers, rows = as_text(result)
        assert len(headers) == len(set(headers))
        assert all(len(row) == len(headers) for row in rows)
        written = [*headers, *(cell for row in rows for cell in row)]
        assert not [text for text in written if "_" in text or "nan" in text.lower()]


def test_differences_probabilities_and_truths_in_words(table):
    frame = table(
        return_id=[str(i) for i in range(40)],
        reason=["OTHER"] * 18 + ["WRONG_SIZE"] * 2 + ["OTHER"] * 4 + ["WRONG_SIZE"] * 16,
        created_at=["2026-03-01T00:00:00Z"] * 20 + ["2026-03-08T00:00:00Z"] * 20,
    )
    headers, rows = as_text(metrics.reason_shift(frame, days=7, until="2026-03-15"))
    assert headers == [
        "Reason", "Records", "Records before", "Records now", "Share before", "Share now",
        "Difference", "95 % interval", "p-value", "p-value, adjusted", "Changed",
    ]  # fmt: skip
    assert rows[0] == [
        "Other", "22", "18", "4", "90.0 %", "20.0 %", "-70.0 points", "-83.9 to -40.5 points",
        "< 0.001", "< 0.001", "yes",
    ]  # fmt: skip


def test_days_and_moments_in_words():
    result = pd.DataFrame({
        "n": [2], "n_low": [0.2], "n_high": [7.2], "median_days": [3.25],
        "median_days_low": [1.5], "median_days_high": [float("nan")],
        "oldest_at": pd.to_datetime(["2026-03-01T05:06"], utc=True), "gini": [0.123],
    })  # fmt: skip
    headers, rows = as_text(result)
    assert headers == [
        "Records", "Records, 95 % interval", "Median (days)", "Median (days), 95 % interval",
        "Oldest", "Gini",
    ]  # fmt: skip
    assert rows == [["2", "0.2 to 7.2", "3.2", "1.5 and more", "2026-03-01 05:06", "0.12"]]


def test_quarters_and_years_in_words(table):
    frame = table(return_id=["1"], created_at=["2026-05-04T10:00:00Z"])
    written = [as_text(metrics.counts(frame, freq=freq))[1][0][0] for freq in ("quarter", "year")]
    assert written == ["2026 Q2", "2026"]
