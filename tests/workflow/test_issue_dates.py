"""An invoice is issued on the day of its release: due from then, numbered after those before, taxed as on that day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from billproof.approvals.policy import Policy
from billproof.errors import IssuedLater
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.model import Released
from billproof.invoicing.series import Series
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.parties import Account, LegalEntity
from billproof.periods import Period
from billproof.pipeline.months import sign_off_month
from billproof.proof.service import prove_run
from tests.support.dollars import US, world_in_dollars
from tests.support.exchange_rates import rate
from tests.support.issued import (
    NOV,
    approve,
    entry_of,
    in_order,
    on,
    proved,
    publish_contract,
    release,
    world_of,
)
from tests.support.taxes import customer
from tests.support.world import EUROPE, GRACE, INC, World


def test_an_invoice_that_is_approved_later_is_issued_and_due_from_then() -> None:
    world = world_of("DE")
    world.bill(period=NOV)
    assert approve(world, "2010-12-20") == "released SKY-US-2010-000002"
    released, invoice = release(world, "A")
    assert (released.issue_date, invoice.issue_date, invoice.due_date) == (
        date(2010, 12, 20),
        date(2010, 12, 20),
        date(2011, 1, 19),
    )
    (line,) = invoice.lines
    assert (line.priced.service_period.name, line.determination.tax_point) == (NOV, date(2010, 11, 30))
    assert proved(world, f"{INC}-{NOV}-001", f"{INC}.{NOV}.A")
    assert entry_of(world, released.number).document_date == date(2010, 12, 20)
    assert world.reconcile(period=NOV).variances == ()


def test_a_month_that_is_run_again_leaves_what_was_issued_later_as_it_is() -> None:
    world = world_of("GB")
    world.bill(period=NOV)
    approve(world, "2010-12-20")
    assert world.bill(period=NOV).changed_after_release == 0
    assert proved(world, f"{INC}-{NOV}-002", f"{INC}.{NOV}.A")


def test_the_tax_point_of_the_united_kingdom_is_the_day_of_release() -> None:
    world = world_of("GB")
    world.bill(period=NOV)
    approve(world, "2010-12-20")
    _, invoice = release(world, "A")
    assert [(line.determination.tax_point, line.amounts.tax.text) for line in invoice.lines] == [
        (date(2010, 12, 20), "175.00")
    ]
    assert proved(world, f"{INC}-{NOV}-001", f"{INC}.{NOV}.A")


def test_a_rate_that_changed_since_the_draft_is_never_billed_unseen() -> None:
    """British VAT is 17.5 % until 3 January 2011, then 20 %: the approved 1,175.00 is not what is due."""
    world = world_of("GB")
    world.bill(period=NOV)
    said = approve(world, "2011-02-10")
    assert said.startswith("outdated issued on 2011-02-10, its tax is no longer the drafted one")
    assert said.endswith("line fee:2010-11 bears 200.00 GBP (20 %), drafted 175.00 GBP (17.5 %)")
    assert world.register.released(f"{INC}.{NOV}.A") is None
    again = world.exception_store.state(f"{INC}.{NOV}.A.001-01")  # people see that their approval came to nothing
    assert (again.status, [finding.code for finding in again.opened.findings]) == ("open", ["tax_changed_since_draft"])
    assert world.wait(again.opened.id, "t1").told == ("ben",)
    assert world.decide(again.opened.id, "approved", "ben").refusal == "nothing_to_release"
    world.bill(period=NOV)  # drafted for the day of this run
    assert world.wait(again.opened.id, "t2").outcome == "superseded"
    assert approve(world, "2011-02-12") == "released SKY-US-2011-000001"
    released, invoice = release(world, "A")
    assert (released.issue_date, invoice.totals.gross.text) == (date(2011, 2, 12), "1200.00")
    assert proved(world, f"{INC}-{NOV}-002", f"{INC}.{NOV}.A")


def test_an_approval_that_came_to_nothing_never_releases_anything() -> None:
    """Its message comes again on a day on which the tax would be what was approved."""
    world = world_of("GB")
    world.bill(period=NOV)
    first = approve(world, "2011-02-10")
    on(world, "2010-12-20")
    applied = world.apply(f"{INC}.{NOV}.A.001")
    assert f"{applied.outcome} {applied.reason}" == first
    assert world.register.released(f"{INC}.{NOV}.A") is None


def test_a_german_invoice_keeps_the_rate_of_its_supply_whenever_it_is_released() -> None:
    world = world_of("DE")
    world.bill(period=NOV)
    assert approve(world, "2021-02-10") == "released SKY-US-2021-000001"
    assert release(world, "A")[1].totals.tax.text == "190.00"


def test_a_customer_that_moved_meanwhile_is_not_taxed_as_before() -> None:
    world = world_of("GB")
    world.bill(period=NOV)
    moved = customer("FR", id="A", legal_entity=INC, version=2).model_dump(mode="json")
    earlier = {"until": "2010-12-10", **world.directory.account("A").model_dump(mode="json")}  # type: ignore[union-attr]
    earlier = {name: earlier[name] for name in ("until", "address", "customer_kind", "vat_number")}
    world.publish(Account.model_validate({**moved, "earlier": [earlier]}))
    assert approve(world, "2010-12-20").startswith("outdated issued on 2010-12-20, its tax is no longer the drafted")


def test_what_a_run_releases_after_a_later_number_is_issued_on_that_day() -> None:
    world = world_of("GB")
    world.bill(period=NOV)
    approve(world, "2010-12-20")
    world.publish(customer("GB", id="C", legal_entity=INC))
    publish_contract(world, "C", "100")
    on(world, "2010-12-22")
    assert world.bill(period=NOV).released == 1
    assert in_order(world, 2010) == [date(2010, 12, 1), date(2010, 12, 20), date(2010, 12, 22)]
    assert proved(world, f"{INC}-{NOV}-002", f"{INC}.{NOV}.C")


def test_what_a_run_may_not_issue_on_a_later_day_is_held() -> None:
    world = world_of("GB")
    world.bill(period=NOV)
    on(world, "2011-01-03")
    world.bill(period="2010-12")
    on(world, "2011-01-10")
    world.bill(period="2010-12")
    approve(world, "2011-01-10", "2010-12")
    world.publish(customer("GB", id="C", legal_entity=INC))
    publish_contract(world, "C", "100")
    on(world, "2011-01-12")
    world.bill(period="2010-12")
    assert in_order(world, 2011)[-1] == date(2011, 1, 10)
    held = world.register.facts(f"{INC}.2010-12.C")
    assert held is not None
    assert held.held is not None
    blocking = [finding.code for finding in held.held.findings if finding.severity == "blocking"]
    assert blocking == ["tax_changed_since_draft"]
    world.bill(period="2010-12")
    released, invoice = release(world, "C", "2010-12")
    assert (released.issue_date, invoice.totals.tax.text) == (date(2011, 1, 12), "20.00")


def test_a_month_that_is_signed_off_takes_no_document() -> None:
    """November is billed first in February, when the month of 1 December is signed off."""
    world = world_of("DE", accounts=("B",))
    on(world, "2011-01-03")
    world.bill(period="2010-12")
    sign_off_month(
        legal_entity=INC,
        period="2010-12",
        signed_by="carla",
        records=world.runs,
        decisions=world.records["decisions"],
        register=world.register,
        directory=world.directory,
        now=world.now(),
        grace=GRACE,
    )
    on(world, "2011-02-03")
    world.bill(period=NOV)
    released, invoice = release(world, "B")
    assert (released.issue_date, invoice.due_date) == (date(2011, 2, 3), date(2011, 3, 5))
    assert proved(world, f"{INC}-{NOV}-001", f"{INC}.{NOV}.B")


def test_of_two_releases_over_midnight_the_second_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of one says 30 November; the other takes a number of 1 December while the first one writes."""
    world = world_of("GB", fee="100")
    world.publish(*(customer("GB", id=name, legal_entity=INC) for name in "CD"))
    released = world.register.released
    world.bill(period=NOV)
    ref = released(f"{INC}.{NOV}.A")
    assert ref is not None

    def take(account: str, day: date) -> Released:
        candidate = Candidate(f"{INC}.{NOV}.{account}", ref.document)
        series = Series(entity=INC, prefix="SKY-US", issue_date=day)
        return world.register.release([candidate], series=series, period=Period.month(NOV), run="r")[candidate.invoice]

    create = world.records["invoices"].create_all

    def while_another_releases(records: Any) -> bool:
        monkeypatch.undo()
        take("D", date(2010, 12, 3))
        return create(records)

    monkeypatch.setattr(world.records["invoices"], "create_all", while_another_releases)
    with pytest.raises(IssuedLater, match="SKY-US-2010 has a number of 2010-12-03") as refused:
        take("C", date(2010, 12, 2))
    assert take("C", refused.value.day).issue_date == date(2010, 12, 3)
    assert in_order(world, 2010) == [date(2010, 12, 1)] * 2 + [date(2010, 12, 3)] * 2


