"""Closing months: who closes with which open points, who asks for a reopening, and policies that let variances wait."""

from typing import Any

from billproof.approvals.closing_months import CloseSources, WantedClose, ask_for_reopening, close_month
from billproof.approvals.policy import VarianceRules
from billproof.pipeline.month_facts import SignOff
from billproof.pipeline.months import sign_off_month
from billproof.reconciliation.model import Variance
from billproof_ops.local.people import local_identity
from tests.support.balances import JAN
from tests.support.cash import arrival, cash_world, number_of, told
from tests.support.world import GRACE, INC, JANUARY, World


def close_sources(world: World) -> CloseSources:
    return CloseSources(
        directory=world.directory,
        policies=world.policies,
        runs=world.runs,
        decisions=world.records["decisions"],
        register=world.register,
        objects=world.objects,
        book=world.cash_book,
        statements=world.statement_book,
        gateways=world.gateway_book,
        exception_store=world.exception_store,
        workflows=world.exceptions,
        grace=GRACE,
        now=world.now(),
    )


def close(
    world: World, month: str = JANUARY, *, by: str = "ana", points: tuple[str, ...] = (), reason: str = ""
) -> SignOff:
    wanted = WantedClose(legal_entity=INC, period=month, open_points=points, reason=reason)
    return close_month(wanted, caller=local_identity(by), sources=close_sources(world))


def ask_to_reopen(world: World, month: str = JANUARY, *, by: str = "ana", reason: str = "a source was late") -> str:
    return ask_for_reopening(
        legal_entity=INC, period=month, reason=reason, caller=local_identity(by), sources=close_sources(world)
    ).exception


def reopen(world: World, month: str = JANUARY) -> str:
    """Let Ana ask and Ben approve, and reopen the month; return the exception."""
    exception = ask_to_reopen(world, month)
    assert world.decide(exception, "approved", "ben").outcome == "decided"
    assert world.apply(exception).outcome == "reopened"
    return exception


def let_variances_wait(world: World, **rules: Any) -> None:
    policy = world.directory.policy(INC)
    changes = {"version": policy.version + 1, "variances": VarianceRules.model_validate(rules)}
    world.publish(policy.model_copy(update=changes))


def of_report(world: World, month: str = JANUARY) -> list[Variance]:
    report = world.reconcile(period=month)
    return [*report.variances, *report.unsettled]


def billed(*months: str) -> World:
    world = cash_world(*(months or (JAN,)))
    for month in months or (JAN,):
        world.reconcile(period=month)
    return world


def short_paid() -> World:
    """January's invoice of 30.00 is paid with 20.00."""
    world = billed()
    told(world, arrival("20", remittance=number_of(world, JAN)))
    return world


def sign(world: World, month: str) -> None:
    sign_off_month(
        legal_entity=INC,
        period=month,
        signed_by="ben",
        records=world.runs,
        decisions=world.records["decisions"],
        register=world.register,
        directory=world.directory,
        now=world.now(),
        grace=GRACE,
    )
