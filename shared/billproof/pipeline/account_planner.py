"""What a run has to look at for one account: its terms, the window of the period, and those that late usage reached.

A parent is looked at together with its children: their contracts make lines of its invoice, each by its own usage.

An account whose invoice of the period is released keeps the windows that the invoice was made from, so a run that is
repeated comes to the same document; what arrived since counts as late and is billed with the next invoice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cache
from operator import attrgetter

from billproof.contracts.model import Contract
from billproof.contracts.timeline import governing, timelines
from billproof.errors import UnpriceableCharge
from billproof.findings import Finding, Owner, Severity
from billproof.ids import shard_of
from billproof.invoicing.model import PeriodBilling
from billproof.invoicing.register import Register, is_credit
from billproof.masterdata.directory import AccountRecord, Directory
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account, LegalEntity
from billproof.periods import Period, add_months, instant_text
from billproof.periods import zone as zone_of
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, Artefacts
from billproof.pipeline.history import History, billed_lines
from billproof.ports import Objects
from billproof.pricing.reading import Read
from billproof.pricing.service import unpriceable
from billproof.pricing.terms import AccountTerms, CrmVersion, EarlierPeriod
from billproof.usage.log import LateMark, bucket_name, late_marks
from billproof.usage.model import AccountWindow, PartWindow

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of two functions may differ."""
MAX_EARLIER = 60
"""Earlier periods that one invoice settles, oldest first; the others wait for the next."""


Marks = Mapping[str, Sequence[LateMark]]
"""The marks of late usage, by account."""


@dataclass(frozen=True, slots=True)
class Family:
    """Everything known of an account and of the children that are billed on its invoice."""

    account_record: AccountRecord
    children: tuple[AccountRecord, ...] = ()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The account, then its children."""
        return (self.account_record.account, *(child.account for child in self.children))

    @property
    def contracts(self) -> list[Contract]:
        """Every version of all their contracts; raises UnpriceableCharge where two accounts name theirs alike."""
        found: dict[str, str] = {}
        for contract in (
            each for account_record in (self.account_record, *self.children) for each in account_record.contracts
        ):
            if found.setdefault(contract.id, contract.account) != contract.account:
                message = f"{found[contract.id]} and {contract.account} are on one invoice and both have a contract "
                raise UnpriceableCharge(message + contract.id, contract=contract.id)
        return [each for account_record in (self.account_record, *self.children) for each in account_record.contracts]


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """An account's terms and windows; the windows get their batch when batches are cut."""

    terms: AccountTerms
    windows: tuple[AccountWindow, ...]


