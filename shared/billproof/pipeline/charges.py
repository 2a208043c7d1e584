"""The tax that earlier invoices charged on what a batch may take back: frozen when its run is planned."""

from collections.abc import Iterable, Iterator, Sequence

from billproof.invoicing.model import Invoice, InvoiceLine, PeriodBilling
from billproof.invoicing.register import Register
from billproof.periods import Period
from billproof.pipeline.artefacts import CHARGED, Artefacts
from billproof.pipeline.history import read_settled
from billproof.ports import NewObject, Objects
from billproof.pricing.model import line_identity
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.tax.charged import AccountCharges, BatchCharges, ChargedKey, ChargedPart, ChargedTax, KeptTax


def charges_of(
    terms: AccountTerms, period: Period, billings: Sequence[PeriodBilling], register: Register, objects: Objects
) -> AccountCharges | None:
    """Return what an account was charged: on the earlier periods that its terms reach, or on this one if it is billed.

    None where there is nothing to look up, as for most accounts.
    """
    own = next((billing for billing in billings if billing.period == period.name and billing.is_own), None)
    if own is None and not terms.earlier:
        return None
    kept = _kept(read_settled(register, objects, own)) if own else ()
    taxes = _taxes(terms, billings, register, objects) if terms.earlier else ()
    return AccountCharges(account=terms.account.id, taxes=tuple(taxes), kept=tuple(kept))


def new_charges(plan: BatchPlan, charges: Iterable[AccountCharges | None], artefacts: Artefacts) -> NewObject | None:
    """Return what the accounts of a batch were charged, as it is to be written; None where there is nothing."""
    accounts = tuple(charged for charged in charges if charged is not None)
    if not accounts:
        return None
    batch = BatchCharges(run=plan.run, batch=plan.batch, accounts=accounts)
    return artefacts.new(CHARGED, plan.run, batch, part=plan.batch)


def read_charges(artefacts: Artefacts, plan: BatchPlan) -> dict[str, AccountCharges]:
    """Return what was charged, by account."""
    if not plan.has_charges:
        return {}
    return {charges.account: charges for charges in artefacts.read(CHARGED, plan.run, plan.batch).accounts}


def _kept(invoice: Invoice) -> Iterator[KeptTax]:
    """Yield the taxes of a released invoice."""
    for line in invoice.lines:
        yield KeptTax(contract=line.priced.explanation.contract, dimension=line.priced.dimension, taxed=line.as_taxed)


def _taxes(
    terms: AccountTerms, billings: Iterable[PeriodBilling], register: Register, objects: Objects
) -> Iterator[ChargedTax]:
    """Yield what was charged on the earlier periods that an account's terms reach, before this invoice."""
    reached = {earlier.period.name: earlier.ordinal for earlier in terms.earlier}
    parts: dict[ChargedKey, list[ChargedPart]] = {}
    for billing in billings:
        if billing.ordinal >= reached.get(billing.period, 0):
            continue  # of another period, or billed by this run or later
        invoice = read_settled(register, objects, billing)
        for line in invoice.lines:
            adjusts = line.priced.adjusts
            period, name = (adjusts.period, adjusts.line) if adjusts else (invoice.period.name, line.priced.id)
            if period == billing.period:
                key = (period, line_identity(line.priced.explanation.contract, name, line.priced.dimension))
                parts.setdefault(key, []).extend(_parts_of(line, is_concession=billing.is_concession))
    for (period, (contract, name, group)), charged in parts.items():
        yield ChargedTax(contract=contract, period=period, line=name, dimension=dict(group), parts=tuple(charged))


def _parts_of(line: InvoiceLine, *, is_concession: bool) -> Iterator[ChargedPart]:
    for part in line.parts or (line,):
        price = part.amounts.gross if line.priced.includes_tax else part.amounts.net
        yield ChargedPart(price=price, determination=part.determination, is_concession=is_concession)
