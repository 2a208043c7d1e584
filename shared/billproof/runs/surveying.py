"""What a run has to look at for one account: its terms, the window of the period, and those that late usage reached.

An account whose invoice of the period is released keeps the windows that the invoice was made from, so a run that is
repeated comes to the same document; what arrived since counts as late and is billed with the next invoice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from operator import attrgetter

from billproof.artefacts import Artefacts
from billproof.contracts.directory import Directory, Dossier
from billproof.contracts.model import Account, Contract, LegalEntity, Meter
from billproof.contracts.terms import PLAN, AccountTerms, BatchPlan, CrmWord, EarlierPeriod
from billproof.contracts.timeline import governing, timelines
from billproof.errors import UnpriceableCharge
from billproof.findings import Finding, Owner, Severity
from billproof.ids import shard_of
from billproof.invoicing.model import Settlement
from billproof.invoicing.register import Register, is_credit
from billproof.periods import Period, add_months, instant_text
from billproof.periods import zone as zone_of
from billproof.ports import Objects
from billproof.pricing.reading import Read
from billproof.pricing.service import unpriceable
from billproof.runs.history import History, billed_lines
from billproof.usage.log import LateMark, bucket_name, late_marks
from billproof.usage.model import AGGREGATION_PLAN, AccountWindow, AggregationPlan, PartWindow

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of two functions may differ."""
MAX_EARLIER = 60
"""Earlier periods that one invoice settles, oldest first; the others wait for the next."""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """An account's terms and windows; the windows get their batch when batches are cut."""

    terms: AccountTerms
    windows: tuple[AccountWindow, ...]


