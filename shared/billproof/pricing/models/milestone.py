"""An amount due once a milestone is reached."""

from datetime import date
from typing import ClassVar, Literal

from billproof.model import Day
from billproof.pricing.models.one_off import DueOnce


class Milestone(DueOnce):
    """An amount due once a milestone is reached; a new version of the contract says when that was."""

    model: Literal["milestone"] = "milestone"
    may_be_due_before: ClassVar[bool] = True
    reached_on: Day | None = None

    @property
    def due_day(self) -> date | None:
        """The day on which it is due, if it is reached."""
        return self.reached_on
