"""The routes of what became of usage: where an event is, and what an account has used so far."""

from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.routes import Route, RouteCall
from billproof.composition import Composition
from billproof.model import Model
from billproof.pipeline.event_finding import EventPlace, account_of_event, find_event
from billproof.pipeline.live_usage import RunningUsage, running_usage


class SoughtEvent(Model):
    """An event by its account, or the id that it came under, and its source, id and time."""

    account: AskedText
    source: AskedText
    id: AskedText
    time: AskedText


class AskedUsage(Model):
    """A month of an account; without one, the month that is under way in UTC."""

    account: AskedText
    period: str = ""


def _find(call: RouteCall[SoughtEvent], ports: Composition) -> EventPlace:
    """Say where an event is: in the log, refused and why, on which invoice's lines of the account that bills it."""
    sought = call.request
    billed = account_of_event(sought.account, source=sought.source, time=sought.time, directory=ports.directory)
    return find_event(
        account=call.account(billed, ports),
        subject=sought.account,
        source=sought.source,
        event=sought.id,
        time=sought.time,
        objects=ports.objects,
        directory=ports.directory,
        register=ports.register,
        buckets=ports.buckets(),
    )


def _usage(call: RouteCall[AskedUsage], ports: Composition) -> RunningUsage:
    """Return what an account has used of a month so far, and what it comes to."""
    account = call.account(call.request.account, ports)
    now = ports.now()
    return running_usage(
        legal_entity=account.legal_entity,
        account=account.id,
        period=call.request.period or f"{now:%Y-%m}",
        sources=ports.preview_sources(),
        now=now,
    )


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/usage-events": Route(SoughtEvent, Scope.USAGE_READ, _find),
    "GET /v1/accounts/{account}/usage": Route(AskedUsage, Scope.USAGE_READ, _usage),
}