class Surveyor:
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
        self._aggregation = cache(
            lambda run, bucket: artefacts.read(run, AGGREGATION_PLAN, bucket_name(bucket), AggregationPlan)
        )
        self._batch = cache(lambda run, batch: artefacts.read(run, PLAN, batch, BatchPlan))

    def late(self, accounts: Iterable[str]) -> dict[str, list[LateMark]]:
        """Return the marks of late usage, by account."""
        marks: dict[str, list[LateMark]] = {}
        for bucket in sorted({shard_of(account, self._buckets) for account in accounts}):
            for mark in late_marks(self._objects, bucket):
                marks.setdefault(mark.account, []).append(mark)
        return marks

    def survey(self, name: str, marks: Sequence[LateMark]) -> AccountPlan:
        """Return what the run looks at for an account; raises NotFound where it has no profile.

        Terms that cannot be laid out, of the period or of an earlier one, hold the account's invoice and no other's.
        """
        dossier = self._directory.dossier(name)
        try:
            return self._survey(dossier, marks)
        except UnpriceableCharge as error:
            terms = AccountTerms(account=dossier.account, contracts=(), findings=(unpriceable(name, error),))
            return AccountPlan(terms, (self._window(dossier.account, (), self._period),))

    def _survey(self, dossier: Dossier, marks: Sequence[LateMark]) -> AccountPlan:
        account = dossier.account
        name = account.id
        contracts = tuple(governing(dossier.contracts, self._period))
        timelines(contracts, self._period)
        settlements = self._register.settlements(self._entity.id, name)
        own = next((each for each in settlements if (each.period, each.ordinal) == (self._period.name, 0)), None)
        if own is not None:
            frozen = self._frozen(own, name)
            kept = {field: getattr(frozen, field) for field in KEPT}
            known = _versions(dossier.contracts)
            terms = AccountTerms(account=account, contracts=contracts, known=known, crm=_crm_words(dossier), **kept)
            return AccountPlan(terms, self._windows(own, name))
        history = History(self._register, self._objects, settlements, self._period)
        drawn, place = history.drawn()
        terms = AccountTerms(
            account=account,
            contracts=contracts,
            known=_versions(dossier.contracts),
            carried=history.carried() if any(_rolls_over(contract) for contract in contracts) else (),
            drawn=drawn,
            credits=place if any(contract.credits for contract in contracts) else None,
            crm=_crm_words(dossier),
            before=history.invoice_before(),
            unbilled_one_offs=history.unbilled_one_offs(contracts),
        )
        plan = AccountPlan(terms, (self._window(account, contracts, self._period),))
        return self._with_earlier(plan, marks, settlements, dossier.contracts, self._amended(dossier, history))

    def _amended(self, dossier: Dossier, history: History) -> set[str]:
        """Name the settled months that a version may have changed which was not known when the last one was settled.

        A month bills in advance what starts before the end of the next one, as far as the longest cadence reaches.
        """
        last = history.last_settled()
        if last is None:
            return set()
        before = self._frozen(last, dossier.account.id)
        unknown = [each for each in dossier.contracts if _version(each) not in before.known]
        if not unknown:
            return set(before.unsettled)
        since = min(each.effective.start for each in unknown)
        reach = max(charge.cadence.interval.months or 1 for each in dossier.contracts for charge in each.charges)
        months = [Period.month(each.period) for each in history.settled_before()]
        return {*before.unsettled, *(month.name for month in months if add_months(month.next().end, reach) > since)}

    def _with_earlier(
        self,
        plan: AccountPlan,
        marks: Sequence[LateMark],
        settlements: Sequence[Settlement],
        versions: Sequence[Contract],
        amended: set[str],
    ) -> AccountPlan:
        account = plan.terms.account
        earlier: list[EarlierPeriod] = []
        findings: list[Finding] = list(plan.terms.findings)
        windows = list(plan.windows)
        unsettled: list[str] = []
        unbilled = {each.period for each in settlements if is_credit(each.invoice)}
        months = {*amended, *unbilled, *(mark.month for mark in marks)}
        for month in sorted(month for month in months if month < self._period.name):
            before = sorted((each for each in settlements if each.period == month), key=attrgetter("ordinal"))
            if not before or before[0].ordinal != 0:
                continue  # its own invoice is still to come and will hold what is late
            billed = [each for each in before if not is_credit(each.invoice)]
            settled = max(self._window_of(each, account.id, month).before for each in billed)
            is_late = any(mark.month == month and mark.written_at >= _with_skew(settled) for mark in marks)
            if not is_late and month not in amended and not is_credit(before[-1].invoice):
                continue
            if len(earlier) == MAX_EARLIER:
                unsettled.append(month)
                continue
            period = Period.month(month)
            billed_by = self._batch(before[0].run, self._window_of(before[0], account.id, month).batch)
            contracts = tuple(governing(versions, period))
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
            windows.append(self._window(account, contracts, period, after=settled))
        settled_terms = {"earlier": tuple(earlier), "findings": tuple(findings), "unsettled": tuple(unsettled)}
        return AccountPlan(plan.terms.model_copy(update=settled_terms), tuple(windows))

    def _frozen(self, settlement: Settlement, account: str) -> AccountTerms:
        batch = self._window_of(settlement, account, settlement.period).batch
        return next(terms for terms in self._batch(settlement.run, batch).accounts if terms.account.id == account)

    def _windows(self, settlement: Settlement, account: str) -> tuple[AccountWindow, ...]:
        plan = self._aggregation(settlement.run, shard_of(account, self._buckets))
        return tuple(window for window in plan.windows if window.account == account)

    def _window_of(self, settlement: Settlement, account: str, period: str) -> AccountWindow:
        return next(window for window in self._windows(settlement, account) if window.period == period)

    def _window(
        self, account: Account, contracts: Sequence[Contract], period: Period, *, after: str = ""
    ) -> AccountWindow:
        zone = contracts[0].time_zone if contracts else self._entity.time_zone
        start, end = period.instants(zone)
        excluded = {exclusion.event_type for contract in contracts for exclusion in contract.exclusions}
        read = Read.of(contracts, period)
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


KEPT = ("earlier", "unsettled", "before", "unbilled_one_offs", "carried", "drawn", "credits")
"""What an account whose invoice is released keeps of the terms that it was made from."""


def _version(contract: Contract) -> str:
    return f"{contract.id}#{contract.version}"


def _versions(contracts: Iterable[Contract]) -> tuple[str, ...]:
    return tuple(_version(contract) for contract in contracts)


def _rolls_over(contract: Contract) -> bool:
    return any(charge.rollover for charge in contract.charges)


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


def _crm_words(dossier: Dossier) -> tuple[CrmWord, ...]:
    known = {(contract.id, contract.version): contract.terms_digest for contract in dossier.contracts}
    return tuple(
        CrmWord(
            contract=state.id,
            version=state.contract_version,
            terms_digest=state.terms_digest,
            known=known.get((state.id, state.contract_version)),
        )
        for state in dossier.crm
    )
