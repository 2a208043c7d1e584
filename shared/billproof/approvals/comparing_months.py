"""Ask for the comparison that closing a month needs: of the month, and of the one before.

What was billed of the month before, and paid since, is dated in the month. The executions are named by the minute, so
that what is asked for twice in one is started once.
"""

from datetime import datetime

from billproof.approvals.asking import known_person
from billproof.approvals.governing import PolicyBook
from billproof.callers import Identity
from billproof.model import Model
from billproof.periods import Period
from billproof.ports import Workflows


class Comparing(Model):
    """The executions that compare a month, and the one before, with the ERP and with payments."""

    legal_entity: str
    period: str
    executions: tuple[str, ...]


def compare_months(
    *,
    legal_entity: str,
    period: str,
    caller: Identity,
    policies: PolicyBook,
    workflows: Workflows,
    now: datetime,
) -> Comparing:
    """Start the comparison of a month and the one before; a second time within a minute nothing is started.

    Raises NotAllowed for a caller who is no person of the policy, and InvalidPeriod for what is no month.
    """
    known_person(policies, legal_entity, caller)
    month = Period.month(period)
    before = Period.month_ending(month.start).name
    periods = (before, month.name)
    names = [f"{legal_entity}-{name}-{now:%Y%m%dT%H%M}" for name in periods]
    for execution, name in zip(names, periods, strict=True):
        workflows.start(name=execution, document={"legal_entity": legal_entity, "period": name})
    return Comparing(legal_entity=legal_entity, period=month.name, executions=tuple(names))
