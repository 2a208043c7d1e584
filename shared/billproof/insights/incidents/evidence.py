"""What the runs that raised exceptions kept of their accounts: of those that have one, and of clean ones beside them.

Batches with exceptions are read first, then others, up to a limit: nothing grows with the number of accounts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from billproof.approvals.model import ExceptionRecord, Kind
from billproof.completeness.shapes import Shape
from billproof.errors import NotFound, ObjectUnreadable
from billproof.identities import RunId
from billproof.insights.incidents.facts import (
    facts_of_contracts,
    facts_of_finding,
    facts_of_profile,
    refused,
    rule,
)
from billproof.insights.incidents.grouping import Clean, Fact
from billproof.pipeline.artefacts import BATCH_PLAN, PROFILE, REFUSED, RUN_PLAN, VALIDATED, Artefact, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.pipeline.starting import closed_runs_before
from billproof.ports import Objects, Records
from billproof.pricing.terms import BatchPlan
from billproof.usage.keys import bucket_name
from billproof.usage.profiles import Profile

MOST_RUNS = 3
"""The last runs of a month whose exceptions are looked into."""
MOST_BATCHES = 200
MOST_BUCKETS = 200
HOUR_LETTERS = 13
"""Letters of an hour, such as 2013-02-10T14."""


@dataclass
class AccountFacts:
    """The facts of the accounts that were looked at, and the first moment of each fact where it is known.

    `policies` are the versions of the policy by run: that of the run and that of the month before, 0 for none.
    `accounts` counts those of the runs; `unreadable` are the objects that could not be read.
    """

    facts: dict[str, set[Fact]] = field(default_factory=lambda: defaultdict(set))
    first: dict[Fact, str] = field(default_factory=dict)
    policies: dict[str, tuple[int, int]] = field(default_factory=dict)
    accounts: int = 0
    unreadable: list[str] = field(default_factory=list)

    def clean(self, excepted: set[str]) -> Clean:
        """Count the facts of the accounts that have no exception."""
        accounts = [account for account in self.facts if account not in excepted]
        return Clean(len(accounts), Counter(fact for account in accounts for fact in self.facts[account]))

    def note(self, account: str, fact: Fact, *, first: str = "", excepted: set[str]) -> None:
        """Keep a fact of an account, and when it was first so of one that has an exception."""
        self.facts[account].add(fact)
        if first and account in excepted:
            self.first[fact] = min(first, self.first.get(fact, first))


def evidence_of(opened: Iterable[ExceptionRecord], objects: Objects, records: Records) -> AccountFacts:
    """Read what the last runs kept of the accounts whose invoices they held, and of others; it raises for nothing."""
    evidence, by_run = AccountFacts(), defaultdict[str, list[ExceptionRecord]](list)
    for record in opened:
        if record.kind is Kind.INVOICE:
            by_run[record.run].append(record)
    excepted = {record.subject for records_of in by_run.values() for record in records_of}
    for run in sorted(by_run, key=lambda name: RunId.parse(name).ordinal, reverse=True)[:MOST_RUNS]:
        _RunReading(evidence, Artefacts(objects), excepted).add(run, by_run[run], records)
    return evidence


@dataclass
class _RunReading:
    """Reads one run after another."""

    evidence: AccountFacts
    artefacts: Artefacts
    excepted: set[str]
    owners: dict[str, str] = field(default_factory=dict)
    """Who is billed for the usage of each account."""

    def add(self, run: str, held: Sequence[ExceptionRecord], records: Records) -> None:
        plan = self._read(RUN_PLAN, run)
        if plan is None:
            return
        self.evidence.accounts += plan.accounts
        before = self._plan_before(plan, records)
        self.evidence.policies[run] = plan.policy.version, before.policy.version if before else 0
        first = dict.fromkeys(record.batch for record in held if record.batch)
        buckets: dict[int, None] = {}
        for batch in list(dict.fromkeys([*first, *plan.batches]))[:MOST_BATCHES]:
            terms = self._read(BATCH_PLAN, run, batch)
            if terms is not None:
                buckets |= dict.fromkeys(terms.buckets)
                self._add_terms(terms)
                self._add_warnings(run, batch)
        if plan.has_profiles and before is not None and before.has_profiles and before.buckets == plan.buckets:
            for bucket in list(buckets)[:MOST_BUCKETS]:
                self._add_profiles(plan, before, bucket)
        self._add_refused(plan)

    def _plan_before(self, plan: RunPlan, records: Records) -> RunPlan | None:
        plans = (self._read(RUN_PLAN, run) for run in closed_runs_before(records, plan.legal_entity, plan.period))
        return next((earlier for earlier in plans if earlier is not None and not earlier.is_partial), None)

    def _add_terms(self, plan: BatchPlan) -> None:
        for terms in plan.accounts:
            account = terms.account.id
            self.owners |= dict.fromkeys((member.id for member in terms.members), account)
            self.evidence.facts[account] |= set(facts_of_contracts(terms.contracts, plan.period))

    def _add_warnings(self, run: str, batch: str) -> None:
        validated = self._read(VALIDATED, run, batch)
        for account, findings in validated.findings.items() if validated else ():
            for finding in findings:
                self.evidence.facts[account] |= {*facts_of_finding(finding), rule(finding.code, Kind.INVOICE)}

    def _add_profiles(self, plan: RunPlan, before: RunPlan, bucket: int) -> None:
        known = {profile.key: profile for profile in self._profiles(before, bucket)}
        for profile in self._profiles(plan, bucket):
            owner, earlier = self.owners.get(profile.account), known.get(profile.key)
            for fact in facts_of_profile(profile, earlier) if owner is not None and earlier is not None else ():
                first = profile.first_repeated if fact.what == Shape.REPEATED else ""
                self.evidence.note(owner or "", fact, first=first, excepted=self.excepted)

    def _profiles(self, plan: RunPlan, bucket: int) -> Iterable[Profile]:
        kept = self._read(PROFILE, plan.run, bucket_name(bucket))
        return kept.profiles if kept is not None else ()

    def _add_refused(self, plan: RunPlan) -> None:
        listed = self._read(REFUSED, plan.run) if self.artefacts.has_list(REFUSED, plan) else None
        for event in listed.events if listed is not None else ():
            owner = self.owners.get(event.account or "")
            if owner is not None and event.source:
                first = (event.time or "")[:HOUR_LETTERS]
                self.evidence.note(owner, refused(event.source, event.reason), first=first, excepted=self.excepted)

    def _read[M: BaseModel](self, artefact: Artefact[M], run: str, part: str = "") -> M | None:
        try:
            return self.artefacts.read(artefact, run, part)
        except (NotFound, ObjectUnreadable):
            self.evidence.unreadable.append(artefact.key(run, part))
            return None
