"""Decisions that give money away: credits without a reason, over a limit, in parts, and approvals by the wrong person.

What is refused leaks nothing: the refusal is what billproof says.
"""

from decimal import Decimal
from random import Random
from typing import Any

from lab.injectors.books import billed
from lab.scene import Injected, Moment, Point, Scene, cause

DECISION = Point.DECISION
MONTH = "2013-01"
"""The month with the largest invoice, so that a part of it is over a limit."""
SHARES = ("0.05", "0.4", "1")


def asked(
    scene: Scene, draw: Random, share: str, *, parts: int = 1, by: str = "carla", approved_by: str = "ana", **more: Any
) -> Injected:
    """Let somebody ask for credit of a share of an invoice, in parts, and somebody approve each part."""
    account = scene.facts["largest"]

    def hand(stage: Any) -> None:
        for part in range(parts):
            stage.credit(account, MONTH, Decimal(share) / parts, f"L-{part}", by=by, approved_by=approved_by, **more)

    scene.when(MONTH, Moment.AFTER_POSTING, hand)
    return Injected(accounts=frozenset({account}), dollars=billed([account], Decimal(share), MONTH))


@cause(DECISION, "a credit note is asked for without a reason", SHARES)
def credit_without_reason(scene: Scene, share: str, draw: Random) -> Injected:
    return asked(scene, draw, share, note="")


@cause(DECISION, "somebody approves a credit over the limit", ("0.55", "0.7", "1"))
def credit_over_the_limit(scene: Scene, share: str, draw: Random) -> Injected:
    return asked(scene, draw, share)


@cause(DECISION, "a credit over the limit is split into parts below it", (2, 3, 8))
def credit_split(scene: Scene, parts: int, draw: Random) -> Injected:
    return asked(scene, draw, "0.9", parts=parts)


@cause(DECISION, "the requester approves the credit", SHARES)
def approved_by_the_requester(scene: Scene, share: str, draw: Random) -> Injected:
    return asked(scene, draw, share, by="ben", approved_by="ben")


@cause(DECISION, "two people agree on credits for nothing, each within the limit", ("0.02", "0.1", "0.3"))
def credit_for_nothing(scene: Scene, share: str, draw: Random) -> Injected:
    return asked(scene, draw, share)


@cause(DECISION, "an approval is written into the store by hand", SHARES)
def approval_forged(scene: Scene, share: str, draw: Random) -> Injected:
    return asked(scene, draw, share, approved_by="", forged=True)


@cause(DECISION, "one person raises the limits alone", (Decimal(9000), Decimal(90000), Decimal(900000)))
def limits_raised_by_one(scene: Scene, limit: Decimal, draw: Random) -> Injected:
    account = scene.facts["largest"]
    scene.when(MONTH, Moment.AFTER_POSTING, lambda stage: stage.raise_limits(limit, "carla"))
    return Injected(accounts=frozenset({account}), dollars=billed([account], month=MONTH))
