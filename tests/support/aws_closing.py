"""Months that are closed and reopened in the chain over moto."""

from typing import Any

from tests.support.aws_decisions import Decided, decide

EMPTY = "2012-12"
"""A month that no run billed."""


def start_what_is_due(chain: Decided, entity: str) -> None:
    """Let the schedule start what is due, back to a month that is closed, twice."""
    chain.ask("sign_off_month", {"legal_entity": entity, "period": EMPTY}, "ana")
    for _ in range(2):
        chain.call("start_billing_runs", {})
    chain.call("publish_metrics", {})  # the month before is closed and compacted by then


def close_and_reopen(chain: Decided, entity: str, billed: str) -> None:
    """Close a month with nothing in it and let two people reopen it; a month with variances is refused."""
    wanted: dict[str, Any] = {"legal_entity": entity, "period": EMPTY}
    for _ in range(2):
        chain.ask("sign_off_month", wanted, "ana")
    chain.ask("sign_off_month", {**wanted, "step": "compare"}, "ana")
    asked = chain.ask("sign_off_month", {**wanted, "step": "reopen", "reason": "a source was late"}, "ana")
    decide(chain, asked["reopening"])
    chain.ask("sign_off_month", {**wanted, "period": billed}, "ana")
