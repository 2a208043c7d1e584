"""What the command makes happen once more is recorded in the audit chain, under the name of its credentials."""

from contextlib import AbstractContextManager

from billproof.approvals.actions import Asker, OperatorAction, OperatorActions, Outcome
from billproof.audit.naming import SHARED
from billproof_ops.api import own_name
from billproof_ops.target import Target


def recorded(
    target: Target, action: OperatorAction, subject: str, *, who: str | None, before: str, legal_entity: str = SHARED
) -> AbstractContextManager[Outcome]:
    """Record an action before it is done, and what came of it; raises WrongUse where `who` is named on AWS."""
    actions = OperatorActions(target.ports.decisions, legal_entity)
    return actions.recorded(action, subject, by=Asker(own_name(who)), before=before, clock=target.ports.now)
