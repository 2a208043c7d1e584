"""A person's request for a billing run: that person decides nothing that it holds."""

from typing import Annotated

from pydantic import Field

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking import ask_for_run
from billproof.composition import Composition
from billproof.model import Model
from billproof.names import Name
from billproof.pipeline.starting import StartedRun


class WantedRun(Model):
    """A legal entity, a month and, where the run is limited to some, accounts."""

    legal_entity: str
    period: str
    only_accounts: Annotated[tuple[Name, ...], Field(max_length=1_000)] = ()


@api_call(WantedRun, name="request_run")
def handler(call: RouteCall[WantedRun], ports: Composition) -> StartedRun:
    """Start the next run of the month; one that is under way, or was started under the same key, is returned."""
    return ask_for_run(
        legal_entity=call.request.legal_entity,
        period=call.request.period,
        only_accounts=call.request.only_accounts,
        idempotency_key=call.idempotency_key,
        caller=call.caller.identity,
        policies=ports.policies,
        requests=ports.requests,
        records=ports.runs,
        workflows=ports.billing_runs,
        directory=ports.directory,
        now=ports.now(),
        grace=ports.settings.grace,
    )
