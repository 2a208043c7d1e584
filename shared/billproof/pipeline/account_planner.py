"""What a run looks at for one account: its terms, the window of the period, and those that late usage reached.

A parent is looked at together with its children: their contracts make lines of its invoice, each by its own usage.

An account whose invoice of the period is released keeps the windows that the invoice was made from, so a run that is
repeated comes to the same document; what arrived since counts as late and is billed with the next invoice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from billproof.contracts.model import Contract, ZeroInvoices
from billproof.contracts.timeline import governing, timelines
from billproof.errors import UnpriceableCharge
from billproof.findings import Finding
from billproof.identities import InvoiceId, LineIdFormat
from billproof.invoicing.model import PeriodBilling
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import LegalEntity
from billproof.nets import Net
from billproof.opening.accounts import TakenOver
from billproof.payments.book import CashBook
from billproof.periods import Period
from billproof.pipeline.changed_meters import meters_changed
from billproof.pipeline.charges import charges_of
from billproof.pipeline.commitments_before import committed_before
from billproof.pipeline.earlier_runs import NOTHING_SEEN, EarlierRuns, Seen
from billproof.pipeline.families import Family, family_of, is_billed_by, refuse_several_zones
from billproof.pipeline.history import History, billed_lines
from billproof.pipeline.issue_days import IssueDays
from billproof.pipeline.late_marks import LateMarks
from billproof.pipeline.level_sources import LevelSources, levels_read, reads_levels
from billproof.pipeline.months import Months
from billproof.pipeline.paid_ahead import paid_ahead
from billproof.pipeline.settling import SettledMonths
from billproof.pipeline.staying import with_digests
from billproof.pipeline.stopped_accounts import readable_family
from billproof.pipeline.unbilled_usage import UnbilledUsage
from billproof.pipeline.windows import unpriced, window_of
from billproof.ports import Objects
from billproof.pricing.digests import versions_digest
from billproof.pricing.service import unpriceable
from billproof.pricing.terms import AccountTerms, BookingRule, EarlierPeriod
from billproof.pricing.unbilled import UnbilledMonth
from billproof.tax.charged import AccountCharges
from billproof.usage.buckets import Buckets
from billproof.usage.model import AFTER_ALL, AccountWindow

MAX_EARLIER = 60
"""Earlier periods that one invoice bills differences of, oldest first; the others wait for the next."""
KEPT = (
    *("earlier", "known", "terms_digest", "before", "unbilled_one_offs", "carried", "drawn", "credits", "committed"),
    *("line_ids", "booking", "balances", "zero_invoices", "unbilled", "billed_in"),
)
"""What an account whose invoice is released keeps of the terms that it was made from."""

type Seens = Mapping[str, Seen]
"""What earlier runs saw, by account."""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """An account's terms, windows (they get their batch when batches are cut) and taxes that were charged before."""

    terms: AccountTerms
    windows: tuple[AccountWindow, ...]
    charges: AccountCharges | None = None


