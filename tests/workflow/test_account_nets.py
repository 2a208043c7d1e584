"""One account's nonsense holds its own invoice: every other account of the run is billed, posted and delivered."""

import pkgutil
import re
from collections.abc import Callable
from typing import Any

import pytest

from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.controls.service import findings_of as controls
from billproof.errors import ExternalServiceUnavailable, TooMuchTrouble
from billproof.findings import MORE, MOST_IN_FACT, Finding, Owner, Severity, bounded
from billproof.ids import canonical_json
from billproof.invoicing.held import HeldInvoice
from billproof.nets import INTERNAL_ERROR, begin
from billproof.pipeline.model import RunStatement
from billproof.ports import Key
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from tests.support.charges import NOTHING_COMES_OFF, charge, fee, miles
from tests.support.dollars import US, world_in_dollars
from tests.support.exchange_rates import rate
from tests.support.late_usage import FEB, RUN_DAYS
from tests.support.world import EUROPE, INC, JANUARY, World, flight

NINES = "9" * 23
OTHERS = ("B6", "EV", "9E")
TROUBLED = "UA"


def world_with(*charges: dict[str, Any], **terms: Any) -> World:
    """Four accounts, of which one has these charges."""
    world = World(accounts={TROUBLED, *OTHERS})
    (contract,) = world.directory.contracts(TROUBLED)
    changes = {"version": 2, "charges": list(charges), **NOTHING_COMES_OFF, **terms}
    world.publish(Contract.model_validate(contract.model_dump(mode="json") | changes))
    world.hold_for_no_amount()
    world.ingest(flight(number, account=account) for number, account in enumerate((TROUBLED, *OTHERS)))
    return world


def findings_of(statement: RunStatement, account: str = TROUBLED) -> list[Finding]:
    return [finding for finding in statement.findings if finding.account == account]


def released(world: World, entity: str = INC, period: str = JANUARY) -> set[str]:
    return {facts.account for facts in world.register.of_period(entity, period) if facts.released is not None}


def handed_over(world: World) -> set[str]:
    return {account for account in (TROUBLED, *OTHERS) if all(account in str(q.bodies) for q in queues(world))}


def queues(world: World) -> list[Any]:
    return [world.postings, world.deliveries]


def uplifted(start: str) -> dict[str, Any]:
    renewal = {"renews_on": start, "uplift_percent": "1000", "automatic": True, "term_months": 1}
    return {"effective": {"start": "1899-12-01"}, "renewal": renewal}


