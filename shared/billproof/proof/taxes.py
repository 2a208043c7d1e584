"""Determining the tax of a released invoice again, by the rules as they are known now: what would be another tax today.

The invoice stays as it is: its tax is what the rules said when it was drafted, and it keeps their version. What this
finds is for a person, who may credit and bill again.
"""

from collections.abc import Iterable
from typing import Any

from billproof.conservation.service import Stores
from billproof.errors import InvalidInput
from billproof.findings import Finding
from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import InvoiceLine
from billproof.masterdata.parties import TaxEngineName
from billproof.model import Model
from billproof.money import Money, total
from billproof.pipeline.artefacts import Artefacts
from billproof.pipeline.charges import read_charges
from billproof.pricing.model import PricedAccount
from billproof.proof.service import locate
from billproof.tax.model import Determination, TaxedLine
from billproof.tax.service import tax_account


class LineTaxChange(Model):
    """A line that would bear another tax now."""

    account: str
    contract: str
    line: str
    net: Money
    before: Determination
    after: Determination
    tax_before: Money
    tax_after: Money


class TaxRecalculation(Model):
    """The tax of an invoice by the rules that it was drafted by, and by those of now, at the same tax point.

    `outcome` is `same`, `changed`, or `undetermined` where the rules of now say nothing, as the findings explain.
    """

    invoice: str
    number: str
    outcome: str
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]
    tax_before: Money
    tax_after: Money | None
    changes: tuple[LineTaxChange, ...] = ()
    findings: tuple[Finding, ...] = ()


def recalculate_tax(invoice: str, *, stores: Stores) -> TaxRecalculation:
    """Determine an invoice's tax anew from the account, the entity and the tax points that it was drafted with.

    What it took back of earlier invoices keeps the tax that was charged.

    Raises NotFound where it is not released, and InvalidInput for a credit note, whose tax is that of its invoice.
    """
    if InvoiceId.parse(invoice).is_credit:
        message = f"{invoice} has the tax of its invoice: name the invoice"
        raise InvalidInput(message)
    released, _, plan, terms = locate(invoice, stores)
    document = read_invoice(stores.objects, released.document)
    if document.tax_engine is not TaxEngineName.RULES:
        message = f"{released.number} was taxed by {document.tax_engine}, which is not asked again"
        raise InvalidInput(message)
    priced = PricedAccount(
        account=document.buyer.id,
        currency=document.currency,
        period=document.period,
        lines=tuple(line.priced for line in document.lines),
    )
    charged = read_charges(Artefacts(stores.objects), plan).get(terms.account.id)
    now = tax_account(terms, priced, plan=plan, charged=charged)
    facts: dict[str, Any] = {
        "invoice": invoice,
        "number": released.number,
        "rules_before": _versions(line.determination for line in document.lines),
        "tax_before": document.totals.tax,
    }
    if now.findings:
        return TaxRecalculation(**facts, outcome="undetermined", rules_after=(), tax_after=None, findings=now.findings)
    changes = tuple(
        _change(line, taxed)
        for line, taxed in zip(document.lines, now.lines, strict=True)
        if _facts(line) != _facts(taxed) or line.amounts != taxed.amounts
    )
    return TaxRecalculation(
        **facts,
        outcome="changed" if changes else "same",
        rules_after=_versions(taxed.determination for taxed in now.lines),
        tax_after=total((taxed.amounts.tax for taxed in now.lines), document.currency),
        changes=changes,
    )


def _versions(determinations: Iterable[Determination]) -> tuple[str, ...]:
    return tuple(sorted({determination.rules_version for determination in determinations}))


def _facts(line: InvoiceLine | TaxedLine) -> list[Determination]:
    """Return what decides a line's tax, part by part: under another version of the rules it may be the same."""
    return [part.determination.model_copy(update={"rules_version": ""}) for part in line.parts or (line,)]


def _change(line: InvoiceLine, taxed: TaxedLine) -> LineTaxChange:
    return LineTaxChange(
        account=line.priced.account,
        contract=line.priced.explanation.contract,
        line=line.priced.id,
        net=line.amounts.net,
        before=line.determination,
        after=taxed.determination,
        tax_before=line.amounts.tax,
        tax_after=taxed.amounts.tax,
    )
