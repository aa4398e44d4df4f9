"""The Desk in process: what its user sees and does, and what the server has seen of it."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pandas as pd
import pytest

import postorder_nb as pn
from postorder_nb.errors import InputError, MissingExtra, NotFound
from postorder_nb.forms import Desk, desk
from postorder_nb.forms.desk.bulk import Key
from postorder_nb.simulator import Faults

Writes = Callable[[], list[tuple[str, bytes]]]
Board = Callable[..., Desk]


@pytest.fixture
def faulty(shop: Any) -> Iterator[Callable[[Faults], None]]:
    yield lambda faults: setattr(shop.simulator, "faults", faults)
    shop.simulator.faults = None


def opened(board: Desk, group: str, record_id: str) -> None:
    """Look for a record in the queue and click on its button."""
    board.show.value, board.search.value = "open", record_id
    line = next(line for line in board.listing.shown if line.key == Key(group, record_id))
    line.open.click()
    assert board.error is None


def ticked(board: Desk, records: list[Any]) -> None:
    board.show.value = "open"
    for record in records:
        board.search.value = record.id
        board.listing.shown[0].tick.value = True
    board.search.value = ""


def acts(board: Desk) -> list[str]:
    return [part.description for part in board.card.actions.children if hasattr(part, "icon")]


class TestLooking:
    def test_the_queue_says_when_what_how_much_why_and_who(self, board: Board, shop: Any) -> None:
        record = shop.a_return("ITEM_DELIVERED")
        made = board()
        made.search.value = record.id
        (line,) = made.listing.shown
        assert line.open.description == f"Return {record.id}"
        due = record.seller_due.at
        left = due - shop.simulator.clock.now()
        assert f"{left.days} d" in line.cells.value
        assert "left" in line.cells.value
        assert "Issue refund" in line.cells.value
        assert f"{record.estimated.amount:,.2f} USD" in line.cells.value
        assert record.buyer.login in line.cells.value

    def test_a_record_opens_with_what_may_be_done(self, board: Board, shop: Any) -> None:
        record = shop.a_return("RETURN_REQUESTED")
        made = board()
        opened(made, "returns", record.id)
        assert made.card.record is not None
        assert made.card.record.name == f"return {record.id}"
        assert "Approve, decline or make an offer" in acts(made)
        assert record.item_id in made.card.facts.value
        assert made.listing.shown[0].open.description == f"▸ Return {record.id}"

    def test_the_buyers_other_records_are_one_click_away(self, board: Board, shop: Any) -> None:
        world = shop.simulator.world
        record, other = next(
            (one, two)
            for one in world.returns.values()
            for two in world.returns.values()
            if one.open and one.case_id is None and one.id != two.id and one.buyer is two.buyer
        )
        made = board()
        opened(made, "returns", record.id)
        (button,) = [
            b for b in made.card.others.children if other.id in getattr(b, "description", "")
        ]
        button.click()
        assert made.error is None
        assert made.listing.chosen == Key("returns", other.id)

    def test_files_are_shown_when_asked_for(self, board: Board, shop: Any) -> None:
        record = next(
            r for r in shop.simulator.world.returns.values() if r.files and r.open and not r.case_id
        )
        made = board()
        opened(made, "returns", record.id)
        made.card.files.children[0].click()
        assert made.error is None
        assert len(made.card.files.children) == len(record.files)
        assert record.files[0].name in made.card.files.children[0].value
        assert "data:image/png;base64," in made.card.files.children[0].value

    def test_pages_and_ticks(self, board: Board, hands: Any) -> None:
        made = board()
        made.show.value = "open"
        rows = len(made.listing.rows)
        first = [line.key for line in made.listing.shown]
        made.listing.shown[3].tick.value = True
        made.listing.next.click()
        second = [line.key for line in made.listing.shown]
        assert len(first) == 20
        assert not set(first) & set(second)
        assert f"21 to 40 of {rows:,}" in made.listing.where.value
        assert not any(line.tick.value for line in made.listing.shown)
        made.listing.first.click()
        assert [line.key for line in made.listing.shown] == first
        assert [line.tick.value for line in made.listing.shown].index(True) == 3
        made.kind.value = "cases"
        assert {line.key.group for line in made.listing.shown if line.key} <= {"cases"}

    def test_another_zone_says_every_moment_anew(self, board: Board, shop: Any) -> None:
        record = shop.a_return("ITEM_DELIVERED")
        made = board()
        opened(made, "returns", record.id)
        assert " UTC" in made.card.facts.value
        made.zone.value = "Australia/Sydney"
        assert " UTC" not in made.card.facts.value + made.card.story.value
        assert " AEDT" in made.card.facts.value

    def test_a_refresh_keeps_record_filters_page_and_ticks(self, board: Board, shop: Any) -> None:
        record = shop.a_return("ITEM_SHIPPED")
        made = board()
        opened(made, "returns", record.id)
        made.search.value = ""
        made.listing.next.click()
        made.listing.shown[1].tick.value = True
        before = [line.key for line in made.listing.shown]
        made.reload.click()
        assert made.error is None
        assert made.listing.chosen == Key("returns", record.id)
        assert made.card.record is not None
        assert made.card.record.record_id == record.id
        assert (made.show.value, made.listing.page) == ("open", 1)
        assert [line.key for line in made.listing.shown] == before
        assert [line.tick.value for line in made.listing.shown].index(True) == 1

    def test_what_goes_wrong_is_told_and_kept_and_the_queue_stays(
        self, board: Board, faulty: Callable[[Faults], None]
    ) -> None:
        made = board()
        rows = len(made.records.rows)
        faulty(Faults(rate=1, kinds=("401",)))
        made.reload.click()
        assert made.error is not None
        assert 'role="alert"' in made.status.box.value
        assert len(made.records.rows) == rows

    def test_a_record_that_is_not_there_is_told(self, board: Board) -> None:
        made = board()
        made.status.guard(made.choose)(Key("returns", "5999999999"))
        assert isinstance(made.error, NotFound)


class TestViewer:
    def test_a_read_only_client_makes_a_viewer(
        self, board: Board, shop: Any, hands: Any, writes: Writes
    ) -> None:
        made = board(writes=False)
        assert (made.writes, made.batch) == (False, None)
        opened(made, "returns", shop.a_return("RETURN_REQUESTED").id)
        assert acts(made) == []
        names = {name for each in hands.all(made) for name in getattr(each, "_dom_classes", ())}
        assert not names & {"po-do", "po-tick", "po-bulk", "po-form", "po-confirm"}
        assert writes() == []

    def test_a_client_that_may_write_can_still_be_shown_read_only(self, shop: Any) -> None:
        assert desk(shop.client(), writes=False, since="1d").batch is None

    def test_writes_cannot_be_had_from_a_read_only_client(self, shop: Any) -> None:
        with pytest.raises(InputError, match="read-only"):
            desk(shop.client(writes=False), writes=True)  # before anything is read

    def test_an_unknown_zone_is_refused(self, shop: Any) -> None:
        with pytest.raises(InputError, match="Atlantis"):
            desk(shop.client(), tz="Europe/Atlantis")


class TestActing:
    def test_a_message_goes_out_once_and_the_record_is_read_again(
        self, board: Board, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED")
        made = board()
        opened(made, "returns", record.id)
        hands.find(made, "po-do-returns-send_message").click()
        form = made.card.form
        hands.type(form, "message", "It is on its way.")
        hands.click(form, "po-preview-button")
        confirm = hands.find(form, "po-confirm")
        confirm.click()
        confirm.click()
        assert form.result.ok
        ((path, body),) = writes()
        assert path == f"/post-order/v2/return/{record.id}/send_message"
        assert json.loads(body) == {"message": {"content": "It is on its way."}}
        assert made.card.form is form  # the receipt stays
        assert "It is on its way." in made.card.story.value
        made._tabs.selected_index = 1
        assert f"return {record.id}" in made.journal.value
        assert "Send message" in made.journal.value
        # Not this computer's clock: the server's, as all other moments.
        assert f"{shop.simulator.clock.now():%-d %b %Y %H:%M} UTC" in made.journal.value

    def test_a_doubt_is_shown_on_the_card_and_looked_into(
        self, board: Board, shop: Any, hands: Any, faulty: Callable[[Faults], None]
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED", used={shop.a_return("ITEM_SHIPPED").id})
        made = board()
        po = made.po
        faulty(Faults(rate=1, kinds=("lost",), methods=("POST",)))
        with pytest.raises(pn.errors.InDoubt):
            po.returns.mark_as_received(record.id)
        shop.simulator.faults = None
        opened(made, "returns", record.id)
        assert "in doubt" in made.card.doubt.children[0].value
        made._tabs.selected_index = 1
        assert "IN DOUBT" in made.journal.value
        hands.find(made, "po-look").click()
        assert made.error is None
        assert "happened" in made.status.box.value
        assert made.card.doubt.children == ()
        assert po.journal.open() == []

    def test_what_a_form_did_is_shown(self, board: Board, shop: Any, hands: Any) -> None:
        made = board()
        made.choose(Key("returns", shop.a_return("ITEM_SHIPPED").id))
        made.card.open_form("returns.send_message")
        form = made.card.form
        hands.type(form, "message", "At once.")
        form.preview()
        form.confirm()
        assert "At once." in made.card.story.value

    def test_opening_a_form_reads_nothing_again(self, board: Board, shop: Any) -> None:
        made = board()
        made.choose(Key("returns", shop.a_return("ITEM_SHIPPED").id))
        before = len(shop.simulator.requests)
        made.card.open_form("returns.issue_refund")
        assert len(shop.simulator.requests) == before


class TestSaving:
    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_a_file_holds_the_queue_as_it_is_shown_and_no_formula(
        self, ending: str, board: Board, shop: Any, hands: Any, read: Callable[[Any, Any], Any]
    ) -> None:
        made = board()
        record = shop.a_return("ITEM_DELIVERED")
        made.search.value = record.id
        made.listing.rows["buyer"] = "=HYPERLINK(1)"
        hands.find(made, f"po-save-{ending}").click()
        assert made.error is None
        markup = read(made.saving.box, hands)
        (link,) = markup.links
        kind, _, data = link.partition(",")
        assert kind == "data:application/octet-stream;base64"
        assert "1 record" in markup.words
        file = BytesIO(base64.b64decode(data))
        frame = (pd.read_csv if ending == "csv" else pd.read_excel)(file, dtype=str)
        (row,) = frame.to_dict("records")
        assert (row["group"], row["record_id"]) == ("returns", record.id)
        assert row["buyer"] == "'=HYPERLINK(1)"
        assert float(row["at_stake_amount"]) == float(record.estimated.amount)
        made.search.value = ""
        assert made.saving.link.value == ""

    def test_what_excel_needs_is_told(
        self, board: Board, hands: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = board()
        monkeypatch.setitem(sys.modules, "openpyxl", None)
        hands.find(made, "po-save-xlsx").click()
        assert isinstance(made.error, MissingExtra)
        assert "pip install" in made.status.box.value


class TestBulk:
    def test_each_record_gets_the_message_once_and_its_line(
        self, board: Board, shop: Any, hands: Any, writes: Writes
    ) -> None:
        first = shop.a_return("ITEM_SHIPPED")
        second = shop.a_return("ITEM_SHIPPED", used={first.id})
        asked = next(
            c for c in shop.simulator.world.cancellations.values() if c.state == "APPROVAL_PENDING"
        )
        made = board()
        ticked(made, [first, second, asked])
        batch = made.batch
        assert batch is not None
        batch.text.value = "We are <b>closed</b> on Monday."
        hands.click(made, "po-bulk-preview-button")
        assert "2 records" in batch.shown.value
        assert f"cancellation {asked.id}" in batch.shown.value.partition("Left out")[2]
        assert "<b>closed" not in batch.shown.value
        assert writes() == []
        hands.click(made, "po-bulk-confirm")
        batch.confirm.click()
        sent = writes()
        assert [path.split("/")[4] for path, _ in sent] == [first.id, second.id]
        assert {json.loads(body)["message"]["content"] for _, body in sent} == {
            "We are <b>closed</b> on Monday."
        }
        assert [(step.key.record_id, step.ok) for step in batch.results] == [
            (first.id, True), (second.id, True),
        ]  # fmt: skip
        assert list(made.listing.marked) == [Key("cancellations", asked.id)]

    def test_an_edit_or_another_tick_disarms(
        self, board: Board, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_SHIPPED")
        made = board()
        ticked(made, [record])
        batch = made.batch
        assert batch is not None
        for change in (
            lambda: setattr(batch.text, "value", "Other words"),
            lambda: setattr(made.listing.shown[0].tick, "value", True),
        ):
            batch.text.value = "Words"
            hands.click(made, "po-bulk-preview-button")
            change()
            batch.confirm.click()
        assert writes() == []

    def test_a_click_that_comes_late_falls_on_no_other_record(
        self, board: Board, shop: Any
    ) -> None:
        """The page may have changed between what somebody saw and what the kernel is told."""
        made = board()
        made.show.value = "open"
        listing = made.listing
        assert listing.pages > 2
        seen, shown = listing.shown, made.card.record
        keys = [line.key for line in seen]
        for page in (1, 2):
            listing.turn(page)
            seen[0].tick.value = True
            seen[1].open.click()
            assert (listing.marked, made.card.record) == ({}, shown)
            seen[0].tick.value = False
        listing.turn(0)
        assert [line.key for line in listing.shown] == keys
        first, *_, last = listing.shown
        listing.rows = listing.rows.iloc[len(keys) - 1 :: -1]
        listing.turn(0)
        assert listing.shown[0] is last
        first.tick.value = True
        assert list(listing.marked) == keys[:1]

    def test_the_text_stays_as_it_is_typed(self, board: Board, shop: Any) -> None:
        """A browser shows an input anew of which anything is told, and what is typed is lost."""
        made = board()
        batch, told = made.batch, []
        assert batch is not None
        batch.text.observe(lambda change: told.append(change.name))
        ticked(made, [shop.a_return("ITEM_SHIPPED")])
        batch.what.value = "mark_as_received"
        batch.what.value = "send_message"
        made.reload.click()
        assert told == []

    def test_what_cannot_be_undone_asks_for_a_tick(
        self, board: Board, shop: Any, hands: Any, writes: Writes
    ) -> None:
        record = shop.a_return("ITEM_READY_TO_SHIP")
        made = board()
        ticked(made, [record])
        batch = made.batch
        assert batch is not None
        batch.what.value = "mark_as_received"
        hands.click(made, "po-bulk-preview-button")
        assert hands.seen(made, "po-bulk-deliberate")
        batch.confirm.click()
        assert writes() == []
        batch.sure.value = True
        hands.click(made, "po-bulk-confirm")
        ((path, body),) = writes()
        assert (path, body) == (f"/post-order/v2/return/{record.id}/mark_as_received", b"{}")

    def test_an_empty_message_is_told(self, board: Board, shop: Any, hands: Any) -> None:
        made = board()
        ticked(made, [shop.a_return("ITEM_SHIPPED")])
        hands.click(made, "po-bulk-preview-button")
        assert isinstance(made.error, InputError)

    def test_a_stop_ends_the_run_after_the_record_at_hand(
        self, board: Board, shop: Any, hands: Any, writes: Writes
    ) -> None:
        records = [r for r in shop.simulator.world.returns.values() if r.state == "ITEM_SHIPPED"][
            :4
        ]
        made = board()
        ticked(made, records)
        batch = made.batch
        assert batch is not None
        batch.text.value = "Words"
        hands.click(made, "po-bulk-preview-button")

        async def impatient() -> None:
            batch.confirm.click()
            while len(writes()) < 1:
                await asyncio.sleep(0.001)
            batch.stop.click()
            assert batch._task is not None
            await batch._task

        asyncio.run(impatient())
        sent = len(writes())
        assert 1 <= sent < 4
        assert [step.ok for step in batch.results] == [True] * sent + [False] * (4 - sent)
        assert batch.results[-1].said == "not sent: stopped"

    def test_a_refusal_is_the_records_own(
        self, board: Board, shop: Any, hands: Any, writes: Writes
    ) -> None:
        first = shop.a_return("ITEM_READY_TO_SHIP")
        second = shop.a_return("ITEM_READY_TO_SHIP", used={first.id})
        made = board()
        ticked(made, [first, second])
        batch = made.batch
        assert batch is not None
        batch.what.value = "mark_as_received"
        hands.click(made, "po-bulk-preview-button")
        batch.sure.value = True
        shop.client().returns.mark_as_received(first.id)  # a colleague was quicker
        hands.click(made, "po-bulk-confirm")
        refused, done = batch.results
        # eBay answers so with HTTP 500, which may mean anything.
        assert isinstance(refused.error, pn.errors.InDoubt)
        assert done.ok
        assert len(writes()) == 3
        assert list(made.listing.marked) == [refused.key]

    def test_a_lost_answer_ends_the_run(
        self,
        board: Board,
        shop: Any,
        hands: Any,
        writes: Writes,
        faulty: Callable[[Faults], None],
    ) -> None:
        returns = shop.simulator.world.returns.values()
        made = board()
        ticked(made, [r for r in returns if r.state == "ITEM_SHIPPED"][:3])
        batch = made.batch
        assert batch is not None
        batch.text.value = "Words"
        hands.click(made, "po-bulk-preview-button")
        faulty(Faults(rate=1, kinds=("lost",), methods=("POST",)))
        hands.click(made, "po-bulk-confirm")
        assert len(writes()) == 1
        assert isinstance(batch.results[0].error, pn.errors.InDoubt)
        assert [step.said for step in batch.results[1:]] == [
            "not sent: the one before went wrong"
        ] * 2
        shop.simulator.faults = None
        made.po.settle()
