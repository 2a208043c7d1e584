"""Every document of random nights keeps the rules of EN 16931 in both syntaxes, or names the term that it has not got.

Three customers in Europe are billed for three months: events come late, are corrected and taken back, so lines adjust
earlier ones, amounts are below zero, and invoices come to nothing; one invoice is credited in part.
"""

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from billproof.adapters.einvoice.making import xml_of
from billproof.adapters.einvoice.rules import broken_rules
from billproof.errors import NotExpressible
from billproof.invoicing.credit_requests import LineCredit
from billproof.invoicing.model import Invoice, Released
from billproof.masterdata.documents import DocumentForm
from tests.support.levels import LEVEL, SEED
from tests.support.nights import MONTHS, RUN_DAYS
from tests.support.world import EUROPE, World, flight

ACCOUNTS = ("US", "DL", "AA")
FORMS = (DocumentForm.UBL, DocumentForm.FACTUR_X)
Event = tuple[int, str, str, str, str]

EVENTS = st.lists(
    st.tuples(
        st.integers(1, 60),
        st.sampled_from(ACCOUNTS),
        st.sampled_from(("2013-01-05", "2013-01-31", "2013-02-01", "2013-02-10", "2013-03-03")),
        st.sampled_from(MONTHS),
        st.sampled_from(("", "corrects", "retracts")),
    ),
    max_size=25,
)


def event_of(number: int, account: str, day: str, kind: str) -> dict[str, Any]:
    event = flight(number, account=account, day=day)
    if kind == "corrects":
        return {**event, "id": f"{event['id']}:2", "corrects": event["id"]}
    if kind == "retracts":
        return {**event, "id": f"{event['id']}:x", "retracts": event["id"], "data": {}}
    return event


def documents_of(events: list[Event], percent: int) -> list[tuple[Invoice, Released]]:
    """Bill the months, credit a part of an invoice, and return every document that was released."""
    world = World()
    for month in MONTHS:
        world.moment = RUN_DAYS[month]
        told = [
            event_of(number, account, day, kind)
            for number, account, day, written_in, kind in events
            if written_in == month and RUN_DAYS[month].date().isoformat() >= day
        ]
        world.ingest(told)
        world.bill(EUROPE, month)
        world.approve_all(EUROPE, month)
    invoice = world.invoice(f"{EUROPE}.{MONTHS[0]}.US")
    largest = max(invoice.lines, key=lambda line: line.amounts.net.amount)
    part = largest.amounts.net.amount * percent / 100
    world.credit_and_approve(invoice.id, lines=(LineCredit(line=largest.priced.id, amount=Decimal(f"{part:.2f}")),))
    released = [facts.released for month in MONTHS for facts in world.register.of_period(EUROPE, month)]
    return [(world.invoice(one.invoice), one) for one in released if one is not None]


@seed(SEED)
@settings(max_examples=4 * LEVEL, deadline=None, suppress_health_check=list(HealthCheck))
@given(events=EVENTS, percent=st.integers(1, 100))
def test_every_document_of_random_nights_keeps_the_rules_of_the_norm(events: list[Event], percent: int) -> None:
    documents = documents_of(events, percent)
    assert len(documents) >= len(MONTHS) * len(ACCOUNTS)
    written = unnamed = 0
    for invoice, released in documents:
        for form in FORMS:
            try:
                xml = xml_of(invoice, released, form)
            except NotExpressible as error:
                unnamed += not error.details["term"].startswith("BT-")
                continue
            written += 1
            assert broken_rules(xml, form) == {}, (invoice.id, form)
    assert (written > 0, unnamed) == (True, 0)
