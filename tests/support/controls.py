"""Terms and lines of a billed account, to change by hand, and what the controls find in them."""

from datetime import UTC, datetime
from typing import Any

from billproof.contracts.model import Contract
from billproof.controls.service import findings_of
from billproof.findings import Finding, Severity, is_blocked
from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, Artefacts
from billproof.pipeline.model import RunStatement
from billproof.pricing.model import AccountPricing, PricedLine
from billproof.pricing.terms import AccountTerms, BatchPlan
from tests.support.world import INC, World

FEBRUARY = datetime(2013, 3, 2, 12, tzinfo=UTC)

BilledAccount = tuple[AccountTerms, AccountPricing, BatchPlan]


def read(world: World, account: str, run: str = f"{INC}-2013-01-001") -> BilledAccount:
    artefacts = Artefacts(world.objects)
    plan = artefacts.read(BATCH_PLAN, run, "0000-0000")
    pricing = artefacts.read(PRICED, run, "0000-0000")
    position = next(number for number, terms in enumerate(plan.accounts) if terms.account.id == account)
    return plan.accounts[position], pricing.accounts[position], plan


def found_in(terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, lines: list[PricedLine]) -> list[Finding]:
    assert pricing.priced is not None
    priced = pricing.priced.model_copy(update={"lines": tuple(lines)})
    found = findings_of(terms, pricing.model_copy(update={"priced": priced}), plan=plan)
    assert all(finding.remedy and finding.message for finding in found)
    assert is_blocked(found) == any(finding.severity is Severity.BLOCKING for finding in found)
    return list(found)


def codes(
    terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, lines: list[PricedLine]
) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in found_in(terms, pricing, plan, lines)]


def publish(world: World, account: str, **changes: Any) -> None:
    """Publish the next version of an account's contract; `charges` changes or adds charges by id."""
    contract = world.directory.contracts(account)[-1]
    terms = contract.model_dump(mode="json")
    by_id = {charge["id"]: charge for charge in terms["charges"]}
    for name, change in changes.pop("charges", {}).items():
        by_id[name] = {**by_id.get(name, {"id": name}), **change}
    terms |= {"version": contract.version + 1, "charges": list(by_id.values()), **changes}
    world.publish(Contract.model_validate(terms))


def findings(statement: RunStatement, account: str) -> dict[str, Finding]:
    return {finding.code: finding for finding in statement.findings if finding.account == account}


def lines_of(pricing: AccountPricing) -> list[PricedLine]:
    assert pricing.priced is not None
    return list(pricing.priced.lines)
