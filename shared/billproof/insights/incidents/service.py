"""The incidents of a month: its exceptions, decided ones too, grouped by what they share. Nothing is stored by it.

What was decided stays in its incident, so that one that is decided in part goes on under the same id.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billproof.approvals.exception_store import ExceptionStore, superseded_by
from billproof.approvals.governing import PolicyBook
from billproof.approvals.incident_id import IncidentId, SharedKind
from billproof.approvals.model import ExceptionState, Kind, Verdict
from billproof.errors import NotFound
from billproof.findings import Severity
from billproof.identities import InvoiceId
from billproof.ids import shown
from billproof.insights.incidents.evidence import AccountFacts, evidence_of
from billproof.insights.incidents.facts import bounded_facts, facts_of_record
from billproof.insights.incidents.grouping import Clean, Fact, SharedGroup, grouped
from billproof.insights.incidents.model import Incident, MonthIncidents
from billproof.insights.incidents.telling import lift_text, remedy_of, told
from billproof.masterdata.directory import Directory
from billproof.money import Money
from billproof.periods import Period
from billproof.ports import Objects, Records


@dataclass(frozen=True, slots=True)
class IncidentSources:
    """What incidents are read from; nothing is written."""

    exception_store: ExceptionStore
    objects: Objects
    records: Records
    directory: Directory
    policies: PolicyBook


def incidents_of(legal_entity: str, period: str, *, sources: IncidentSources) -> MonthIncidents:
    """SharedGroup the exceptions of a month, the largest incident first; raises InvalidPeriod and NotFound."""
    month = Period.month(period)
    states = _standing(sources.exception_store.of_period(legal_entity, month.name))
    evidence = evidence_of((state.opened for state in states), sources.objects, sources.records)
    excepted = {state.opened.subject for state in states}
    clean = evidence.clean(excepted)
    erp = sources.directory.legal_entity(legal_entity).erp
    new_rules = _NewRules.of(legal_entity, month, states, evidence, sources)
    facts = {state.opened.id: _facts(state, erp, evidence, new_rules) for state in states}
    groups = grouped(facts, clean)
    by_id = {state.opened.id: state for state in states}
    first = evidence.first | new_rules.first | {fact: fact.what for fact in _changed_contracts(groups)}
    members = {_id(legal_entity, month, group): [by_id[name] for name in group.exceptions] for group in groups}
    return MonthIncidents(
        incidents=tuple(
            _incident(name, group, members[name], clean, len(states), first.get(group.fact))
            for name, group in zip(members, groups, strict=True)
        ),
        states={name: tuple(of_group) for name, of_group in members.items()},
        alone=len(states) - sum(len(group.exceptions) for group in groups),
        left_out=max(evidence.accounts - len(evidence.facts), 0),
        unreadable=tuple(dict.fromkeys(evidence.unreadable)),
    )


def incident_of(incident: str, *, sources: IncidentSources) -> tuple[Incident, tuple[ExceptionState, ...]]:
    """Return an incident with its exceptions; raises NotFound where no exceptions share that any more."""
    identity = IncidentId.parse(incident)
    month = incidents_of(identity.legal_entity, identity.period, sources=sources)
    known = next((one for one in month.incidents if one.id == incident), None)
    if known is None:
        message = f"there is no incident {shown(incident)}"
        raise NotFound(message)
    return known, month.states[incident]


def _standing(states: Sequence[ExceptionState]) -> list[ExceptionState]:
    """Leave out what is no longer needed, or held anew by a later run."""
    of_subject: dict[str, list[ExceptionState]] = defaultdict(list)
    for state in states:
        of_subject[state.opened.subject].append(state)
    return [
        state
        for state in states
        if state.status != Verdict.SUPERSEDED
        and (state.decision is not None or superseded_by(state, of_subject[state.opened.subject]) is None)
    ]


@dataclass(frozen=True, slots=True)
class _NewRules:
    """The versions of the policy that took effect since the month before, and the controls that held nothing then."""

    versions: dict[str, int]
    known: set[str]
    first: dict[Fact, str]

    @classmethod
    def of(
        cls,
        legal_entity: str,
        month: Period,
        states: Iterable[ExceptionState],
        evidence: AccountFacts,
        sources: IncidentSources,
    ) -> "_NewRules":
        versions = {run: now for run, (now, before) in evidence.policies.items() if before and now != before}
        if not versions:
            return cls({}, set(), {})
        earlier = sources.exception_store.of_period(legal_entity, Period.month_ending(month.start).name)
        known = {code for state in earlier for code in _holding(state)}
        history = sources.policies.history(legal_entity)
        first: dict[Fact, str] = {}
        for state in states:
            version = history.number(versions.get(state.opened.run, 0))
            confirmation = version.confirmation if version is not None else None
            for code in _holding(state) - known if confirmation is not None else ():
                first[_configured(versions[state.opened.run], code)] = confirmation.confirmed_at if confirmation else ""
        return cls(versions, known, first)

    def facts_of(self, state: ExceptionState) -> set[Fact]:
        """Return that a control holds what it did not hold under the version of the month before."""
        version = self.versions.get(state.opened.run) if state.opened.kind is Kind.INVOICE else None
        return {_configured(version, code) for code in _holding(state) - self.known} if version else set()


def _configured(version: int, code: str) -> Fact:
    return Fact(SharedKind.CONFIGURATION, f"policy version {version}", code)


def _holding(state: ExceptionState) -> set[str]:
    return {finding.code for finding in state.opened.findings if finding.severity is Severity.BLOCKING}


def _facts(state: ExceptionState, erp: str, evidence: AccountFacts, new_rules: _NewRules) -> tuple[Fact, ...]:
    facts = facts_of_record(state.opened, erp=erp) | new_rules.facts_of(state)
    if state.opened.kind is Kind.INVOICE:  # warnings are no rules that hold it
        facts |= {fact for fact in evidence.facts.get(state.opened.subject, ()) if fact.kind is not SharedKind.RULE}
    return bounded_facts(facts)


def _changed_contracts(groups: Iterable[SharedGroup]) -> Iterator[Fact]:
    """Yield the facts that name a day themselves."""
    return (group.fact for group in groups if group.fact.kind is SharedKind.CONTRACT)


def _id(legal_entity: str, month: Period, group: SharedGroup) -> str:
    return str(IncidentId(legal_entity, month.name, group.fact.kind, group.fact.thing, group.fact.what))


def _incident(
    name: str, group: SharedGroup, states: list[ExceptionState], clean: Clean, exceptions: int, first_bad: str | None
) -> Incident:
    identity = IncidentId.parse(name)
    waiting = [state for state in states if state.decision is None]
    amounts = [state.opened.amount for state in waiting if state.opened.kind is not Kind.RUN]
    return Incident(
        id=name,
        legal_entity=identity.legal_entity,
        period=identity.period,
        kind=identity.kind,
        thing=identity.thing,
        what=identity.what,
        says=told(group, clean, exceptions, first_bad),
        first_bad=first_bad,
        opened_at=min(state.opened.opened_at for state in states),
        accounts=len({_account(state) for state in states} - {""}),
        exceptions=len(states),
        waiting=len(waiting),
        amounts=_sums(amount for amount in amounts if amount is not None),
        unknown_amounts=amounts.count(None),
        clean_looked_at=clean.accounts,
        clean_sharing=group.clean,
        lift=Decimal(lift_text(group.lift)),
        remedy=remedy_of(group.fact, states),
    )


def _account(state: ExceptionState) -> str:
    opened = state.opened
    if opened.kind is Kind.INVOICE:
        return opened.subject
    if opened.kind is Kind.CREDIT_NOTE:
        return InvoiceId.of_subject(opened.legal_entity, opened.period, opened.subject).account
    return next((finding.account for finding in opened.findings if finding.account), "")


def _sums(amounts: Iterable[Money]) -> tuple[Money, ...]:
    by_currency: dict[str, list[Money]] = defaultdict(list)
    for amount in amounts:
        by_currency[amount.currency].append(amount)
    return tuple(Money.zero(currency).plus(by_currency[currency]) for currency in sorted(by_currency))
