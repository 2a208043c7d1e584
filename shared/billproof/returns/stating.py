"""The return of a month, from every document that was released of a legal entity by the end of the month after it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from billproof.erp.lookup import PostedDocuments
from billproof.erp.port import Erps
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.listing import documents_of_account
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, Rounding, total
from billproof.payments.book import CashBook
from billproof.periods import Period, month_name
from billproof.ports import Objects
from billproof.returns.declaring import declared_lines
from billproof.returns.discounts import discount_lines, takes_discount
from billproof.returns.model import DeclaredLine, ReturnFigure, SalesListRow, TaxAccount, TaxReturn
from billproof.returns.nexus import states_with_nexus
from billproof.tax.model import Treatment
from billproof.tax.rows import jurisdictions

DOLLARS = "USD"
SUMS = ("net", "taxable", "amount")


@dataclass(frozen=True)
class ReturnSources:
    """Master data, the register, the ERPs, and the objects."""

    directory: Directory
    register: Register
    erps: Erps
    objects: Objects
    cash: CashBook


def state_return(legal_entity: str, month: Period, sources: ReturnSources) -> TaxReturn:
    """Return the figures of a legal entity's month. Amounts are in the currency of the books.

    Raises NotFound where there is no such legal entity, ImmutableDocument where a document was altered.
    """
    entity = sources.directory.legal_entity(legal_entity)
    lookup = PostedDocuments(entity, sources.erps)
    lines = [line for facts in _documents(entity, sources) for line in _lines(facts, entity, sources, lookup)]
    lines += _of_discounts(entity, month, sources)
    declared = sorted((line for line in lines if line.declared_in == month.name), key=lambda line: line.number)
    return TaxReturn(
        legal_entity=entity.id,
        month=month.name,
        currency=entity.currency,
        figures=tuple(_figures(declared, entity.currency)),
        sales_list=tuple(_sales_list(declared, entity)),
        tax_account=_tax_account(lines, month, entity, lookup),
        nexus=tuple(states_with_nexus(lines, entity, month, partial(_in_dollars, entity, sources.directory))),
        lines=tuple(declared),
    )


def _in_dollars(entity: LegalEntity, directory: Directory, amount: Money, day: date) -> Money | None:
    """Return what an amount of the books is in dollars; None where no published rate holds on the day."""
    if amount.currency == DOLLARS:
        return amount
    days = directory.policy(entity.id).thresholds.exchange_rate_days
    rate = directory.rate(amount.currency, DOLLARS, on=day, days=days)
    return None if rate is None else rate.convert(amount, Rounding.HALF_UP)


def _documents(entity: LegalEntity, sources: ReturnSources) -> Iterator[InvoiceFacts]:
    for account in sources.directory.members(entity.id):
        yield from documents_of_account(sources.register, entity.id, account)


def _lines(
    facts: InvoiceFacts, entity: LegalEntity, sources: ReturnSources, lookup: PostedDocuments
) -> Iterator[DeclaredLine]:
    reference = lookup.reference_of(facts)
    if facts.released is not None and reference is not None:
        lookup.look_in(reference.erp)
        yield from declared_lines(read_invoice(sources.objects, facts.released.document), facts.released, entity)


def _of_discounts(entity: LegalEntity, month: Period, sources: ReturnSources) -> Iterator[DeclaredLine]:
    """Yield what the discounts of a month, which customers took, correct of the documents that they paid."""
    for posting in sources.cash.intended(entity.id, month.name):
        released = sources.register.released(posting.entry.invoice) if posting.entry.invoice else None
        if released is not None and takes_discount(posting.entry, entity):
            invoice = read_invoice(sources.objects, released.document)
            yield from discount_lines(posting.entry, invoice, released, entity)


def _figures(lines: Iterable[DeclaredLine], currency: str) -> Iterator[ReturnFigure]:
    groups: dict[tuple[str, ...], list[DeclaredLine]] = {}
    for line in lines:
        key = (line.corrects, line.scheme, line.jurisdiction, line.tax, line.treatment, f"{line.percent.normalize():f}")
        groups.setdefault(key, []).append(line)
    for _, mine in sorted(groups.items()):
        first = mine[0]
        yield ReturnFigure(
            **{name: getattr(first, name) for name in ReturnFigure.model_fields.keys() - {*SUMS, "lines"}},
            **{name: total((getattr(line, name) for line in mine), currency) for name in SUMS},
            lines=len(mine),
        )


def _sales_list(lines: Iterable[DeclaredLine], entity: LegalEntity) -> Iterator[SalesListRow]:
    """Yield what is supplied to businesses in other member states, who account for its tax (articles 44 and 196)."""
    union, groups = jurisdictions("eu_vat"), dict[tuple[str, str], list[DeclaredLine]]()
    for line in lines:
        home = entity.on(line.tax_point).address.country
        is_abroad = home in union and line.jurisdiction in union and line.jurisdiction != home
        if is_abroad and line.treatment is Treatment.REVERSE_CHARGE:
            groups.setdefault((line.corrects, line.customer_number), []).append(line)
    for (corrects, number), mine in sorted(groups.items()):
        net = total((line.net for line in mine), entity.currency)
        yield SalesListRow(customer_number=number, customer=mine[-1].customer, corrects=corrects, net=net)


def _tax_account(
    lines: Iterable[DeclaredLine], month: Period, entity: LegalEntity, lookup: PostedDocuments
) -> TaxAccount:
    declared, elsewhere, earlier = [], [], []
    by_number: dict[str, list[Money]] = {}
    for line in lines:
        is_dated_here, is_declared_here = month_name(line.issue_date) == month.name, line.declared_in == month.name
        if is_dated_here:
            by_number.setdefault(line.number, []).append(line.amount)
        if is_declared_here:
            declared.append(line.amount)
        if is_dated_here and not is_declared_here:
            elsewhere.append(line.amount)
        if is_declared_here and not is_dated_here:
            earlier.append(line.amount)
    posted = _posted(month, entity, lookup)
    owed = {number: total(amounts, entity.currency) for number, amounts in by_number.items()}
    nothing = Money.zero(entity.currency)
    differing = {name for name in {*owed, *posted} if owed.get(name, nothing) != posted.get(name, nothing)}
    ledger = total(posted.values(), entity.currency)
    return TaxAccount(
        declared=total(declared, entity.currency),
        declared_in_other_months=total(elsewhere, entity.currency),
        dated_in_other_months=total(earlier, entity.currency),
        ledger=ledger,
        difference=ledger - total(owed.values(), entity.currency),
        numbers=tuple(sorted(differing)),
    )


def _posted(month: Period, entity: LegalEntity, lookup: PostedDocuments) -> dict[str, Money]:
    """Return what each document in the ledger that is dated in a month owes of tax, by its reference."""
    owed: dict[str, Money] = {}
    account, nothing = entity.chart_of_accounts.tax_payable, Money.zero(entity.currency)
    for reference, documents in lookup.dated_in(month).items():
        owed[reference.text] = owed.get(reference.text, nothing) - total(
            (document.on(account) for document in documents), entity.currency
        )
    return owed