class AccountPlanner:
    """Plans the accounts of one legal entity for one run."""

    def __init__(
        self,
        entity: LegalEntity,
        period: Period,
        now: str,
        *,
        buckets: Buckets,
        directory: Directory,
        register: Register,
        objects: Objects,
        months: Months,
        meters: Iterable[Meter],
        cash: CashBook | None = None,
        is_first_run: bool = False,
    ) -> None:
        self._entity = entity
        self._period = period
        self._now = now
        self._marks = LateMarks(objects, buckets, directory.crosswalks(known_before=now), now)
        self._days = IssueDays(entity, period, now, directory, register, objects, months, is_first_run=is_first_run)
        self._directory = directory
        self._register = register
        self._objects = objects
        self._cash = cash
        self._meters = {meter.id: meter for meter in meters}
        self._runs = EarlierRuns(objects, buckets)
        self._taken_over = TakenOver(entity.id, register, objects)
        self._unbilled = UnbilledUsage(entity.id, period, runs=self._runs, months=months, register=register)
        self.net = Net("plan_billing_run")

    def plan(self, name: str) -> AccountPlan | None:
        """Return what the run looks at for an account and its children; None for a child, which its parent's has.

        Terms that cannot be laid out, of the period or of an earlier one, and whatever else it raises, hold the
        account's invoice and no other's.
        """
        return self.net.catch(name, lambda: self._plan_known(name), lambda finding: self._stopped(name, finding))

    def _stopped(self, name: str, finding: Finding) -> AccountPlan:
        """Plan an account whose planning raised: its events are counted, and its finding holds its invoice."""
        family = readable_family(name, self._entity, self._directory)
        account, *children = family.accounts
        terms = AccountTerms(account=account, children=tuple(children), contracts=(), findings=(finding,))
        return AccountPlan(terms, self._windows_now(family, (), self._period))

    def _plan_known(self, name: str) -> AccountPlan | None:
        record = self._directory.account_record(name)
        parent = record.account.parent
        if parent is not None and is_billed_by(parent, self._entity.id, self._directory):
            return None
        family = Family(record)
        try:
            family = family_of(record, self._entity.id, self._directory)
            billings = self._register.settlements(self._entity.id, name)
            plan = self._plan(family, billings)
            return replace(plan, charges=charges_of(plan.terms, self._period, billings, self._register, self._objects))
        except UnpriceableCharge as error:
            terms = AccountTerms(
                account=record.account,
                children=family.accounts[1:],
                contracts=(),
                findings=(unpriceable(name, error),),
            )
            return AccountPlan(terms, self._windows_now(family, (), self._period))

    def _plan(self, family: Family, billings: Sequence[PeriodBilling]) -> AccountPlan:
        own = next((one for one in billings if (one.period, one.ordinal) == (self._period.name, 0)), None)
        if own is not None and own.is_own:
            return self._as_released(family, own)
        if own is not None:
            return self._billed_by_a_later_month(family)
        terms = self._terms(family)
        settled = SettledMonths(billings, self._period)
        brought_along = self._taken_over.of(member.id for member in family.accounts)
        history = History(self._register, self._objects, billings, self._period)
        is_over = not terms.contracts and any(one.is_own and one.period > self._period.name for one in billings)
        months = [] if is_over else self._months_to_settle(family, settled)  # the next run of a later month has them
        drawn, slot = brought_along.or_drawn(*history.drawn())
        issue = self._days.of_draft(terms)
        issued = issue.day if issue else self._period.end
        terms = terms.model_copy(
            update={
                "known": "" if len(months) > MAX_EARLIER else versions_digest(family.contracts),
                "carried": history.carried_into(self._period) if any(one.rolls_over for one in terms.contracts) else (),
                "drawn": drawn,
                "credits": slot if any(contract.credits for contract in family.contracts) else None,
                "before": history.invoice_before() or brought_along.before(self._period),
                "unbilled_one_offs": history.unbilled_one_offs(terms.contracts, months, settled.billed_in),
                "issue": issue,
                "paid_ahead": tuple(paid_ahead(terms, self._entity, issued, self._cash)) if self._cash else (),
                "balances": self._register.balances.of_account(self._entity, terms),
            }
        )
        levels = LevelSources.of_account(
            family.contracts, self._meters, settled, months[:MAX_EARLIER], self._marks, self._directory
        )
        plan = AccountPlan(terms, self._windows_now(family, terms.contracts, self._period, levels=levels))
        for month in months[:MAX_EARLIER]:
            plan = self._with_earlier(plan, month, settled.of(month), family, history, levels)
        unbilled = self._unbilled.months(family, billings, settled, marks=self._marks, billed_now=months)
        plan = self._with_unbilled(plan, family, unbilled, billed={*settled.months, *months, self._period.name})
        later = history.billed_of(months[MAX_EARLIER:])
        terms = with_digests(plan.terms, settled, self._period, family.contracts, later)
        committed = committed_before(terms, family.contracts, history, self._period)
        return replace(plan, terms=terms.model_copy(update={"committed": committed}))

    def _billed_by_a_later_month(self, family: Family) -> AccountPlan:
        """Plan an account whose period the invoice of a later month billed: it has nothing left to bill for it."""
        terms = AccountTerms(account=family.parent.account, children=family.accounts[1:], contracts=())
        nothing = Seen(AFTER_ALL, "")
        windows = self._windows_now(family, (), self._period, after={one.id: nothing for one in family.accounts})
        return AccountPlan(terms, windows)

    def _as_released(self, family: Family, own: PeriodBilling) -> AccountPlan:
        """Plan an account whose invoice of the period is released: by the terms and windows that it was made from."""
        frozen = self._runs.terms(own, family.parent.account.id)
        names = (child.id for child in frozen.children)
        family = family_of(family.parent, self._entity.id, self._directory, names)
        kept = {field: getattr(frozen, field) for field in KEPT} | {"issue": self._days.of_released(own, frozen.issue)}
        windows = (window for member in family.accounts for window in self._runs.windows(own, member.id))
        return AccountPlan(self._terms(family).model_copy(update=kept), tuple(windows))

    def _terms(self, family: Family) -> AccountTerms:
        """Return the terms of the period as they are known now, of this period alone."""
        contracts = tuple(governing(family.contracts, self._period))
        timelines(contracts, self._period)
        refuse_several_zones(contracts)
        return AccountTerms(
            account=family.parent.account,
            children=family.accounts[1:],
            contracts=contracts,
            crm=family.crm_versions,
            line_ids=LineIdFormat.ESCAPED,
            booking=BookingRule.BY_FEE,
            zero_invoices=ZeroInvoices.of(contract.zero_invoices for contract in contracts),
        )

    def _months_to_settle(self, family: Family, settled: SettledMonths) -> list[str]:
        """Name the months whose terms or usage changed, and those that no run billed."""
        versions = family.contracts
        mine = {member.id: self._marks.of(member.id) for member in family.accounts}
        changed = settled.changed(versions, versions_digest(versions))
        late = settled.late(
            mine,
            lambda month: {
                member: bound.until for member, bound in self._seen(settled.of(month), family, month).items()
            },
            goes_on=reads_levels(versions, self._meters),
        )
        is_to_come = partial(self._unbilled.is_still_to_come, family.parent.account.id)
        unbilled = settled.unbilled(versions, self._entity.bills_from, is_to_come)
        months = {*changed, *late, *(month for month in unbilled if governing(versions, Period.month(month)))}
        return settled.with_followers(months | settled.ends_of_terms(versions, after=months), versions)

    def _seen(self, billings: Iterable[PeriodBilling], family: Family, month: str) -> dict[str, Seen]:
        """Return what the invoices that billed a month saw of each member's events."""
        account = family.parent.account.id
        billed = [billing for billing in billings if not InvoiceId.parse(billing.invoice).is_credit]
        return {member.id: self._runs.seen(billed, member.id, account, month) for member in family.accounts}

    def _with_unbilled(
        self, plan: AccountPlan, family: Family, unbilled: Mapping[UnbilledMonth, Seens], *, billed: Iterable[str]
    ) -> AccountPlan:
        """Add the windows of months that no invoice bills: they count events, and measure nothing."""
        windows = [
            unpriced(window, billed_later=levels_read(family.contracts, billed, self._meters, after=window))
            for month, bounds in unbilled.items()
            for window in self._windows_now(family, family.contracts, month.period, after=bounds)
        ]
        terms = plan.terms.model_copy(update={"unbilled": tuple(unbilled)})
        return replace(plan, terms=terms, windows=(*plan.windows, *windows))

    def _with_earlier(
        self,
        plan: AccountPlan,
        month: str,
        before: Sequence[PeriodBilling],
        family: Family,
        history: History,
        levels: LevelSources | None,
    ) -> AccountPlan:
        """Add a month of which this invoice bills the difference: its terms as known now, and what is billed."""
        account, period = family.parent.account.id, Period.month(month)
        contracts = tuple(governing(family.contracts, period))
        rounding, line_ids = self._entity.rounding, LineIdFormat.ESCAPED
        findings = plan.terms.findings
        if before:
            billed_by = self._runs.batch(before[0], account)
            rounding, line_ids = billed_by.legal_entity.rounding, self._runs.terms(before[0], account).line_ids
            findings += tuple(meters_changed(account, month, contracts, billed_by.meters, self._meters))
        earlier = EarlierPeriod(
            period=period,
            ordinal=before[-1].ordinal + 1 if before else 0,
            contracts=contracts,
            rounding=rounding,
            carried=history.carried_into(period) if any(one.rolls_over for one in contracts) else (),
            line_ids=line_ids,
            billed=tuple(billed_lines(self._register, self._objects, before)),
        )
        windows = self._windows_now(family, contracts, period, after=self._seen(before, family, month), levels=levels)
        added = {"earlier": (*plan.terms.earlier, earlier), "findings": findings}
        return AccountPlan(plan.terms.model_copy(update=added), (*plan.windows, *windows))

    def _windows_now(
        self,
        family: Family,
        contracts: Sequence[Contract],
        period: Period,
        *,
        after: Seens | None = None,
        levels: LevelSources | None = None,
    ) -> tuple[AccountWindow, ...]:
        return tuple(
            window_of(
                member,
                contracts,
                period,
                known=[contract for record in family.records for contract in record.contracts],
                time_zone=self._entity.time_zone,
                after=(after or {}).get(member.id, NOTHING_SEEN),
                meters=self._meters,
                levels=None if levels is None else levels.of(member, period.name),
            )
            for member in family.accounts
        )
