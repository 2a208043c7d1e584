"""What a run has to look at for one account: its terms, the window of the period, and those that late usage reached.

An account whose invoice of the period is released keeps the windows that the invoice was made from, so a run that is
repeated comes to the same document; what arrived since counts as late and is billed with the next invoice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter

from billproof.artefacts import Artefacts
from billproof.contracts.directory import Directory, Dossier
from billproof.contracts.model import Account, Contract, LegalEntity, Meter
from billproof.contracts.rules import governing
from billproof.contracts.terms import PLAN, AccountTerms, BatchPlan, CrmWord, EarlierPeriod
from billproof.errors import UnpriceableCharge
from billproof.findings import Finding, Owner, Severity
from billproof.ids import digest, shard_of
from billproof.invoicing.model import Settlement
from billproof.invoicing.register import Register
from billproof.periods import Period, instant_text
from billproof.ports import Objects
from billproof.pricing.service import unpriceable
from billproof.runs.history import History, billed_lines
from billproof.usage.log import LateMark, bucket_name, late_marks
from billproof.usage.model import AGGREGATION_PLAN, AccountWindow, AggregationPlan

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
        """Return what the run looks at for an account; raises NotFound where it has no profile."""
        dossier = self._directory.dossier(name)
        account = dossier.account
        try:
            contracts = tuple(governing(dossier.contracts, self._period))
        except UnpriceableCharge as error:
            terms = AccountTerms(account=account, contracts=(), findings=(unpriceable(name, error),))
            return AccountPlan(terms, (self._window(account, (), self._period),))
        settlements = self._register.settlements(self._entity.id, name)
        own = next((each for each in settlements if (each.period, each.ordinal) == (self._period.name, 0)), None)
        if own is not None:
            frozen = self._frozen(own, name)
            kept = {field: getattr(frozen, field) for field in ("earlier", "before", "unbilled_one_offs")}
            terms = AccountTerms(account=account, contracts=contracts, crm=_crm_words(dossier), **kept)
            return AccountPlan(terms, self._windows(own, name))
        history = History(self._register, self._objects, settlements, self._period)
        terms = AccountTerms(
            account=account,
            contracts=contracts,
            crm=_crm_words(dossier),
            before=history.invoice_before(),
            unbilled_one_offs=history.unbilled_one_offs(contracts),
        )
        plan = AccountPlan(terms, (self._window(account, contracts, self._period),))
        return self._with_late(plan, marks, settlements)

    def _with_late(
        self, plan: AccountPlan, marks: Sequence[LateMark], settlements: Sequence[Settlement]
    ) -> AccountPlan:
        account = plan.terms.account
        earlier: list[EarlierPeriod] = []
        findings: list[Finding] = list(plan.terms.findings)
        windows = list(plan.windows)
        for month in sorted({mark.month for mark in marks if mark.month < self._period.name}):
            before = sorted((each for each in settlements if each.period == month), key=attrgetter("ordinal"))
            if not before or before[0].ordinal != 0 or len(earlier) == MAX_EARLIER:
                continue  # its own invoice is still to come and will hold what is late
            settled = max(self._window_of(each, account.id, month).before for each in before)
            if not any(mark.month == month and mark.written_at >= _with_skew(settled) for mark in marks):
                continue
            period = Period.month(month)
            billed_by = self._batch(before[0].run, self._window_of(before[0], account.id, month).batch)
            contracts = self._frozen(before[0], account.id).contracts
            findings += _meters_changed(account.id, month, contracts, billed_by.meters, self._meters)
            earlier.append(
                EarlierPeriod(
                    period=period,
                    ordinal=before[-1].ordinal + 1,
                    contracts=contracts,
                    rounding=billed_by.legal_entity.rounding,
                    billed=tuple(billed_lines(self._register, self._objects, before)),
                )
            )
            windows.append(self._window(account, contracts, period, after=settled))
        return AccountPlan(
            plan.terms.model_copy(update={"earlier": tuple(earlier), "findings": tuple(findings)}), tuple(windows)
        )

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
        start, end = period.instants(contracts[0].time_zone if contracts else self._entity.time_zone)
        excluded = {exclusion.event_type for contract in contracts for exclusion in contract.exclusions}
        return AccountWindow(
            account=account.id,
            batch="",
            period=period.name,
            start=instant_text(start),
            end=instant_text(end),
            after=after,
            before=self._now,
            metered_types=tuple(sorted(_metered_types(contracts, self._meters))),
            excluded_types=tuple(sorted(excluded)),
        )


def _with_skew(instant: str) -> str:
    """Return an instant a little earlier: clocks differ, and looking once more at what is billed bills nothing."""
    return instant_text(datetime.fromisoformat(instant) - CLOCK_SKEW)


def _meters_changed(
    account: str, month: str, contracts: Iterable[Contract], then: Iterable[Meter], now: dict[str, Meter]
) -> Iterator[Finding]:
    """Find meters that measure another thing than when a month was billed: its difference would be of both."""
    measured = {meter.id: meter for meter in then}
    for name in sorted({charge.meter for contract in contracts for charge in contract.charges if charge.meter}):
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
    return (meter.event_type, meter.aggregation, meter.value_property) if meter else ()


def _metered_types(contracts: Iterable[Contract], meters: dict[str, Meter]) -> set[str]:
    return {
        meters[meter].event_type
        for contract in contracts
        for charge in contract.charges
        for meter in (charge.meter, charge.seats_meter)
        if meter in meters
    }


def _crm_words(dossier: Dossier) -> tuple[CrmWord, ...]:
    known = {
        (contract.id, contract.version): digest(contract.model_dump(mode="json")) for contract in dossier.contracts
    }
    return tuple(
        CrmWord(
            contract=state.id,
            version=state.contract_version,
            terms_digest=state.terms_digest,
            known=known.get((state.id, state.contract_version)),
        )
        for state in dossier.crm
    )
