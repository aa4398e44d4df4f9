"""Answers of the server, good and bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(slots=True)
class Answer:
    """What goes back to the caller."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer that ends the handling of a request early."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def good(value: Any) -> Answer:
    """Answer 200 with JSON."""
    return Answer(200, orjson.dumps(value))


def refuse(
    status: int,
    error_id: int,
    domain: str,
    message: str,
    /,
    *,
    category: str = "REQUEST",
    **parameters: str,
) -> Refusal:
    """Refuse the way the Post-Order services do: a list under ``error``."""
    return Refusal(
        Answer(
            status,
            orjson.dumps(
                {
                    "error": [
                        {
                            "errorId": error_id,
                            "domain": domain,
                            "severity": "ERROR",
                            "category": category,
                            "message": message,
                            "longMessage": message,
                            "parameter": [
                                {"name": name, "value": value} for name, value in parameters.items()
                            ],
                            "httpStatusCode": str(status),
                        }
                    ]
                }
            ),
        )
    )


def gateway(
    status: int, error_id: int, domain: str, message: str, category: str = "REQUEST"
) -> Answer:
    """Refuse the way the gateway in front of the services does: a list under ``errors``."""
    return Answer(
        status,
        orjson.dumps(
            {
                "errors": [
                    {
                        "errorId": error_id,
                        "domain": domain,
                        "category": category,
                        "message": message,
                        "longMessage": message,
                    }
                ]
            }
        ),
    )


def page(status: int, title: str) -> Answer:
    """Answer with HTML, as what stands before the gateway does."""
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    return Answer(status, f"{head}<body><h1>{title}</h1></body></html>".encode(), HTML)
