"""A month's end on a restored stack: its runs are started, and each ends or waits for a person."""

from billproof.approvals.model import Kind
from billproof.pipeline.starting import RUNNING
from billproof_ops.billing import RUN_TIMEOUT_SECONDS, run_state, start_run
from billproof_ops.exceptions import exceptions_of
from billproof_ops.model import Shown
from billproof_ops.target import Target
from billproof_ops.waiting import until

WAITS, SUCCEEDED = "WAITS", "SUCCEEDED"
"""How far a run came by itself: a control may have a person look at it first."""


class MonthEnd(Shown):
    """A run of a month's end, and how far it came."""

    run: str
    status: str

    @property
    def goes_on(self) -> bool:
        """Whether the run is over, or a person decides when it goes on."""
        return self.status in {WAITS, SUCCEEDED}


def bill_month(target: Target, period: str, *, who: str) -> tuple[MonthEnd, ...]:
    """Start the run of a month for every legal entity, and return how far each came."""
    entities = target.ports.directory.legal_entities()
    runs = [(entity.id, start_run(target, entity.id, period, who=who).run_id) for entity in entities]
    return tuple(_ended(target, entity, period, run) for entity, run in runs)


def _ended(target: Target, legal_entity: str, period: str, run: str) -> MonthEnd:
    """Wait until a run is over, or for a person to decide; raises OpsError where it takes too long."""

    def look() -> str | None:
        status = run_state(target, run).status
        if status != RUNNING:
            return status
        waiting = (state.opened for state in exceptions_of(target, legal_entity, period, all_of_them=False))
        return WAITS if any(case.kind is Kind.RUN and case.run == run for case in waiting) else None

    return MonthEnd(run=run, status=until(look, what=f"run {run}", timeout_seconds=RUN_TIMEOUT_SECONDS))
