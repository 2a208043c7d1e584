"""What a customer does in the chain over moto: it opens the page of its invoice, and disputes it; its address fails."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from billproof.composition import Composition
from billproof.invoicing.links import CustomerPages
from billproof.invoicing.model import Released
from tests.support.aws_resources import BUCKET, lost_for_a_while
from tests.support.customer_pages import call_event
from tests.support.ses_events import ses_event
from tests.support.world import INC

if TYPE_CHECKING:
    from tests.support.aws_collections import Collected

MONTHS = ("2013-01", "2013-02")
CHARGED = "B6"
"""The account whose card is charged for what it owes: nothing of it may be in dispute."""
DISPUTED = {"line": "", "cause": "price", "reason": "another price was agreed"}


def open_pages(played: Collected) -> None:
    """Let a customer open its page, its files and a dispute, each also while documents are lost; revoke its link."""
    pages = played.ports("deliver_invoice").customer_pages
    released = open_invoice(played.ports("serve_customer_page"))
    assert pages is not None
    token = linked(pages, released, played)
    for path in ("", "/pdf", "/lines.csv"):
        for folder in ("documents/", "invoices/"):
            with lost_for_a_while(BUCKET, folder):
                played.call("serve_customer_page", call_event(f"/p/{token}{path}"))
        assert played.call("serve_customer_page", call_event(f"/p/{token}{path}"))["statusCode"] == 200
    answer = played.call("serve_customer_page", call_event(f"/p/{token}/disputes", "POST", DISPUTED))
    assert answer["statusCode"] == 303, answer["body"]
    assert "Disputed on" in played.call("serve_customer_page", call_event(f"/p/{token}"))["body"]
    body: dict[str, Any] = ses_event("good-bounced.json")
    played.messages("record_delivery_event", [json.dumps(body)])
    said = {"legal_entity": INC, "reason": "they called", "account": "UA"}
    played.ask("note_collection", {**said, "verdict": "reachable", "address": "ap@ua.example"}, "ana", account="UA")
    revoked = {"legal_entity": INC, "verdict": "unlinked", "numbers": [released.number], "reason": "sent to another"}
    played.ask("note_collection", revoked, "ana", account=released.account)
    assert played.call("serve_customer_page", call_event(f"/p/{token}"))["statusCode"] == 404


def open_invoice(ports: Composition) -> Released:
    """Return an invoice of which something is open and nothing disputed."""
    receivables = ports.cash_sources().receivables(INC)
    for facts in chain.from_iterable(ports.register.of_period(INC, month) for month in MONTHS):
        item = receivables.item(str(facts.id)) if facts.released and not facts.id.is_credit else None
        if item is None or item.account == CHARGED or item.open.amount <= 0:
            continue
        disputes = ports.dispute_book.of_account(INC, item.account)
        if not any(state.opened.number == item.number for state in disputes):
            assert facts.released is not None
            return facts.released
    message = "no invoice is open"
    raise AssertionError(message)


def linked(pages: CustomerPages, released: Released, played: Collected) -> str:
    """Give a link to a document, as a mail has it."""
    return pages.give_link(released, played.ports("deliver_invoice").register)
