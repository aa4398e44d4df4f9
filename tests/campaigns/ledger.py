"""
A server of returns that refunds whatever it is asked to, keeps a ledger, and answers as told.

It never refuses a second refund: whoever asks twice has paid twice, and the ledger shows it.
Run as a process of its own; it prints its address and ends with its standard input.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROOT = "/post-order/v2/return/"


class World:
    """The truth: per return what was accepted, and what to do with the next calls."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.accepted: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.plans: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.posts: dict[str, int] = defaultdict(int)

    def plan(self, record: str, method: str) -> dict[str, Any]:
        with self.lock:
            self.posts[record] += method == "POST"
            for number, plan in enumerate(self.plans[record]):
                if plan.get("method", "POST") == method:
                    return self.plans[record].pop(number)
        return {}

    def commit(self, record: str, fingerprint: str, amount: dict[str, Any], status: str) -> None:
        entry = {
            "fingerprint": fingerprint,
            "amount": amount,
            "status": status,
            "at": datetime.now(UTC).isoformat(),
        }
        with self.lock:
            self.accepted[record].append(entry)

    def detail(self, record: str) -> dict[str, Any]:
        """Return the record as the API shows it."""
        with self.lock:
            entries = list(self.accepted[record])
        lines = [
            {
                "author": "SELLER",
                "activity": "SELLER_RETRY_REFUND" if number else "SELLER_ISSUE_REFUND",
                "fromState": "ITEM_DELIVERED",
                "toState": "REFUND_FAILED" if e["status"] == "FAILED" else "REFUND_INITIATED",
                "creationDate": {"value": e["at"]},
            }
            for number, e in enumerate(entries)
        ]
        detail: dict[str, Any] = {"responseHistory": lines, "refundInfo": {}}
        if entries:
            last = entries[-1]
            actual: dict[str, Any] = {"refundStatus": last["status"]}
            if last["status"] == "SUCCESS":
                actual["actualRefund"] = {"totalAmount": last["amount"]}
            detail["refundInfo"] = {"actualRefundDetail": actual}
        return {"detail": detail}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: World

    def do_GET(self) -> None:
        if self.path == "/ledger":
            with self.world.lock:
                truth = {"accepted": self.world.accepted, "posts": self.world.posts}
                body = json.dumps(truth).encode()
            self._send(200, body)
            return
        record = self.path.removeprefix(ROOT).split("?")[0]
        plan = self.world.plan(record, "GET")
        if plan.get("answer") == "drop":
            self.close_connection = True
        elif "answer" in plan:
            self._send(int(plan["answer"]), b"busy")
        else:
            self._send(200, json.dumps(self.world.detail(record)).encode())

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/plan":
            given = json.loads(raw)
            with self.world.lock:
                self.world.plans[given["record"]] = given["plans"]
            self._send(200, b"{}")
            return
        record, _, act = self.path.removeprefix(ROOT).partition("/")
        assert act == "issue_refund", self.path
        plan = self.world.plan(record, "POST")
        self._kill(plan, "before")
        time.sleep(plan.get("late", 0))
        status = plan.get("status", "SUCCESS")
        if plan.get("commit", True):
            said = f"POST {self.path}\n".encode() + raw
            amount = json.loads(raw)["refundDetail"]["totalAmount"]
            self.world.commit(record, hashlib.sha256(said).hexdigest(), amount, status)
        self._kill(plan, "after")
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(plan.get("answer", "ok"), status)

    def _answer(self, answer: str, status: str) -> None:
        good = json.dumps({"refundStatus": status}).encode()
        match answer:
            case "ok":
                self._send(200, good)
            case "drop":
                self.close_connection = True
            case "cut":
                self._send(200, good[: len(good) // 2], announce=len(good))
                self.close_connection = True
            case "empty":
                self._send(200, b"")
            case "html":
                self._send(200, b"<html>Sign in</html>")
            case "hang":
                time.sleep(0.6)
                self._send(200, good)
            case _ if answer.isdecimal() and int(answer) < 600:
                self._send(int(answer), b"<html>bad gateway</html>")
            case _:
                code, _, number = answer.partition("/")
                words = [{"name": "message", "value": "Duplicate warning"}]
                item = {"errorId": int(number), "domain": "returnErrorDomain", "parameter": words}
                self._send(int(code), json.dumps({"error": [item]}).encode())

    def _kill(self, plan: dict[str, Any], when: str) -> None:
        """Kill the client: its process is known by the name it gives its marketplace."""
        if plan.get("kill") == when:
            os.kill(int(self.headers["X-Test-Process"]), signal.SIGKILL)

    def _send(self, status: int, body: bytes, *, announce: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if announce is None else announce))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Stay silent: clients that are killed leave their connections broken."""


def main() -> None:
    Handler.world = World()
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
