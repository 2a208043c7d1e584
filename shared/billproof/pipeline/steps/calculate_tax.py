"""Tax on the lines of a batch."""

from collections.abc import Mapping

from billproof.nets import Net
from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, TAXED, Artefacts
from billproof.pipeline.charges import read_charges
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.ports import Objects
from billproof.pricing.model import AccountPricing, LineIdentity
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.tax.charged import AccountCharges
from billproof.tax.model import AccountTax, BatchTax, TaxedLine
from billproof.tax.port import Engines
from billproof.tax.service import tax_account


def calculate_tax(*, run_id: str, batch_id: str, objects: Objects, engines: Engines | None = None) -> StepResult:
    """Put tax on every line of the batch and write the determinations.

    Raises ExternalServiceUnavailable where an external tax engine does not answer: the step is then tried again.
    """
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    pricing = artefacts.read(PRICED, run_id, batch_id)
    charges = read_charges(artefacts, plan)
    net = Net("calculate_tax")
    accounts = tuple(
        tax_one(net, terms, account, plan, charged=charges.get(terms.account.id), engines=engines)
        for terms, account in zip(plan.accounts, pricing.accounts, strict=True)
    )
    net.refuse_too_much(plan.policy.thresholds.trouble, len(accounts))
    artefacts.write(TAXED, run_id, BatchTax(run=run_id, batch=batch_id, accounts=accounts), part=batch_id)
    findings = sum(len(account.findings) for account in accounts)
    return step_result(run_id, batch_id, StepOutcome.TAXED, accounts=len(accounts), findings=findings)


def tax_one(
    net: Net,
    terms: AccountTerms,
    pricing: AccountPricing,
    plan: BatchPlan,
    *,
    charged: AccountCharges | None,
    kept: Mapping[LineIdentity, TaxedLine] | None = None,
    engines: Engines | None = None,
) -> AccountTax:
    """Put tax on the lines of one account inside a net; a proof does the same again, with the taxes that are `kept`."""
    return net.catch(
        terms.account.id,
        lambda: tax_account(terms, pricing.priced, plan=plan, charged=charged, kept=kept, engines=engines),
        lambda finding: AccountTax(account=terms.account.id, lines=(), findings=(finding,)),
    )