class AccountPlanner:
    """Surveys the accounts of one legal entity for one run."""

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
        artefacts = Artefacts(objects)
        self._aggregation = cache(lambda run, bucket: artefacts.read(AGGREGATION_PLAN, run, bucket_name(bucket)))
        self._batch = cache(lambda run, batch: artefacts.read(BATCH_PLAN, run, batch))

    def late(self, accounts: Iterable[str]) -> dict[str, list[LateMark]]:
        """Return the marks of late usage, by account."""
        marks: dict[str, list[LateMark]] = {}
        for bucket in sorted({shard_of(account, self._buckets) for account in accounts}):
            for mark in late_marks(self._objects, bucket):
                marks.setdefault(mark.account, []).append(mark)
        return marks

    def survey(self, name: str, marks: Marks) -> AccountPlan | None:
        """Return what the run looks at for an account and its children; None for a child, which its parent's has.

        Terms that cannot be laid out, of the period or of an earlier one, hold the account's invoice and no other's.
        Raises NotFound where it has no profile.
        """
        account_record = self._directory.account_record(name)
        if account_record.account.parent is not None and self._is_billed_by(account_record.account.parent):
            return None
        family = Family(account_record)
        try:
            _refuse_parent(account_record.account)
            family = self._family(account_record)
            return self._survey(family, marks)
        except UnpriceableCharge as error:
            children = family.accounts[1:]
            terms = AccountTerms(
                account=account_record.account, children=children, contracts=(), findings=(unpriceable(name, error),)
            )
            return AccountPlan(terms, self._windows_now(family, (), self._period))

    def _is_billed_by(self, parent: str) -> bool:
        """Say whether an account may bill its children: it is of the same legal entity, and nobody's child."""
        account = self._directory.account(parent)
        return account is not None and account.legal_entity == self._entity.id and account.parent is None

    def _family(self, account_record: AccountRecord, names: Iterable[str] | None = None) -> Family:
        """Return an account with its children, those of another legal entity left out; raises UnpriceableCharge."""
        children = [
            self._directory.account_record(each) for each in (account_record.children if names is None else names)
        ]
        return Family(account_record, tuple(each for each in children if each.account.legal_entity == self._entity.id))

    def _survey(self, family: Family, marks: Marks) -> AccountPlan:
        account = family.account_record.account
        name = account.id
        settlements = self._register.settlements(self._entity.id, name)
        own = next((each for each in settlements if (each.period, each.ordinal) == (self._period.name, 0)), None)
        if own is not None:
            frozen = self._frozen(own, name)
            family = self._family(family.account_record, (child.id for child in frozen.children))
        versions = family.contracts
        contracts = tuple(governing(versions, self._period))
        timelines(contracts, self._period)
        _refuse_several_zones(contracts)
        facts = {
            "account": account,
            "children": family.accounts[1:],
            "contracts": contracts,
            "known": _versions(versions),
            "crm": _crm_versions(family),
        }
        if own is not None:
            kept = {field: getattr(frozen, field) for field in KEPT}
            windows = (window for member in family.accounts for window in self._windows(own, member.id))
            return AccountPlan(AccountTerms(**facts, **kept), tuple(windows))
        history = History(self._register, self._objects, settlements, self._period)
        drawn, place = history.drawn()
        terms = AccountTerms(
            **facts,
            carried=history.carried() if any(_rolls_over(contract) for contract in contracts) else (),
            drawn=drawn,
            credits=place if any(contract.credits for contract in contracts) else None,
            before=history.invoice_before(),
            unbilled_one_offs=history.unbilled_one_offs(contracts),
        )
        plan = AccountPlan(terms, self._windows_now(family, contracts, self._period))
        plan = self._with_earlier(plan, marks, settlements, family, self._amended(family, history))
        first = min((each.period.start for each in plan.terms.earlier), default=self._period.start)
        since = add_months(first, 1 - _reach(contracts))  # what starts as early may be billed now, in arrears
        committed = history.committed(timelines(contracts, self._period), since)
        return replace(plan, terms=plan.terms.model_copy(update={"committed": committed}))

    def _amended(self, family: Family, history: History) -> set[str]:
        """Name the settled months that a version may have changed which was not known when the last one was settled.

        A month bills in advance what starts before the end of the next one, as far as the longest cadence reaches.
        """
        last = history.last_settled()
        if last is None:
            return set()
        before = self._frozen(last, family.account_record.account.id)
        unknown = [each for each in family.contracts if _version(each) not in before.known]
        if not unknown:
            return set(before.unsettled)
        since = min(each.effective.start for each in unknown)
        reach = _reach(family.contracts)
        months = [Period.month(each.period) for each in history.settled_before()]
        return {*before.unsettled, *(month.name for month in months if add_months(month.next().end, reach) > since)}

    def _with_earlier(
        self,
        plan: AccountPlan,
        marks: Marks,
        settlements: Sequence[PeriodBilling],
        family: Family,
        amended: set[str],
    ) -> AccountPlan:
        account = plan.terms.account
        earlier: list[EarlierPeriod] = []
        findings: list[Finding] = list(plan.terms.findings)
        windows = list(plan.windows)
        unsettled: list[str] = []
        unbilled = {each.period for each in settlements if is_credit(each.invoice)}
        months = {*amended, *unbilled, *(mark.month for each in family.accounts for mark in marks.get(each.id, ()))}
        for month in sorted(month for month in months if month < self._period.name):
            before = sorted((each for each in settlements if each.period == month), key=attrgetter("ordinal"))
            if not before or before[0].ordinal != 0:
                continue  # its own invoice is still to come and will hold what is late
            billed = [each for each in before if not is_credit(each.invoice)]
            settled = {each.id: self._settled(billed, each.id, account.id, month) for each in family.accounts}
            is_late = any(_is_late(marks.get(name, ()), month, until) for name, until in settled.items())
            if not is_late and month not in amended and not is_credit(before[-1].invoice):
                continue
            if len(earlier) == MAX_EARLIER:
                unsettled.append(month)
                continue
            period = Period.month(month)
            billed_by = self._batch(before[0].run, self._batch_of(before[0], account.id))
            contracts = tuple(governing(family.contracts, period))
            findings += _meters_changed(account.id, month, contracts, billed_by.meters, self._meters)
            earlier.append(
                EarlierPeriod(
                    period=period,
                    ordinal=before[-1].ordinal + 1,
                    contracts=contracts,
                    rounding=billed_by.legal_entity.rounding,
                    carried=self._frozen(before[0], account.id).carried,
                    billed=tuple(billed_lines(self._register, self._objects, before)),
                )
            )
            windows += self._windows_now(family, contracts, period, after=settled)
        settled_terms = {"earlier": tuple(earlier), "findings": tuple(findings), "unsettled": tuple(unsettled)}
        return AccountPlan(plan.terms.model_copy(update=settled_terms), tuple(windows))

    def _frozen(self, settlement: PeriodBilling, account: str) -> AccountTerms:
        batch = self._batch(settlement.run, self._batch_of(settlement, account))
        return next(terms for terms in batch.accounts if terms.account.id == account)

    def _batch_of(self, settlement: PeriodBilling, account: str) -> str:
        return self._windows(settlement, account)[0].batch

    def _windows(self, settlement: PeriodBilling, account: str) -> tuple[AccountWindow, ...]:
        plan = self._aggregation(settlement.run, shard_of(account, self._buckets))
        return tuple(window for window in plan.windows if window.account == account)

    def _settled(self, settlements: Iterable[PeriodBilling], member: str, account: str, month: str) -> str:
        """Return until when a member's events of a month were seen by the invoices that settled it; "" if never.

        A child that joined later lies in a bucket that their runs need not have planned.
        """
        seen = [""]
        for settlement in settlements:
            batch = self._batch(settlement.run, self._batch_of(settlement, account))
            if shard_of(member, self._buckets) in batch.buckets:
                seen += [each.before for each in self._windows(settlement, member) if each.period == month]
        return max(seen)

    def _windows_now(
        self, family: Family, contracts: Sequence[Contract], period: Period, *, after: Mapping[str, str] | None = None
    ) -> tuple[AccountWindow, ...]:
        return tuple(
            self._window(member, contracts, period, after=(after or {}).get(member.id, ""))
            for member in family.accounts
        )

    def _window(self, account: Account, contracts: Sequence[Contract], period: Period, *, after: str) -> AccountWindow:
        own = [contract for contract in contracts if contract.account == account.id]
        zone = next((each.time_zone for each in (*own, *contracts)), self._entity.time_zone)
        start, end = period.instants(zone)
        excluded = {exclusion.event_type for contract in own for exclusion in contract.exclusions}
        read = Read.of(contracts, period, account=account.id)
        return AccountWindow(
            account=account.id,
            batch="",
            period=period.name,
            start=instant_text(start),
            end=instant_text(end),
            after=after,
            before=self._now,
            metered=read.conditions(self._meters),
            excluded_types=tuple(sorted(excluded)),
            parts=tuple(PartWindow(name=name, **_instants(days, zone)) for name, days in sorted(read.parts.items())),
            days=_midnights(period, zone) if read.by_day else (),
        )


