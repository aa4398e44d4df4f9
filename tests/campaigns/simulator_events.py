"""
Random events on the simulator, and the rules that every record keeps after each of them.

``python tests/campaigns/simulator_events.py --events 100000`` runs for minutes; the suite runs a
few hundred events of the same kind.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import random
import sys
import time
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlsplit

from postorder_nb.errors import InputError
from postorder_nb.simulator import Simulator, invariants, legal, machines
from postorder_nb.simulator.odds import Dice

NOW = "2026-03-10T12:00:00Z"
# -- the events -----------------------------------------------------------------------------------

EVENTS = {
    "returns": (
        "auto_accept", "ask_label", "label_late", "seller_silent", "refund_at_once", "ship",
        "deliver", "lose", "refund_confirmed", "refund_fails", "pay_out", "paid_out",
        "refund_overdue", "expire", "close", "chargeback",
    ),
    "inquiries": (
        "begin", "promise", "deliver", "courtesy", "courtesy_done", "hold", "release",
        "agent_closes", "chargeback", "refund_fails", "refund_confirmed", "expire",
    ),
    "cases": (
        "review", "buyer_wins", "seller_wins", "nobody_wins", "return_first", "hold", "release",
        "deliver", "expire", "dispute", "grant", "deny", "refund_fails", "refund_confirmed",
        "buyer_wins_at_once", "seller_wins_at_once",
    ),
    "cancellations": (
        "seller_silent", "ship", "send_refund", "refund_confirmed", "refund_fails", "pay_out",
        "give_up", "chargeback", "buyer_silent",
    ),
}  # fmt: skip
INNER = {"recouped", "case_recouped", "case_ends"}  # what a case does to its return
DECISIONS = (
    "APPROVE", "APPROVE_WITHOUT_EBAY_LABEL", "DECLINE", "OFFER_PARTIAL_REFUND", "OFFER_RETURN",
    "PROVIDE_RMA", "ACCEPT_PARTIAL_REFUND", "DECLINE_PARTIAL_REFUND",
)  # fmt: skip
FITTING = {
    "RETURN_REQUESTED": ("APPROVE", "APPROVE_WITHOUT_EBAY_LABEL", "OFFER_PARTIAL_REFUND"),
    "RMA_PENDING": ("PROVIDE_RMA",),
    "PARTIAL_REFUND_REQUESTED": ("ACCEPT_PARTIAL_REFUND", "DECLINE_PARTIAL_REFUND"),
    "PARTIAL_REFUND_DECLINED": ("OFFER_RETURN", "APPROVE"),
}
PATHS = {
    "SELLER_ISSUE_REFUND": "issue_refund", "SELLER_RETRY_REFUND": "issue_refund",
    "SELLER_MARK_AS_RECEIVED": "mark_as_received", "SELLER_PROVIDE_LABEL": "add_shipping_label",
    "SELLER_ESCALATE": "escalate", "BUYER_ESCALATE": "escalate",
    "SELLER_SEND_MESSAGE": "send_message", "SUBMIT_FILE": "file/upload",
}  # fmt: skip
BUYERS = {
    "ACCEPT_PARTIAL_REFUND", "DECLINE_PARTIAL_REFUND", "close", "confirm", "confirm_refund",
}  # fmt: skip
EITHER = {"send_message", "escalate", "file/upload", "appeal"}
KNOWN_500 = {1001, 1502, 292008, 292010}
ROOTS = {"returns": "return", "inquiries": "inquiry", "cases": "casemanagement",
         "cancellations": "cancellation"}  # fmt: skip


def check(record: Any, sim: Simulator) -> None:
    broken = invariants.check(record, sim.world)
    assert not broken, [str(violation) for violation in broken]


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def amount(money: Any, share: str = "1") -> dict[str, Any]:
    return {"value": float(cents(money.amount * Decimal(share))), "currency": money.currency}


class Campaign:
    """A simulator, a caller on it, and one random event after the other."""

    def __init__(self, choose: random.Random, **settings: Any) -> None:
        self.choose = choose
        self.sim = Simulator(returns=40, days=40, seed=choose.randrange(10**6), now=NOW, **settings)
        self.sim.start()
        self.connection = http.client.HTTPConnection(urlsplit(self.sim.url).netloc, timeout=10)
        self.accepted = self.refused = 0
        self.seen: dict[tuple[str, str], int] = {}
        self.check_changed()

    def close(self) -> None:
        self.connection.close()
        self.sim.close()

    def call(self, path: str, body: Any, login: str | None) -> tuple[int, Any]:
        token = self.sim.token_of(login) if login else self.sim.token
        headers = {"Authorization": f"IAF {token}", "X-EBAY-C-MARKETPLACE-ID": "EBAY_US"}
        sent = json.dumps(body) if body is not None else None
        self.connection.request("POST", f"/post-order/v2{path}", sent, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        found = json.loads(text) if text[:1] == b"{" else None
        if answer.status == 500:
            (error,) = found.get("error") or found["errors"]
            assert error["errorId"] in KNOWN_500, (path, body, found)
        assert answer.status in (200, 201, 400, 403, 500), (path, body, found)
        return answer.status, found

    def event(self) -> None:
        """Let one thing happen, and check every record it changed."""
        kind = self.choose.random()
        if kind < 0.15:
            self.open()
        elif kind < 0.21:
            self.sim.advance(seconds=self.choose.choice((60, 600, 86_400, 400_000)))
        else:
            self.touch()
        self.check_changed()

    def check_changed(self) -> None:
        """Check what is new, what has changed, and what is linked with it."""
        world = self.sim.world
        changed = []
        for name in EVENTS:
            for record in getattr(world, name).values():
                if self.seen.get((name, record.id)) != record.version:
                    self.seen[name, record.id] = record.version
                    changed.append(record)
        for record in changed:
            check(record, self.sim)
            case = record.case_id and world.cases.get(record.case_id)
            for other in (case, getattr(record, "parent", None)):
                if other:
                    check(other, self.sim)

    def records(self, name: str) -> list[Any]:
        """Return what is open, and a few that are not."""
        shelf = list(getattr(self.sim.world, name).values())
        live = [record for record in shelf if record.open]
        return live[-40:] + shelf[-5:]

    def open(self) -> None:
        choose, world, now = self.choose, self.sim.world, self.sim.clock.now()
        name = choose.choice(("return", "inquiry", "cancellation", "odd cancellation"))
        if name == "odd cancellation":
            self.open_odd()
            return
        days = {"return": 12, "inquiry": 12, "cancellation": 0}[name]
        order = world.orders.place(self.dice(), now - timedelta(days=days, hours=1))
        body: dict[str, Any] = {"itemId": order.item.item_id, "transactionId": order.transaction_id}
        login: str | None = order.buyer.login
        if name == "return":
            if choose.random() < 0.1:
                self.call("/return/preference", {"rmaRequired": choose.random() < 0.5}, None)
            reason = choose.choice(("DEFECTIVE_ITEM", "NO_LONGER_NEED_ITEM", "DOES_NOT_FIT"))
            body |= {"reason": reason, "type": "MONEY_BACK", "returnQuantity": order.quantity}
            body = {"returnRequest": body}
        elif name == "cancellation":
            login = choose.choice((login, None))
            body = {"legacyOrderId": order.order_id}
        status, _ = self.call(f"/{name}", body, login)
        assert status in (200, 201)
        assert len(world.records_of(order.order_id)) == 1

    def open_odd(self) -> None:
        """Open a cancellation that no call makes: unpaid, paid outside eBay, or eBay's own."""
        choose, world, now = self.choose, self.sim.world, self.sim.clock.now()
        order = world.orders.place(self.dice(), now - timedelta(days=5))
        event, actor, paid = choose.choice(
            (
                ("create", "BUYER", False),
                ("create", "SELLER", False),
                ("create", "SYSTEM", True),
                ("create_unconfirmed", "SELLER", True),
            )
        )
        record = world.new_cancellation(replace(order, paid=paid), actor, None, now)
        self.sim.happen(record, event, actor=actor)

    def dice(self) -> Any:
        return Dice(self.choose.randrange(10**9))

    def touch(self) -> None:
        names = [name for name in EVENTS if self.records(name)]
        name = self.choose.choice(names)
        record = self.choose.choice(self.records(name))
        before = (len(record.history), record.state, record.status, len(record.movements))
        kind = self.choose.random()
        if kind < 0.25:
            try:
                event = self.choose.choice(self.fitting(record) if kind < 0.18 else EVENTS[name])
                self.sim.happen(record, event)
            except InputError:
                assert before[:2] == (len(record.history), record.state)
        else:
            path, body = self.act(name, record)
            word = body.get("decision", path) if isinstance(body, dict) else path
            theirs = word in BUYERS or (name, word) == ("cases", "provide_shipment_info")
            buyers = (theirs and self.choose.random() < 0.85) or (
                word in EITHER and self.choose.random() < 0.5
            )
            login = record.buyer.login if buyers or self.choose.random() < 0.1 else None
            if isinstance(body, dict) and self.choose.random() < 0.1:
                body = self.spoil(body)
            status, _ = self.call(f"/{ROOTS[name]}/{record.id}/{path}", body, login)
            if status in (200, 201):
                self.accepted += 1
            else:
                self.refused += 1
                now = (len(record.history), record.state, record.status, len(record.movements))
                assert now == before, (path, body, record)

    def fitting(self, record: Any) -> list[str]:
        """Return what may happen to a record as it is, whoever does it."""
        machine = machines.of(record)
        place = machine.place(record)
        fits = {step.event for step in machine.steps if place in step.states}
        return sorted(fits - INNER) or ["none"]

    def spoil(self, body: dict[str, Any]) -> Any:
        """Return the body with one thing in it that is missing or of another kind."""
        spoilt = dict(body)
        if not spoilt or self.choose.random() < 0.1:
            return self.choose.choice(([], "text", 7, [body]))
        key = self.choose.choice(list(spoilt))
        if isinstance(spoilt[key], dict) and self.choose.random() < 0.5:
            spoilt[key] = self.spoil(spoilt[key])
        elif self.choose.random() < 0.5:
            spoilt.pop(key)
        else:
            spoilt[key] = self.choose.choice((None, "", -1, 1e30, True, [], {}, "UNKNOWN", [{}]))
        return spoilt

    def act(self, name: str, record: Any) -> tuple[str, Any]:
        choose = self.choose
        if name == "returns":
            return self.act_on_return(record)
        if name == "cancellations":
            return choose.choice(
                (
                    ("approve", None),
                    ("reject", {}),
                    ("confirm", {"unpaidOrder": choose.random() < 0.5}),
                )
            )
        shipment = {
            "shippingCarrierName": "USPS",
            "trackingNumber": str(choose.randrange(10**9)),
            "shippingDate": {"value": record.order.placed_at.isoformat()},
        }
        if name == "cases":
            return choose.choice(
                (
                    ("appeal", {}),
                    ("close", {"closeReason": "OTHER"}),
                    ("issue_refund", {}),
                    ("provide_shipment_info", shipment),
                    ("provide_return_address", {"returnAddress": {"city": "Leeds"}}),
                )
            )
        if choose.random() < 0.3:
            shipment.pop("trackingNumber")
        return choose.choice(
            (
                ("send_message", {"message": {"content": "Hello & <goodbye>"}}),
                ("provide_shipment_info", shipment),
                ("issue_refund", {}),
                ("escalate", {"escalateInquiryReason": "OTHERS"}),
                ("close", {"closeReason": "ITEM_ARRIVED"}),
                ("confirm_refund", None),
                ("provide_refund_info", {"message": {"content": "Sent by bank"}}),
            )
        )

    def act_on_return(self, record: Any) -> tuple[str, Any]:
        choose = self.choose
        fitting = FITTING.get(record.state, DECISIONS)
        fits = record.state in FITTING and choose.random() < 0.5
        decision: dict[str, Any] = {"decision": choose.choice(fitting if fits else DECISIONS)}
        if decision["decision"] == "OFFER_PARTIAL_REFUND":
            share = choose.choice(("0.2", "0.5", "1"))
            decision["partialRefundAmount"] = amount(record.estimated, share)
        if decision["decision"] == "PROVIDE_RMA":
            decision["RMANumber"] = "R-1"
        if choose.random() < 0.1:
            decision["keepOriginalItem"] = True
        share = choose.choice(("1", "1", "1", "0.9", "0.4", "1.5"))
        lines = [
            {"refundFeeType": line.fee_type, "refundAmount": amount(line.amount, share)}
            for line in (record.payment.lines if record.payment else record.lines)
            if line.stage in (("actual",) if record.payment else ("estimated",))
        ]
        total = sum((Decimal(str(line["refundAmount"]["value"])) for line in lines), Decimal(0))
        whole = {"value": float(total), "currency": record.order.currency}
        if fits:
            return "decide", decision
        photo = base64.b64encode(b"photo").decode()
        acts: tuple[tuple[str, Any], ...] = (
            ("decide", decision),
            ("issue_refund",
             {"refundDetail": {"itemizedRefundDetail": lines, "totalAmount": whole}}),
            ("mark_as_received", None),
            ("send_message", {"message": {"content": "Hello"}}),
            ("escalate", {"reason": "OTHER"}),
            ("add_shipping_label", {"labelAction": "EBAY_LABEL"}),
            ("add_shipping_label", {"labelAction": "NO_LABEL", "noLabelReason": "OTHER"}),
            ("file/upload",
             {"data": photo, "fileName": "a.png", "filePurpose": "ITEM_RELATED"}),
        )  # fmt: skip
        offered = {PATHS.get(option) for side in legal.options(record) for option in side}
        fit = [act for act in acts if act[0] in offered]
        return choose.choice(fit if fit and choose.random() < 0.7 else acts)

    def check_all(self) -> None:
        """Check the whole world, and the ledger against it."""
        broken = invariants.walk(self.sim.world)
        assert not broken, [str(violation) for violation in broken[:9]]


SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"refund_lag": 0},
    {"refund_status": "FAILED"},
    {"refund_status": "PENDING", "auto_refund": False},
    {"refund_status": "shares", "auto_refund": False, "marketplace": "EBAY_GB"},
    {"refund_status": "shares", "behaviour": "lively"},
    {"refund_status": "REFUSED", "marketplace": "EBAY_DE"},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=2_000, help="events per simulator")
    options = parser.parse_args()
    start, done = time.perf_counter(), 0
    accepted = refused = 0
    while done < options.events:
        seed = options.seed + done // options.each
        campaign = Campaign(random.Random(seed), **SETTINGS[seed % len(SETTINGS)])
        count = min(options.each, options.events - done)
        try:
            for _ in range(count):
                campaign.event()
            campaign.check_all()
        except BaseException:
            print(f"seed {seed}", file=sys.stderr)
            raise
        finally:
            campaign.close()
        done += count
        accepted, refused = accepted + campaign.accepted, refused + campaign.refused
    print(
        f"{done} events in {time.perf_counter() - start:.0f} s: "
        f"{accepted} calls accepted, {refused} refused, every rule kept"
    )


if __name__ == "__main__":
    main()
