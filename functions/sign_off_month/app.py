"""Comparing a month, closing it, and asking for its reopening."""

from typing import Literal

from pydantic import Field

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.comparing_months import Comparing, compare_months
from billproof.composition import Composition
from billproof.model import Model
from billproof.pipeline.month_facts import SignOff


class SignOffRequest(Model):
    """A legal entity and a month; to compare it anew, to close it, with which open points and why, or to reopen it."""

    legal_entity: str
    period: str
    step: Literal["compare", "close", "reopen"] = "close"
    open_points: tuple[str, ...] = Field(default=(), max_length=1_000)
    reason: str = Field(default="", max_length=1_000)


class SignedOff(SignOff):
    """A month that is signed off; where it is to be reopened, the exception that another person decides."""

    reopening: str = ""


@api_call(SignOffRequest, name="sign_off_month")
def handler(call: RouteCall[SignOffRequest], ports: Composition) -> SignedOff | Comparing:
    """Compare the month, close it, or let another person reopen it; to ask for any again changes nothing."""
    from billproof.approvals.closing_months import CloseSources, WantedClose, ask_for_reopening, close_month

    wanted, caller, now = call.request, call.caller.identity, ports.now()
    if wanted.step == "compare":
        month = wanted.model_dump(include={"legal_entity", "period"})
        return compare_months(**month, caller=caller, policies=ports.policies, workflows=ports.reconciliations, now=now)
    sources = CloseSources(
        directory=ports.directory,
        policies=ports.policies,
        runs=ports.runs,
        decisions=ports.decisions,
        register=ports.register,
        objects=ports.objects,
        book=ports.cash_book,
        statements=ports.statement_book,
        gateways=ports.gateway_book,
        exception_store=ports.exception_store,
        workflows=ports.exceptions,
        grace=ports.settings.grace,
        now=now,
    )
    if wanted.step == "close":
        close = WantedClose.model_validate(wanted.model_dump(exclude={"step"}))
        return SignedOff(**close_month(close, caller=caller, sources=sources).model_dump())
    month = wanted.model_dump(include={"legal_entity", "period", "reason"})
    reopening = ask_for_reopening(**month, caller=caller, sources=sources)
    return SignedOff(**reopening.signed.model_dump(), reopening=reopening.exception)