def _instants(days: Period, zone: str) -> dict[str, str]:
    start, end = days.instants(zone)
    return {"start": instant_text(start), "end": instant_text(end)}


def _midnights(period: Period, zone: str) -> tuple[str, ...]:
    days = [period.start + timedelta(days=number) for number in range(period.days + 1)]
    return tuple(instant_text(datetime.combine(day, time.min, tzinfo=zone_of(zone))) for day in days)


KEPT = ("earlier", "unsettled", "before", "unbilled_one_offs", "carried", "drawn", "credits", "committed")
"""What an account whose invoice is released keeps of the terms that it was made from."""


def _version(contract: Contract) -> str:
    return f"{contract.id}#{contract.version}"


def _versions(contracts: Iterable[Contract]) -> tuple[str, ...]:
    return tuple(_version(contract) for contract in contracts)


def _rolls_over(contract: Contract) -> bool:
    return any(charge.rollover for charge in contract.charges)


def _reach(contracts: Iterable[Contract]) -> int:
    """Return the months of the longest service period of any charge."""
    return max((charge.cadence.interval.months or 1 for each in contracts for charge in each.charges), default=1)


def _refuse_parent(account: Account) -> None:
    """Refuse to bill a child whose parent cannot; raises UnpriceableCharge."""
    if account.parent is not None:
        message = f"its parent {account.parent} is no account of {account.legal_entity}, or is a child itself"
        raise UnpriceableCharge(message, contract="account/parent")


def _refuse_several_zones(contracts: Iterable[Contract]) -> None:
    """Refuse to pool usage over periods that begin at different instants; raises UnpriceableCharge."""
    found = list(contracts)
    zones = sorted({contract.time_zone for contract in found})
    if len(zones) > 1 and any(charge.pooled for contract in found for charge in contract.charges):
        message = f"usage is pooled over contracts in {' and '.join(zones)}"
        raise UnpriceableCharge(message, contract="contracts")


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


def _crm_versions(family: Family) -> tuple[CrmVersion, ...]:
    known = {(contract.id, contract.version): contract.terms_digest for contract in family.contracts}
    return tuple(
        CrmVersion(
            contract=state.id,
            version=state.contract_version,
            terms_digest=state.terms_digest,
            known=known.get((state.id, state.contract_version)),
        )
        for account_record in (family.account_record, *family.children)
        for state in account_record.crm
    )
