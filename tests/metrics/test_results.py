import pandas as pd

from postorder_nb.metrics import as_text, escalation_rate, reasons, refund_amount


def test_reasons_in_words(table):
    frame = table(
        return_id=["1"], reason=["BRAND_NEW_REASON"], reason_type=[None], buyer=["ACME_BUYER"]
    )
    headers, rows = as_text(reasons(frame, by="buyer"))
    assert headers == ["Buyer", "Reason", "Reason type", "Records", "Share", "95 % interval"]
    assert rows == [
        ["ACME_BUYER", "Brand new reason", "(not given)", "1", "100.0 %", "20.7 to 100.0 %"]
    ]


def test_amounts_have_the_digits_of_their_currency(table):
    frame = table(
        return_id=list("123"),
        refund_amount=[1234.5, 5000, 0],
        refund_currency=["EUR", "JPY", "USD"],
    )
    headers, rows = as_text(refund_amount(frame))
    assert headers[-3:] == ["Total", "Mean", "Median"]
    assert [row[-3:] for row in rows] == [
        ["1,234.50", "1,234.50", "1,234.50"],
        ["5,000", "5,000", "5,000"],
        ["0.00", "-", "-"],
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
    assert headers == ["Reason", "Records", "Share", "95 % interval"]
    assert rows == []
    assert isinstance(reasons(table(return_id=[], reason=[])), pd.DataFrame)
