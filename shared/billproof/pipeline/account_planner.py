"""What a run looks at for one account: its terms, the window of the period, and those that late usage reached.

A parent is looked at together with its children: their contracts make lines of its invoice, each by its own usage.

An account whose invoice of the period is released keeps the windows that the invoice was made from, so a run that is
repeated comes to the same document; what arrived since counts as late and is billed with the next invoice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from billproof.contracts.model import Contract
from billproof.contracts.timeline import governing, timelines
from billproof.errors import UnpriceableCharge
from billproof.findings import Finding, Owner, Severity
from billproof.identities import InvoiceId, LineIdFormat
from billproof.ids import shard_of
from billproof.invoicing.model import PeriodBilling
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period, add_months, instant_text
from billproof.pipeline.charges import charges_of
from billproof.pipeline.earlier_runs import EarlierRuns
from billproof.pipeline.families import Family, family_of, is_billed_by, refuse_several_zones
from billproof.pipeline.history import History, billed_lines
from billproof.pipeline.windows import window_of
from billproof.ports import Objects
from billproof.pricing.service import unpriceable
from billproof.pricing.terms import AccountTerms, EarlierPeriod
from billproof.tax.charged import AccountCharges
from billproof.usage.log import LateMark, late_marks
from billproof.usage.model import AccountWindow

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of two functions may differ."""
MAX_EARLIER = 60
"""Earlier periods that one invoice bills differences of, oldest first; the others wait for the next."""
KEPT = ("earlier", "unsettled", "before", "unbilled_one_offs", "carried", "drawn", "credits", "committed", "line_ids")
"""What an account whose invoice is released keeps of the terms that it was made from."""

