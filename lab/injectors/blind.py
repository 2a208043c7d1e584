"""Causes that were written before their author had read what billproof checks; they are reported apart.

The author had read how events are sent and how a month is billed, since the lab could not have been built without.
Of the last two the author had also read the lab's own page, with what was missed before, and the plan of the profiles.
"""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from lab.scene import Event, Injected, Moment, Point, Scene, cause

METERED = "metered"
"""The fact of a scene that lists the accounts whose usage is priced per unit, largest first."""


@cause(
    Point.USAGE, "one region's gateway loses a share of its events before it counts them", (3, 20, 100), is_blind=True
)
def region_lost_before_count(scene: Scene, percent: int, draw: Random) -> Injected:
    """Lose events of one region at its gateway, whose control totals then count only what is left."""
    lost: set[str] = set()

    def change(event: Event) -> Iterator[Event]:
        if event["data"].get("region") == "west" and draw.randrange(100) < percent:
            lost.add(event["id"])
        else:
            yield event

    scene.change(change)
    for month in scene.months:
        scene.totals[month] = scene.facts["count"](scene.usage[month])
    return Injected(sources=frozenset(scene.facts["sources"]), accounts=frozenset(scene.facts["accounts"]))


@cause(Point.USAGE, "a counter overflows: quantities above a limit are cut to it", (1100, 800, 300), is_blind=True)
def counter_overflows(scene: Scene, most: int, draw: Random) -> Injected:
    """Cut the quantities of the largest source to the most that a field can hold; it counts what it sent."""
    measured = [event for event in scene.usage[scene.months[0]] if "units" in event["data"]]
    source = max(measured, key=lambda event: Decimal(event["data"]["units"]))["source"]

    def change(event: Event) -> Iterator[Event]:
        if event["source"] == source and "units" in event["data"] and Decimal(event["data"]["units"]) > most:
            yield {**event, "data": {**event["data"], "units": str(most)}}
        else:
            yield event

    scene.change(change)
    for month in scene.months:
        scene.totals[month] = scene.facts["count"](scene.usage[month])
    return Injected(sources=frozenset({source}), accounts=frozenset(scene.facts["accounts"]))


@cause(
    Point.USAGE, "a customer's second workspace sends its usage under an internal account", (5, 30, 100), is_blind=True
)
def usage_under_an_internal_account(scene: Scene, percent: int, draw: Random) -> Injected:
    """Send a share of one customer's usage under an account that pays nothing."""
    account, internal = draw.choice(scene.facts[METERED]), scene.facts["internal"]

    def change(event: Event) -> Iterator[Event]:
        is_moved = event["subject"] == account and draw.randrange(100) < percent
        yield {**event, "subject": internal} if is_moved else event

    scene.change(change)
    return Injected(accounts=frozenset({account, internal}))


@cause(Point.CONTRACT, "a price is typed with its decimal point moved", ("0.9", "0.5", "0.1"), is_blind=True)
def price_mistyped(scene: Scene, factor: str, draw: Random) -> Injected:
    """Publish a unit price that is a fraction of the signed one."""
    account = draw.choice(scene.facts["per_unit"])
    for charge in scene.contract_of(account)["charges"]:
        if charge["price"]["model"] == "per_unit":
            price = Decimal(charge["price"]["unit_price"]) * Decimal(factor)
            charge["price"] = {**charge["price"], "unit_price": str(price.normalize())}
    return Injected(accounts=frozenset({account}))


@cause(Point.USAGE, "a source writes local time as UTC: hours of a month's end move over", (1, 5, 11), is_blind=True)
def local_time_as_utc(scene: Scene, hours: int, draw: Random) -> Injected:
    """Move every time of a source some hours back; where the last month ends, usage appears a month too early."""
    source = draw.choice(sorted(scene.facts["sources"]))

    def change(event: Event) -> Iterator[Event]:
        if event["source"] != source:
            yield event
            return
        time = datetime.fromisoformat(event["time"]) - timedelta(hours=hours)
        yield {**event, "time": time.isoformat()}

    scene.change(change)
    return Injected(sources=frozenset({source}), accounts=frozenset(scene.facts["accounts"]))


@cause(
    Point.CASH, "support pays a customer back at the bank, without any credit note", ("0.02", "0.2", "1"), is_blind=True
)
def paid_back_at_the_bank(scene: Scene, share: str, draw: Random) -> Injected:
    """Send money back out of the bank account, with the invoice's number in its text."""
    account, month = draw.choice(scene.facts["payers"]), scene.months[0]

    def hand(stage: Any) -> None:
        stage.pay_out(account, month, Decimal(share))

    scene.when(month, Moment.AFTER_CASH, hand)
    return Injected(accounts=frozenset({account}), dollars=lambda stage: stage.share_of(account, month, Decimal(share)))


@cause(
    Point.USAGE,
    "of one customer a meter sticks on a Sunday, and sends that value until the month ends",
    ("2013-02-24", "2013-02-10", "2013-02-03"),
    is_blind=True,
)
def meter_stuck(scene: Scene, day: str, draw: Random) -> Injected:
    """Repeat the value that each source last measured of a customer on a day; what is counted is what is sent."""
    account, month = draw.choice(scene.facts[METERED]), day[:7]
    mine = [one for one in scene.usage[month] if one["subject"] == account and "units" in one["data"]]
    stuck = {one["source"]: one["data"]["units"] for one in mine if one["time"][:10] == day}

    def change(event: Event) -> Iterator[Event]:
        is_stuck = event["subject"] == account and event["source"] in stuck and "units" in event["data"]
        if is_stuck and event["time"][:10] > day:
            yield {**event, "data": {**event["data"], "units": stuck[event["source"]]}}
        else:
            yield event

    scene.change(change, (month,))
    scene.totals[month] = scene.facts["count"](scene.usage[month])
    return Injected(accounts=frozenset({account}), sources=frozenset(stuck))


@cause(
    Point.CONTRACT,
    "an amendment makes a month cheaper that is billed already, in the CRM as in billing",
    ("0.98", "0.8", "0.3"),
    is_blind=True,
)
def dated_back(scene: Scene, factor: str, draw: Random) -> Injected:
    """Amend the unit price of the first month after it was billed; from the second month on the price is as it was."""
    account, first, second = draw.choice(scene.facts["per_unit"]), scene.months[0], scene.months[1]
    signed = deepcopy(scene.contract_of(account))
    cheaper = deepcopy(signed) | {"version": 2, "effective": {"start": f"{first}-01"}}
    for charge in cheaper["charges"]:
        if charge["price"]["model"] == "per_unit":
            price = Decimal(charge["price"]["unit_price"]) * Decimal(factor)
            charge["price"] = {**charge["price"], "unit_price": str(price.normalize())}
    as_before = deepcopy(signed) | {"version": 3, "effective": {"start": f"{second}-01"}}
    scene.when(second, Moment.BEFORE_RUN, lambda stage: stage.amend([cheaper, as_before]))
    return Injected(accounts=frozenset({account}))