def test_what_a_batch_released_before_a_later_number_came_stays_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first part is released; then another takes a number of 10 January, when the tax is another one."""
    world = world_of("GB", fee="100")
    on(world, "2011-01-03")
    release_whole = world.register.release

    def and_another_releases(*arguments: Any, **named: Any) -> dict[str, Released]:
        monkeypatch.undo()
        release_whole(*arguments, **named)
        message = "the series has a later number"
        raise IssuedLater(message, day=date(2011, 1, 10))

    monkeypatch.setattr(world.register, "release", and_another_releases)
    statement = world.bill(period="2010-12")
    facts = world.register.facts(f"{INC}.2010-12.A")
    assert facts is not None
    assert facts.released is not None
    assert (statement.released, statement.held, facts.held) == (2, 0, None)
    assert facts.released.document.totals.tax.text == "17.50"


def held_in_dollars(*rates: ExchangeRate) -> World:
    world = world_in_dollars(*rates)
    policy = world.directory.policy(EUROPE).model_dump(mode="json")
    limits = {"version": policy["version"] + 1, "thresholds": {"invoice_limit": {"USD": "1"}}}
    world.publish(Policy.model_validate(policy | limits))
    world.bill(EUROPE)
    return world


def test_the_books_take_the_exchange_rate_of_the_day_of_release() -> None:
    world = held_in_dollars(rate(), rate("1.2000", "2013-03-28"))
    world.moment = datetime(2013, 3, 30, tzinfo=UTC)
    assert world.approve_all(EUROPE)
    invoice = world.invoice(US)
    assert (invoice.issue_date, invoice.exchange) == (date(2013, 3, 30), rate("1.2000", "2013-03-28"))
    world.post_all(EUROPE)
    proof = prove_run(f"{EUROPE}-2013-01-001", stores=world.stores())
    assert proof.holds, proof.differences


def test_without_a_rate_of_the_day_of_release_nothing_is_issued() -> None:
    world = held_in_dollars(rate())
    world.moment = datetime(2013, 3, 30, tzinfo=UTC)
    (state,) = [each for each in world.exception_store.of_period(EUROPE, "2013-01") if each.opened.subject == "US"]
    world.decide(state.opened.id, "approved", "ben")
    applied = world.apply(state.opened.id)
    assert (applied.outcome, applied.reason) == ("outdated", "no rate of USD is published for 2013-03-30")


def test_a_credit_note_is_issued_on_the_day_of_its_release() -> None:
    world = world_of("GB")
    world.bill(period=NOV)
    asked = world.credit(f"{INC}.{NOV}.B")
    on(world, "2011-02-10")
    world.decide(asked.exception, "approved", "ben")
    world.apply(asked.exception)
    note = world.invoice(asked.document)
    assert (note.issue_date, note.totals.tax.text) == (date(2011, 2, 10), "-17.50")  # the tax of its invoice
    released = world.register.released(asked.document)
    assert released is not None
    assert (released.number, released.issue_date) == ("SKY-US-CN-2011-000001", date(2011, 2, 10))


def test_what_is_issued_later_books_what_was_earned_by_then() -> None:
    """A quarter of 900.00 from January, issued in March: 59 of 90 days are earned by then, March is deferred."""
    world = world_of("DE", accounts=())
    world.publish(customer("DE", id="A", legal_entity=INC))
    publish_contract(world, "A", "900", cadence={"interval": "quarter"}, timing="in_advance")
    on(world, "2011-01-03")
    world.bill(period="2010-12")
    approve(world, "2011-03-10", "2010-12")
    released, _ = release(world, "A", "2010-12")
    world.post(released.invoice)
    entry = entry_of(world, released.number)
    chart = world.directory.legal_entity(INC).chart_of_accounts
    booked = entry.on(chart.revenue_of("platform")), entry.on(chart.deferred_revenue)
    assert [amount.text for amount in booked] == ["-590.00", "-310.00"]
    assert [list(world.register.deferred(INC, month)) for month in ("2011-02", "2011-03")] == [[], [released.invoice]]


def test_a_legal_entity_issues_by_its_own_clock() -> None:
    world = world_of("GB", accounts=("A",))
    entity = world.directory.legal_entity(INC).model_dump(mode="json")
    world.publish(LegalEntity.model_validate({**entity, "version": 2, "time_zone": "Pacific/Auckland"}))
    world.moment = datetime(2010, 12, 3, tzinfo=UTC)
    world.bill(period=NOV)
    world.moment = datetime(2010, 12, 19, 12, tzinfo=UTC)  # the 20th in Auckland
    (state,) = world.exception_store.of_period(INC, NOV)
    world.decide(state.opened.id, "approved", "ben")
    assert world.apply(state.opened.id).outcome == "released"
    assert release(world, "A")[0].issue_date == date(2010, 12, 20)
