"""One document's trouble is its own: every other one is reconciled, its revenue recognised, and the run closed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.erp.recognition import recognize_revenue
from billproof.errors import PostingRejected, TooMuchTrouble
from billproof.findings import Finding
from billproof.identities import InvoiceId
from billproof.invoicing.facts import RELEASED, fact_key
from billproof.nets import INTERNAL_ERROR, begin
from billproof.periods import Period
from billproof.reconciliation.model import Cause
from billproof.reconciliation.service import reconcile_all
from tests.support.charges import charge
from tests.support.world import INC, JANUARY, World, flight

ACCOUNTS = ("UA", "B6", "EV", "9E", "MQ", "WN")
UA = f"{INC}.{JANUARY}.UA"
FEB = "2013-02"


@pytest.fixture
def world() -> World:
    """Accounts that pay a year in advance; their invoices of January are posted."""
    begin("1-6926-trace")
    world = World(accounts=set(ACCOUNTS))
    year = charge("year", {"model": "flat", "amount": "3650"}, timing="in_advance", cadence={"interval": "year"})
    for account in ACCOUNTS:
        (contract,) = world.directory.contracts(account)
        changes = {"version": 2, "charges": [year], "discounts": [], "commitments": [], "credits": [], "exclusions": []}
        world.publish(type(contract).model_validate(contract.model_dump(mode="json") | changes))
    world.bill()
    world.approve_all()
    world.post_all()
    return world


def break_document(world: World, invoice: str = UA) -> None:
    released = world.register.released(invoice)
    assert released is not None
    world.objects.items[released.document.key] += b" "


def break_release(world: World, invoice: str = UA) -> None:
    key = fact_key(InvoiceId.parse(invoice), RELEASED)
    items = world.records["invoices"].items
    items[key] = {**items[key], "surprise": "?"}


def everything(world: World) -> dict[str, Any]:
    return {
        "legal_entity": INC,
        "now": datetime(2013, 5, 3, 7, tzinfo=UTC),
        "directory": world.directory,
        "register": world.register,
        "objects": world.objects,
        "erps": world.erps,
    }


def test_a_release_that_no_longer_reads_is_its_own_variance(world: World) -> None:
    break_release(world)
    result = world.reconcile()
    (trouble,) = [variance for variance in result.variances if variance.cause is Cause.INTERNAL_ERROR]
    assert (trouble.invoice, "ValidationError, trace 1-6926-trace" in trouble.remedy) == (UA, True)
    assert result.invoices == len(ACCOUNTS) - 1
    assert {variance.invoice for variance in result.variances if variance.invoice} == {UA}


def test_reconciliation_fails_on_purpose_where_too_many_documents_raise_and_keeps_its_result(world: World) -> None:
    for account in ACCOUNTS[:5]:
        break_release(world, f"{INC}.{JANUARY}.{account}")
    with pytest.raises(TooMuchTrouble, match="5 of 6 accounts raise ValidationError"):
        world.reconcile()
    assert list(world.objects.keys("reconciliation/"))


def test_one_month_that_fails_stops_no_other_month_s_reconciliation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in ACCOUNTS[:5]:
        break_release(world, f"{INC}.{JANUARY}.{account}")
    monkeypatch.setattr(
        "billproof.reconciliation.service._last_months",
        lambda *_: [Period.month(JANUARY), Period.month(FEB)],
    )
    with pytest.raises(ExceptionGroup, match="1 of 2 failed, the others are done"):
        reconcile_all(
            legal_entity=INC,
            period=None,
            now=datetime(2013, 5, 3, 7, tzinfo=UTC),
            sources=world.reconciliation_sources(),
        )
    assert f"reconciliation/{INC}/{FEB}.json" in set(world.objects.keys("reconciliation/"))


def revenue_entries(world: World, month: str) -> int:
    posted = world.ledger.of_period(INC, Period.month(month))
    return sum(document.external_reference.endswith(f"-R-{month}") for document in posted)


@pytest.mark.parametrize("break_one", [break_document, break_release])
def test_a_document_that_no_longer_reads_stops_no_other_document_s_revenue(world: World, break_one: Any) -> None:
    break_one(world)
    with pytest.raises(PostingRejected, match=rf"1 of 6 revenue entries of {FEB} were rejected: {UA}: recognize_reven"):
        world.recognize(FEB)
    assert revenue_entries(world, FEB) == len(ACCOUNTS) - 1


def test_what_is_rejected_of_one_month_stops_no_later_month(world: World) -> None:
    break_document(world)
    with pytest.raises(PostingRejected, match=r"2013-02 were rejected.*2013-03 were rejected.*2013-04 were"):
        recognize_revenue(month=None, **everything(world))
    assert {revenue_entries(world, month) for month in (FEB, "2013-03", "2013-04")} == {len(ACCOUNTS) - 1}


def test_an_estimate_that_raises_is_the_finding_of_its_place_and_the_run_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin("1-6926-trace")
    world = World(accounts={"UA", "B6"})
    world.ingest([flight(n, account=account, data={"distance": "-1"}) for n, account in enumerate(("UA", "B6"))])

    def worth(terms: Any, *_: Any, **__: Any) -> None:
        if terms.account.id == "UA":
            raise KeyError("x")

    monkeypatch.setattr("billproof.pipeline.quarantine.worth_of_events", worth)
    statement = world.bill()
    troubles: list[Finding] = [finding for finding in statement.findings if finding.code == INTERNAL_ERROR]
    assert [(finding.account, finding.message) for finding in troubles] == [
        ("UA", "close_billing_run raised KeyError, trace 1-6926-trace")
    ]
    assert {place.place for place in statement.quarantine} == {"UA", "B6"}