CASES: dict[str, Callable[[], World]] = {
    "two charges at 23 digits": lambda: world_with(fee(NINES), fee(NINES) | {"id": "other"}),
    "a charge at 23 digits": lambda: world_with(fee(NINES)),
    "23 nines at a price of 1": lambda: world_with(miles("1"), fee("1")),
    "23 nines at a price of 23 nines": lambda: world_with(miles(NINES), fee("1")),
    "1,000 % a month since 1900": lambda: world_with(
        charge("fee", {"model": "flat", "amount": "1"}, effective={"start": "1900-01-01"}), **uplifted("1900-01-01")
    ),
    "a percentage with a fee of 23 digits": lambda: world_with(
        charge("cut", {"model": "percentage", "percent": "3", "fixed_fee": NINES}, meter="miles_tracked")
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_computed_holds_its_own_invoice_alone(case: str) -> None:
    world = CASES[case]()
    if "23 nines" in case:
        world.ingest([flight(77, account=TROUBLED, data={"distance": NINES})])
    statement = world.bill()
    assert released(world) >= set(OTHERS)
    assert handed_over(world) >= set(OTHERS)
    assert TROUBLED not in released(world)
    assert {finding.severity.value for finding in findings_of(statement)} >= {"blocking"}
    proof = prove_run(statement.run, stores=world.stores())
    assert {difference.kind for difference in proof.differences} <= {DifferenceKind.NOT_POSTED}
    assert balance_run(statement.run, stores=world.stores()).balances


def test_a_rate_of_twenty_three_digits_holds_the_invoices_of_its_currency_alone() -> None:
    world = world_in_dollars(rate("9" + "0" * 22, pair="USD-EUR"))
    statement = world.bill(EUROPE)
    assert world.register.released(US) is None
    account = US.rpartition(".")[2]
    assert [finding.severity.value for finding in findings_of(statement, account)][:1] == ["blocking"]
    assert released(world, EUROPE)


STEPS = {
    "plan_billing_run": "billproof.pipeline.account_planner:AccountPlanner._plan",
    "price_usage": "billproof.pipeline.steps.price_usage:price_terms",
    "validate_pricing": "billproof.pipeline.steps.validate_pricing:findings_of",
    "calculate_tax": "billproof.pipeline.steps.calculate_tax:tax_account",
    "draft_invoices": "billproof.pipeline.steps.draft_invoices:draft_account",
    "release_invoices": "billproof.invoicing.register:Register.balance_change",
}


def breaking(target: str, error: Exception, accounts: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step's work raise for some accounts."""
    known = pkgutil.resolve_name(target)
    names = "|".join(accounts)
    mine = re.compile(rf"id='({names})'|\.({names})\b")

    def work(*args: Any, **kwargs: Any) -> Any:
        if any(mine.search(repr(arg)) for arg in args):
            raise error
        return known(*args, **kwargs)

    monkeypatch.setattr(target.replace(":", "."), work)


@pytest.mark.parametrize("step", STEPS)
def test_whatever_an_account_raises_in_a_step_is_its_own_finding(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(accounts={TROUBLED, *OTHERS})
    world.ingest(flight(number, account=account) for number, account in enumerate((TROUBLED, *OTHERS)))
    call = begin("1-6926-trace")
    with monkeypatch.context() as broken:
        breaking(STEPS[step], KeyError("secret"), {TROUBLED}, broken)
        statement = world.bill()
    codes = {finding.code: finding for finding in findings_of(statement)} | {
        finding.code: finding for finding in held(world)
    }
    assert codes[INTERNAL_ERROR].message == f"{step} raised KeyError, trace 1-6926-trace"
    assert [type(error) for error in call.caught] == [KeyError]
    assert released(world) == set(OTHERS)
    assert handed_over(world) == set(OTHERS)
    assert world.exceptions.executions
    world.bill()
    assert released(world) == {TROUBLED, *OTHERS}


def held(world: World) -> tuple[Finding, ...]:
    fact = world.register.held(f"{INC}.{JANUARY}.{TROUBLED}", f"{INC}-{JANUARY}-001")
    return fact.findings if fact else ()


@pytest.mark.parametrize("step", STEPS)
def test_a_step_with_too_many_accounts_in_trouble_fails_on_purpose(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    accounts = sorted(world.directory.members(INC))
    with monkeypatch.context() as broken:
        breaking(STEPS[step], KeyError("x"), set(accounts[:5]), broken)  # 5 of 13 are more than 20 %
        with pytest.raises(TooMuchTrouble, match=rf"{step}: 5 of 13 accounts raise KeyError"):
            world.bill()
    world = World()
    breaking(STEPS[step], KeyError("x"), set(accounts[:4]), monkeypatch)  # fewer than 5 are their own trouble
    world.bill()
    assert released(world) == set(accounts[4:])


def test_trouble_in_raising_an_exception_is_an_exception_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is never held unseen: its exception says what went wrong, and nobody can approve it."""
    world = World(accounts={"UA", "B6"})
    world.publish(world.directory.contracts("UA")[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, type="flight.cancelled"), flight(2, account="B6")])

    def fail(held: HeldInvoice, *_: object, **__: object) -> bool:
        raise KeyError(held.document)

    monkeypatch.setattr("billproof.approvals.raising._can_be_approved", fail)
    world.bill()
    (state,) = world.exception_store.of_period(INC, JANUARY)
    assert (state.opened.subject, state.opened.can_approve, state.opened.amount) == ("UA", False, None)
    assert [finding.code for finding in state.opened.findings] == ["internal_error"]
    assert world.register.released(f"{INC}.{JANUARY}.B6") is not None


def test_a_fault_of_the_outside_is_for_the_workflow_to_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(accounts={TROUBLED})
    breaking(STEPS["calculate_tax"], ExternalServiceUnavailable("the engine is down"), {TROUBLED}, monkeypatch)
    with pytest.raises(ExternalServiceUnavailable):
        world.bill()


def test_a_byte_appended_to_a_document_of_january_holds_that_account_alone_in_february() -> None:
    world = World(accounts={TROUBLED, *OTHERS})
    world.hold_for_no_amount()
    world.ingest(flight(number, account=account) for number, account in enumerate((TROUBLED, *OTHERS)))
    world.bill()
    assert released(world) == {TROUBLED, *OTHERS}
    document = world.register.released(f"{INC}.{JANUARY}.{TROUBLED}")
    assert document is not None
    world.objects.items[document.document.key] += b" "
    world.moment = RUN_DAYS[FEB]
    statement = world.bill(period=FEB)
    (finding,) = [finding for finding in findings_of(statement) if finding.code == INTERNAL_ERROR]
    assert "ImmutableDocument" in finding.message
    assert released(world, period=FEB) == set(OTHERS), statement.findings
    world.objects.items[document.document.key] = world.objects.items[document.document.key][:-1]
    world.bill(period=FEB)
    assert released(world, period=FEB) == {TROUBLED, *OTHERS}


@pytest.mark.parametrize("sort", ["profile#v000001", "contract#UA-2013#v000001"])
def test_master_data_that_no_longer_reads_holds_its_account_alone(sort: str) -> None:
    world = World(accounts={TROUBLED, *OTHERS})
    world.ingest(flight(number, account=account) for number, account in enumerate((TROUBLED, *OTHERS)))
    key, items = Key("account#UA", sort), world.records["contracts"].items
    items[key] = {**items[key], "surprise": "?"}
    statement = world.bill()
    assert [finding.code for finding in findings_of(statement) if finding.code == INTERNAL_ERROR] == [INTERNAL_ERROR]
    assert released(world) == set(OTHERS)
    assert statement.events.copies == 1 + len(OTHERS)


def test_many_findings_are_counted_in_the_fact_and_whole_in_the_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    def many(terms: Any, pricing: Any, *, plan: Any) -> tuple[Finding, ...]:
        own = controls(terms, pricing, plan=plan)
        if terms.account.id != TROUBLED:
            return own
        one = Finding(
            code="orphan_usage",
            severity=Severity.BLOCKING,
            account=TROUBLED,
            path="usage",
            message="x" * 300,
            remedy="none",
            owner=Owner.BILLING,
        )
        return (*own, *(one.model_copy(update={"path": f"usage/{n}"}) for n in range(1_600)))

    monkeypatch.setattr("billproof.pipeline.steps.validate_pricing.findings_of", many)
    world = World(accounts={TROUBLED, *OTHERS})
    world.ingest(flight(number, account=account) for number, account in enumerate((TROUBLED, *OTHERS)))
    statement = world.bill()
    assert len(findings_of(statement)) >= 1_600
    assert handed_over(world) == set(OTHERS)
    fact = held(world)
    assert len(fact) == MOST_IN_FACT + 1
    assert (fact[-1].code, "1600 orphan_usage" in fact[-1].message) == (MORE, True)
    (exception,) = world.exception_store.of_subject(INC, JANUARY, TROUBLED)
    assert len(exception.opened.findings) == MOST_IN_FACT + 1


def test_findings_in_letters_of_four_bytes_fit_into_a_record() -> None:
    """What a source calls itself is in messages and paths: fifty such findings were more than DynamoDB takes."""
    text = "🦄" * 15_000
    found = Finding(
        code="usage_missing",
        severity=Severity.BLOCKING,
        account="",
        path=text,
        message=text,
        remedy="none",
        owner=Owner.ENGINEERING,
    )
    kept = bounded([found] * 60)
    assert len(kept) == MOST_IN_FACT + 1
    assert len(canonical_json([finding.model_dump(mode="json") for finding in kept])) < 200_000
    assert {finding.message for finding in kept[:-1]} == {"🦄" * 250}
