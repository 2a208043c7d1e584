"""What a billing run is asked, plans, answers step by step, and states at its end."""

import operator
from enum import StrEnum

from pydantic import Field

from billproof.approvals.policy import Policy
from billproof.findings import Finding
from billproof.identities import RunId
from billproof.model import Model
from billproof.money import Money, Taxed
from billproof.periods import Period
from billproof.readings import Reading
from billproof.usage.model import AccountWindow, EventCounts
from billproof.usage.refusal_model import QuarantinedAt

PROFILES = "profiles"
"""What a run lists where it keeps profiles of its accounts' events, and what its check warns of."""


class RunPlan(Model):
    """The plan of a run: its buckets and batches, the instants of its period, and by what it decides.

    A partial run is of some accounts only: it says nothing of what sources sent. Where the legal entity declares its
    `usage_sources`, what others state or do not send holds nobody. `lists` names the artefacts that the run has beside
    this one: of a run of before, which has no such list, one that is gone is told.
    """

    run: str
    legal_entity: str
    period: Period
    accounts: int
    buckets: tuple[int, ...]
    batches: tuple[str, ...]
    start: str
    end: str
    received_before: str
    requested_by: str
    policy: Policy
    has_control_totals: bool
    is_partial: bool = False
    usage_sources: tuple[str, ...] = ()
    lists: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)

    @property
    def has_profiles(self) -> bool:
        """Whether the run keeps profiles of its accounts' events, and states what its check warns of."""
        return PROFILES in self.lists

    @property
    def is_checked(self) -> bool:
        """Whether the check of its completeness left its results: a run of nothing is not checked.

        Of a run of before, which names no lists, it is not known.
        """
        return bool(self.lists and self.batches)

    def relies_on(self, source: str) -> bool:
        """Say whether a source may hold the run."""
        return not self.usage_sources or source in self.usage_sources


class CheckWarnings(Model):
    """What the check of a run's completeness warns of and does not hold: the statement reports it."""

    run: str
    findings: tuple[Finding, ...]


class CurrencyTotal(Model):
    """Invoices of one currency and what they come to."""

    invoices: int
    totals: Taxed


class RunStatement(Model):
    """What a run did, computed from what it wrote.

    `quarantined` counts refused events of the run's accounts and period, `quarantined_unattributed` those of no account
    that is known; `quarantine` has both by place and state, with late ones of earlier periods.
    """

    run: str
    legal_entity: str
    period: Period
    accounts: int
    events: EventCounts
    late_events: EventCounts
    quarantined: int
    quarantined_unattributed: int
    quarantine: tuple[QuarantinedAt, ...] = ()
    released: int
    already_released: int
    changed_after_release: int
    held: int
    without_contract: int
    totals: dict[str, CurrencyTotal]
    held_at_risk: dict[str, Money]
    findings: tuple[Finding, ...]


class SeenControlTotals(Model):
    """The objects of control totals that a run saw: what its sources stated by the moment at which it was planned."""

    objects: tuple[str, ...]


class PlanRequest(Model):
    """A run to plan: whose it is, its month, who asked for it, and the accounts that it is limited to, if any.

    Where planning is divided it is asked again: for each of the `parts`, by its number, and then to join them. All of
    that is done as of one moment, `planned_at`.
    """

    run_id: str
    legal_entity: str
    period: str
    requested_by: str
    only_accounts: tuple[str, ...] = ()
    planned_at: str = ""
    parts: int = Field(default=0, ge=0)
    part: int | None = Field(default=None, ge=0)

    @property
    def is_first_run(self) -> bool:
        """Whether no run of the month came before it; a preview is not a run, and may come after some."""
        first = RunId(self.legal_entity, self.period, 1)
        return self.run_id == str(first)


class PlanPart(Model):
    """What a part of a divided planning came to: how many accounts, their batches, and the windows in each bucket."""

    run: str
    part: int
    planned_at: str
    accounts: int
    batches: tuple[str, ...]
    windows: dict[int, int]


class PartWindows(Model):
    """What a part of a divided planning reads of a bucket: the windows of its accounts, and what is measured."""

    windows: tuple[AccountWindow, ...]
    readings: tuple[Reading, ...]


class RunRequest(Model):
    """What a step of a whole run is called with."""

    run_id: str


class BatchRequest(Model):
    """What the steps of a batch are called with: a run and one of its batches."""

    run_id: str
    batch_id: str


class BucketRequest(Model):
    """What the aggregation is called with: a run and one of its buckets."""

    run_id: str
    bucket: int


class StepOutcome(StrEnum):
    """What a step of a batch came to; the workflow branches on `held` after the release."""

    PRICED = "priced"
    VALIDATED = "validated"
    TAXED = "taxed"
    DRAFTED = "drafted"
    HELD = "held"
    RELEASED = "released"
    RAISED = "raised"


class StepResult(Model):
    """What a step of a batch returns to the workflow: references and counts, nothing else."""

    run_id: str
    batch_id: str
    outcome: StepOutcome
    accounts: int
    findings: int
