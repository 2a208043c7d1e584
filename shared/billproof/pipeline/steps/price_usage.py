"""Pricing a batch."""

from billproof.nets import Net
from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.pipeline.usages import read_usages
from billproof.ports import Objects
from billproof.pricing.model import AccountPricing, BatchPricing
from billproof.pricing.service import price_terms, unpriced
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.usage.windows import Usages


def price_usage(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Price every account of the batch from its frozen terms and its usage, and write the lines."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    usages = read_usages(artefacts, run_id, batch_id, plan.buckets)
    net = Net("price_usage")
    accounts = tuple(price_one(net, terms, plan, usages) for terms in plan.accounts)
    net.refuse_too_much(plan.policy.thresholds.trouble, len(accounts))
    pricing = BatchPricing(run=run_id, batch=batch_id, accounts=accounts)
    artefacts.write(PRICED, run_id, pricing, part=batch_id)
    findings = sum(len(account.findings) for account in accounts)
    return step_result(run_id, batch_id, StepOutcome.PRICED, accounts=len(accounts), findings=findings)


def price_one(net: Net, terms: AccountTerms, plan: BatchPlan, usages: Usages) -> AccountPricing:
    """Price one account inside a net; a proof does the same again."""
    return net.catch(
        terms.account.id,
        lambda: price_terms(terms, plan=plan, usages=usages),
        lambda finding: unpriced(terms, (*terms.findings, finding), plan=plan, usages=usages),
    )
