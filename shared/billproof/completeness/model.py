"""What a run knows of its completeness."""

import operator
from datetime import date
from enum import StrEnum

from pydantic import Field

from billproof.findings import Finding
from billproof.model import Computed, Model
from billproof.money import Money


class Stated(Model):
    """What a source stated of a meter over the period, and what the log holds for the same hours.

    Of what is missing, `other_events` may have been counted as those of other sources (other_sources.py).
    """

    source: str
    meter: str
    hours: int
    stated_events: int
    counted_events: int
    stated_total: Computed | None
    counted_total: Computed
    worst_hour: str | None
    worst_missing: int
    other_events: int = Field(default=0, exclude_if=operator.not_)

    @property
    def may_be_hidden(self) -> bool:
        """Whether all that is missing may have been counted as events of other sources."""
        return 0 < self.stated_events - self.counted_events <= self.other_events


class StatedDays(Model):
    """The days of whose hours a source stated what it sent, by UTC."""

    source: str
    days: tuple[date, ...]


class CompletenessOutcome(StrEnum):
    """Whether everything arrived; the workflow branches on `complete`."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"


class Completeness(Model):
    """The check of a run: what was compared, which sources were heard, what is missing and what it is worth.

    `stated_days` is what the run of the next month compares the days of its own totals with.
    """

    run: str
    outcome: CompletenessOutcome
    stated: tuple[Stated, ...]
    sources: tuple[str, ...]
    findings: tuple[Finding, ...]
    amount_at_risk: Money | None
    stated_days: tuple[StatedDays, ...] = Field(default=(), exclude_if=operator.not_)


class CompletenessResult(Model):
    """What the workflow needs to go on: `complete`, or `incomplete` and the exception that waits for a person."""

    run_id: str
    outcome: CompletenessOutcome
    findings: int
    exception: str | None = None