Marks = Mapping[str, Sequence[LateMark]]
"""The marks of late usage, by account."""


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
        buckets: int,
        directory: Directory,
        register: Register,
        objects: Objects,
    ) -> None:
        self._entity = entity
        self._period = period
        self._now = now
        self._buckets = buckets
        self._directory = directory
        self._register = register
        self._objects = objects
        self._meters = {meter.id: meter for meter in directory.meters()}
        self._runs = EarlierRuns(objects, buckets)

    def late(self, accounts: Iterable[str]) -> dict[str, list[LateMark]]:
        """Return the marks of late usage, by account."""
        marks: dict[str, list[LateMark]] = {}
        for bucket in sorted({shard_of(account, self._buckets) for account in accounts}):
            for mark in late_marks(self._objects, bucket):
                marks.setdefault(mark.account, []).append(mark)
        return marks

    def plan(self, name: str, marks: Marks) -> AccountPlan | None:
        """Return what the run looks at for an account and its children; None for a child, which its parent's has.

        Terms that cannot be laid out, of the period or of an earlier one, hold the account's invoice and no other's.
        Raises NotFound where it has no profile.
        """
        record = self._directory.account_record(name)
        parent = record.account.parent
        if parent is not None and is_billed_by(parent, self._entity.id, self._directory):
            return None
        family = Family(record)
        try:
            family = family_of(record, self._entity.id, self._directory)
            billings = self._register.settlements(self._entity.id, name)
            plan = self._plan(family, marks, billings)
            return replace(plan, charges=charges_of(plan.terms, self._period, billings, self._register, self._objects))
        except UnpriceableCharge as error:
            terms = AccountTerms(
                account=record.account,
                children=family.accounts[1:],
                contracts=(),
                findings=(unpriceable(name, error),),
            )
            return AccountPlan(terms, self._windows_now(family, (), self._period))

    def _plan(self, family: Family, marks: Marks, billings: Sequence[PeriodBilling]) -> AccountPlan:
        own = next((each for each in billings if (each.period, each.ordinal) == (self._period.name, 0)), None)
        if own is not None:
            return self._as_released(family, own)
        terms = self._terms(family)
        history = History(self._register, self._objects, billings, self._period)
        drawn, slot = history.drawn()
        terms = terms.model_copy(
            update={
                "carried": history.carried() if any(map(_rolls_over, terms.contracts)) else (),
                "drawn": drawn,
                "credits": slot if any(contract.credits for contract in terms.contracts) else None,
                "before": history.invoice_before(),
                "unbilled_one_offs": history.unbilled_one_offs(terms.contracts),
            }
        )
        plan = AccountPlan(terms, self._windows_now(family, terms.contracts, self._period))
        plan = self._with_earlier(plan, marks, billings, family, self._amended(family, history))
        return self._with_commitments(plan, history)

    def _as_released(self, family: Family, own: PeriodBilling) -> AccountPlan:
        """Plan an account whose invoice of the period is released: by the terms and windows that it was made from."""
        frozen = self._runs.terms(own, family.parent.account.id)
        names = (child.id for child in frozen.children)
        family = family_of(family.parent, self._entity.id, self._directory, names)
        kept = {field: getattr(frozen, field) for field in KEPT}
        windows = (window for member in family.accounts for window in self._runs.windows(own, member.id))
        return AccountPlan(self._terms(family).model_copy(update=kept), tuple(windows))

    def _terms(self, family: Family) -> AccountTerms:
        """Return the terms of the period as they are known now, of this period alone."""
        versions = family.contracts
        contracts = tuple(governing(versions, self._period))
        timelines(contracts, self._period)
        refuse_several_zones(contracts)
        return AccountTerms(
            account=family.parent.account,
            children=family.accounts[1:],
            contracts=contracts,
            known=tuple(map(_version, versions)),
            crm=family.crm_versions,
            line_ids=LineIdFormat.ESCAPED,
        )

    def _with_commitments(self, plan: AccountPlan, history: History) -> AccountPlan:
        """Add what earlier invoices say of the terms of commitments that end within reach of what is billed now."""
        contracts = plan.terms.contracts
        first = min((each.period.start for each in plan.terms.earlier), default=self._period.start)
        since = add_months(first, 1 - _reach(contracts))  # what starts as early may be billed now, in arrears
        committed = history.committed(timelines(contracts, self._period), since)
        return replace(plan, terms=plan.terms.model_copy(update={"committed": committed}))

    def _amended(self, family: Family, history: History) -> set[str]:
        """Name the billed months that a version may have changed which was not known when the last one was billed.

        A month bills in advance what starts before the end of the next one, as far as the longest cadence reaches.
        """
        last = history.last_settled()
        if last is None:
            return set()
        before = self._runs.terms(last, family.parent.account.id)
        unknown = [contract for contract in family.contracts if _version(contract) not in before.known]
        if not unknown:
            return set(before.unsettled)
        since = min(contract.effective.start for contract in unknown)
        reach = _reach(family.contracts)
        months = [Period.month(billing.period) for billing in history.settled_before()]
        return {*before.unsettled, *(month.name for month in months if add_months(month.next().end, reach) > since)}

    def _with_earlier(
        self,
        plan: AccountPlan,
        marks: Marks,
        billings: Sequence[PeriodBilling],
        family: Family,
        amended: set[str],
    ) -> AccountPlan:
        """Add the earlier periods of which this invoice bills differences: late usage, amendments, credit notes."""
        account = plan.terms.account
        earlier: list[EarlierPeriod] = []
        findings: list[Finding] = list(plan.terms.findings)
        windows = list(plan.windows)
        unsettled: list[str] = []
        unbilled = {billing.period for billing in billings if _is_credit(billing)}
        late = {mark.month for member in family.accounts for mark in marks.get(member.id, ())}
        for month in sorted(month for month in {*amended, *unbilled, *late} if month < self._period.name):
            before = sorted((billing for billing in billings if billing.period == month), key=attrgetter("ordinal"))
            if not before or before[0].ordinal != 0:
                continue  # its own invoice is still to come and will hold what is late
            billed = [billing for billing in before if not _is_credit(billing)]
            seen = {
                member.id: self._runs.seen_until(billed, member.id, account.id, month) for member in family.accounts
            }
            is_late = any(_is_late(marks.get(name, ()), month, until) for name, until in seen.items())
            if not is_late and month not in amended and not _is_credit(before[-1]):
                continue
            if len(earlier) == MAX_EARLIER:
                unsettled.append(month)
                continue
            period = self._earlier_period(month, before, family)
            then = self._runs.batch(before[0], account.id).meters
            findings += _meters_changed(account.id, month, period.contracts, then, self._meters)
            earlier.append(period)
            windows += self._windows_now(family, period.contracts, period.period, after=seen)
        added = {"earlier": tuple(earlier), "findings": tuple(findings), "unsettled": tuple(unsettled)}
        return AccountPlan(plan.terms.model_copy(update=added), tuple(windows))

    def _earlier_period(self, month: str, before: Sequence[PeriodBilling], family: Family) -> EarlierPeriod:
        """Return an earlier period: its terms as they are known now, and what was billed of it."""
        account, period = family.parent.account.id, Period.month(month)
        frozen = self._runs.terms(before[0], account)
        return EarlierPeriod(
            period=period,
            ordinal=before[-1].ordinal + 1,
            contracts=tuple(governing(family.contracts, period)),
            rounding=self._runs.batch(before[0], account).legal_entity.rounding,
            carried=frozen.carried,
            line_ids=frozen.line_ids,
            billed=tuple(billed_lines(self._register, self._objects, before)),
        )

    def _windows_now(
        self, family: Family, contracts: Sequence[Contract], period: Period, *, after: Mapping[str, str] | None = None
    ) -> tuple[AccountWindow, ...]:
        return tuple(
            window_of(
                member,
                contracts,
                period,
                time_zone=self._entity.time_zone,
                after=(after or {}).get(member.id, ""),
                before=self._now,
                meters=self._meters,
            )
            for member in family.accounts
        )


