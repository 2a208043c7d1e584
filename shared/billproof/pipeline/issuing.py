"""Issuing an invoice on another day than it was drafted for: on the day on which it is released.

    draft of 1 February -> approved on 15 April -> issued on 15 April, due from then, numbered after what was issued
                                                   before; taxed and converted as on that day, or refused

The lines stay as they were priced. Tax is determined again for the day: by what was frozen with the draft, and by what
is known now of the seller and the customer. Where an amount differs from the drafted one, nothing is issued: the period
is run again, and a person sees the new amount.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from billproof.findings import Finding, Owner, Severity
from billproof.invoicing.balances import most_left
from billproof.invoicing.drafting import draft_account
from billproof.invoicing.drafts import Draft
from billproof.invoicing.model import DocumentRef
from billproof.invoicing.numbering import Issued
from billproof.masterdata.charts import ChartOfAccounts
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity, TaxEngineName
from billproof.money import Money
from billproof.nets import TroubleLimit
from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, TAXED, Artefacts
from billproof.pipeline.charges import read_charges
from billproof.pipeline.issue_days import rates_on, today_of
from billproof.ports import Objects
from billproof.pricing.issue_terms import IssueTerms
from billproof.pricing.model import AccountPricing, LineIdentity
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.tax.charged import AccountCharges, charges_by_line
from billproof.tax.line_taxes import LineTaxes
from billproof.tax.model import AccountTax, TaxedLine
from billproof.tax.service import tax_account
from billproof.tax.time_of_supply import InvoiceDays


class Issuing:
    """Issues the drafts of one batch on the day on which they are released; a person `approved` what is found there."""

    def __init__(
        self,
        run: str,
        batch: str,
        *,
        objects: Objects,
        directory: Directory,
        now: datetime,
        approved: tuple[Finding, ...] = (),
    ) -> None:
        self._artefacts = Artefacts(objects)
        self._objects = objects
        self._directory = directory
        self._now = now
        self._run = run
        self._batch = batch
        self._approved = approved

    @cached_property
    def _plan(self) -> BatchPlan:
        return self._artefacts.read(BATCH_PLAN, self._run, self._batch)

    @cached_property
    def _pricing(self) -> tuple[AccountPricing, ...]:
        return self._artefacts.read(PRICED, self._run, self._batch).accounts

    @cached_property
    def _taxes(self) -> tuple[AccountTax, ...]:
        return self._artefacts.read(TAXED, self._run, self._batch).accounts

    @cached_property
    def _charges(self) -> dict[str, AccountCharges]:
        return read_charges(self._artefacts, self._plan)

    @cached_property
    def today(self) -> date:
        """The day that it is where the legal entity bills."""
        return today_of(self._plan.legal_entity, self._now)

    @cached_property
    def _entity_now(self) -> LegalEntity:
        return self._directory.legal_entity(self._plan.legal_entity.id)

    def most_left(self, document: DocumentRef) -> Decimal:
        """Return the largest balance of its customer that a document may leave, as known now."""
        return most_left(self._entity_now, document.totals.gross.currency, self._approved)

    @property
    def chart(self) -> ChartOfAccounts:
        """The chart of accounts as it is now: what is posted is posted by it."""
        return self._entity_now.chart_of_accounts

    @property
    def trouble(self) -> TroubleLimit:
        """How much trouble the release bears, by the policy of the run."""
        return self._plan.policy.thresholds.trouble

    def issue(self, draft: Draft, day: date) -> Issued:
        """Return a draft's document as it is on a day, stored; or the finding that says why it is not issued then."""
        place = next(n for n, terms in enumerate(self._plan.accounts) if terms.account.id == draft.account)
        terms, pricing, tax = self._plan.accounts[place], self._pricing[place], self._taxes[place]
        if pricing.priced is None:
            return Issued(None)
        days, currency = self._plan.policy.thresholds.exchange_rate_days, pricing.priced.currency
        rates = rates_on(day, [currency], self._directory, self._plan.legal_entity, days=days)
        if currency != self._plan.legal_entity.currency and not rates:
            return Issued(None, _no_rate(draft, currency, day))
        terms = terms.model_copy(update={"issue": IssueTerms(day=day, rates=rates)})
        charged = self._charges.get(draft.account)
        taxed = issued_tax(terms, pricing, tax, plan=self._plan, charged=charged)
        now = issued_tax(self._known_now(terms), pricing, tax, plan=self._plan_now(), charged=charged)
        if not (_is_same_tax(tax, taxed) and _is_same_tax(tax, now)):
            return Issued(None, _other_tax(draft, day, tax, now))
        document, data = issued_document(terms, pricing, taxed, plan=self._plan)
        self._objects.put(document.key, data)
        return Issued(document)

    def _known_now(self, terms: AccountTerms) -> AccountTerms:
        """Return the terms with the accounts as they are known now."""
        parent, *children = (self._directory.account(member.id) or member for member in terms.members)
        return terms.model_copy(update={"account": parent, "children": tuple(children)})

    def _plan_now(self) -> BatchPlan:
        return self._plan.model_copy(update={"legal_entity": self._entity_now})


