"""What people ask for: billing runs, and credit notes (asking_credits.py). Who asks is named by the policy.

    requests#<entity>    <run or credit note>#<person>    who asked for it, by which identity

Another person decides. The fact is written before what is asked for begins, so a proof finds a run or credit note that
its requester never asked for. Two people may ask for the same run at once: only one of them is its requester.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billproof.approvals.governing import PolicyBook
from billproof.approvals.policy import Person
from billproof.approvals.requests import Asked, Requests
from billproof.callers import Identity
from billproof.errors import NotAllowed
from billproof.ids import shown
from billproof.periods import instant_text
from billproof.pipeline.starting import StartedRun, start_billing_run
from billproof.ports import Records, Workflows

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory


def known_person(policies: PolicyBook, entity: str, caller: Identity) -> Person:
    """Return the person that a caller is under the policy in force; raises NotAllowed where it is none."""
    person = policies.in_force(entity).person_of(caller)
    if person is None:
        message = f"the policy of {shown(entity)} has no person with this identity"
        raise NotAllowed(message)
    return person


def ask_for_run(
    *,
    legal_entity: str,
    period: str,
    only_accounts: Sequence[str],
    idempotency_key: str,
    caller: Identity,
    policies: PolicyBook,
    requests: Requests,
    records: Records,
    workflows: Workflows,
    directory: Directory,
    now: datetime,
    grace: timedelta,
) -> StartedRun:
    """Start the next run of a month for a person, unless one is running: then that one is returned.

    Under an idempotency key the run that it started is returned for ever. Raises what start_billing_run raises,
    NotAllowed for a caller who is no person of the policy, and Conflict where the key was used for another run.
    """
    directory.legal_entity(legal_entity)
    person = known_person(policies, legal_entity, caller)
    known = requests.run_under(idempotency_key, person.id, legal_entity, period, only_accounts)
    if known is not None:
        return StartedRun(run_id=known, legal_entity=legal_entity, period=period, started=False)

    def note(run_id: str) -> None:
        requests.note(legal_entity, run_id, Asked(requested_by=person.id, identity=caller, asked_at=instant_text(now)))

    started = start_billing_run(
        legal_entity=legal_entity,
        period=period,
        records=records,
        workflows=workflows,
        directory=directory,
        now=now,
        grace=grace,
        requested_by=person.id,
        only_accounts=only_accounts,
        before_record=note,
    )
    requests.keep_run(idempotency_key, person.id, started.run_id, only_accounts)
    return started