def _is_credit(billing: PeriodBilling) -> bool:
    return InvoiceId.parse(billing.invoice).is_credit


def _version(contract: Contract) -> str:
    return f"{contract.id}#{contract.version}"


def _rolls_over(contract: Contract) -> bool:
    return any(charge.rollover for charge in contract.charges)


def _reach(contracts: Iterable[Contract]) -> int:
    """Return the months of the longest service period of any charge."""
    return max((charge.cadence.interval.months or 1 for each in contracts for charge in each.charges), default=1)


def _is_late(marks: Iterable[LateMark], month: str, settled: str) -> bool:
    since = _with_skew(settled) if settled else ""
    return any(mark.month == month and mark.written_at >= since for mark in marks)


def _with_skew(instant: str) -> str:
    """Return an instant a little earlier: clocks differ, and looking once more at what is billed bills nothing."""
    return instant_text(datetime.fromisoformat(instant) - CLOCK_SKEW)


def _meters_changed(
    account: str, month: str, contracts: Iterable[Contract], then: Iterable[Meter], now: dict[str, Meter]
) -> Iterator[Finding]:
    """Find meters that measure another thing than when a month was billed: its difference would be of both."""
    measured = {meter.id: meter for meter in then}
    for name in sorted({meter for contract in contracts for charge in contract.charges for meter in charge.meters}):
        if name in measured and _measure(now.get(name)) != _measure(measured[name]):
            yield Finding(
                code="meter_changed",
                severity=Severity.BLOCKING,
                account=account,
                path=f"usage/{month}/{name}",
                message=f"late usage of {month}, which was billed by version {measured[name].version} of meter {name}",
                remedy="publish the meter's next version as it was, and the new measure under a name of its own",
                owner=Owner.BILLING,
            )


def _measure(meter: Meter | None) -> tuple[object, ...]:
    """Return what decides a meter's quantity."""
    return tuple(meter.model_dump(exclude={"version", "name", "unit", "required"}).items()) if meter else ()