def issued_tax(
    terms: AccountTerms,
    pricing: AccountPricing,
    drafted: AccountTax,
    *,
    plan: BatchPlan,
    charged: AccountCharges | None,
    kept: dict[LineIdentity, TaxedLine] | None = None,
) -> AccountTax:
    """Determine the tax of a draft on the day on which it is issued.

    An external tax engine is not asked again: its answer stands where no line has another tax point on the new day.
    """
    if plan.legal_entity.tax_engine is TaxEngineName.RULES:
        return tax_account(terms, pricing.priced, plan=plan, charged=charged, kept=kept)
    points = [_tax_points(terms, pricing, days, charged) for days in (plan, plan.on_issue_of(terms))]
    if points[0] == points[1]:
        return drafted
    return drafted.model_copy(update={"lines": ()})


def issued_document(
    terms: AccountTerms, pricing: AccountPricing, tax: AccountTax, *, plan: BatchPlan
) -> tuple[DocumentRef, bytes]:
    """Return the document of an account's invoice on the day of its terms: what a proof computes again."""
    draft, data = draft_account(terms, pricing, tax, (), plan=plan)
    if draft.document is None or data is None:
        message = f"{draft.invoice} was priced and taxed, and has no document"
        raise AssertionError(message)
    return draft.document, data


def _tax_points(
    terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, charged: AccountCharges | None
) -> list[date]:
    entity, day = plan.legal_entity, plan.issue_date
    lines = pricing.priced.lines if pricing.priced else ()
    days = InvoiceDays(day, day + timedelta(days=entity.payment_days))
    taxes = LineTaxes(entity, terms.members, lines, days, charged=charges_by_line(charged), kept={})
    return [taxes.tax_point_of(line) for line in lines]


def _is_same_tax(one: AccountTax, other: AccountTax) -> bool:
    """Say whether two taxes of the same lines come to the same amounts, line by line and component by component."""
    return not other.findings and list(map(_amounts, one.lines)) == list(map(_amounts, other.lines))


def _amounts(line: TaxedLine) -> tuple[object, ...]:
    parts = tuple((part.amounts, tuple(component.amount for component in part.components)) for part in line.parts)
    return line.amounts, tuple(component.amount for component in line.components), parts


def _other_tax(draft: Draft, day: date, before: AccountTax, now: AccountTax) -> Finding:
    said = now.findings[0].message if now.findings else _changed(before, now)
    return _held(draft, "tax_changed_since_draft", f"issued on {day}, its tax is no longer the drafted one: {said}")


def _changed(before: AccountTax, now: AccountTax) -> str:
    pairs = zip(before.lines, now.lines, strict=False)
    changed = next((pair for pair in pairs if _amounts(pair[0]) != _amounts(pair[1])), None)
    if changed is None:
        return "the tax engine has to be asked again"
    one, other = changed
    return f"line {one.line} bears {_tax_text(other.amounts.tax, other)}, drafted {_tax_text(one.amounts.tax, one)}"


def _tax_text(tax: Money, line: TaxedLine) -> str:
    return f"{tax} ({line.determination.percent:f} %)"


def _no_rate(draft: Draft, currency: str, day: date) -> Finding:
    return _held(draft, "no_exchange_rate", f"no rate of {currency} is published for {day}")


def _held(draft: Draft, code: str, message: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.BLOCKING,
        account=draft.account,
        path="issue_date",
        message=message,
        remedy="run the period again: it drafts the invoice for the day of that run",
        owner=Owner.BILLING,
        amount_at_risk=draft.document.totals.gross if draft.document else None,
    )
