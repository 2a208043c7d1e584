"""Terms that were signed and are not billed: the published contract differs, or the world outgrew the signed one."""

from copy import deepcopy
from decimal import Decimal
from random import Random

from lab.scene import Event, Injected, Point, Scene, Terms, cause

CONTRACT = Point.CONTRACT
AMENDED_FROM = "2013-02-01"


def at(account: str) -> Injected:
    """Say that a leak is in the terms of one account."""
    return Injected(accounts=frozenset({account}))


def account_with(scene: Scene, archetype: str) -> str:
    """Return the first account with the terms of an archetype."""
    kinds: dict[str, str] = scene.facts["archetype"]
    return next(name for name, kind in kinds.items() if kind == archetype)


def charge_of(contract: Terms, name: str) -> Terms:
    """Return a charge of a contract, to be changed in place."""
    return next(one for one in contract["charges"] if one["id"] == name)


def signed_of(scene: Scene, account: str) -> Terms:
    """Return what the CRM holds of an account, to be changed in place."""
    return next(contract for contract in scene.signed if contract["account"] == account)


def times(amount: str, factor: str) -> str:
    """Return an amount times a factor, in whole cents."""
    return str((Decimal(amount) * Decimal(factor)).quantize(Decimal("0.01")))


@cause(CONTRACT, "an amendment with higher prices is signed and never synchronised", ("1.02", "1.2", "2"))
def amendment_not_synchronised(scene: Scene, factor: str, draw: Random) -> Injected:
    account = account_with(scene, "subscription")
    published = scene.contract_of(account)
    amended = deepcopy(published) | {"version": 2, "effective": {"start": AMENDED_FROM}}
    price = charge_of(amended, "platform")["price"]
    price["amount"] = times(price["amount"], factor)
    scene.signed[scene.signed.index(published)] = amended
    scene.facts = scene.facts | {"right": {account: [published, amended]}}
    return at(account)


@cause(CONTRACT, "a signed contract is never synchronised", ("subscription", "volume", "yearly"))
def contract_not_synchronised(scene: Scene, archetype: str, draw: Random) -> Injected:
    account = account_with(scene, archetype)
    scene.contracts.remove(scene.contract_of(account))
    return at(account)


@cause(CONTRACT, "a discount that was to end goes on", ("2013-02-15", "2013-03-01", None))
def discount_not_ended(scene: Scene, end: str | None, draw: Random) -> Injected:
    account = account_with(scene, "discounted")
    (discount,) = scene.contract_of(account)["discounts"]
    discount["effective"] = {"start": "2013-01-01", "end": end}
    return at(account)


@cause(CONTRACT, "a discount is typed larger than it was signed", ("21", "30", "90"))
def discount_too_large(scene: Scene, percent: str, draw: Random) -> Injected:
    account = account_with(scene, "discounted")
    (discount,) = scene.contract_of(account)["discounts"]
    discount["percent"] = percent
    return at(account)


@cause(CONTRACT, "the uplift of a renewal is missing in billing", ("7.5", "4", None))
def uplift_not_applied(scene: Scene, percent: str | None, draw: Random) -> Injected:
    account = account_with(scene, "renewing")
    contract = scene.contract_of(account)
    if percent is None:
        del contract["renewal"]
    else:
        contract["renewal"]["uplift_percent"] = percent
    return at(account)


@cause(CONTRACT, "a renewal waits for a new version that nobody writes, in the CRM neither", ("1", "8", "30"))
def renewal_forgotten(scene: Scene, percent: str, draw: Random) -> Injected:
    account = account_with(scene, "renewing")
    contract = scene.contract_of(account)
    contract["renewal"] = {"renews_on": AMENDED_FROM, "uplift_percent": percent}
    signed_of(scene, account)["renewal"] = dict(contract["renewal"])
    right = deepcopy(contract)
    right["renewal"]["automatic"] = True
    scene.facts = scene.facts | {"right": {account: [right]}}
    return at(account)


@cause(CONTRACT, "a customer uses a new product that its contract has no price for", (2, 10, 60))
def new_product_unpriced(scene: Scene, events: int, draw: Random) -> Injected:
    account = account_with(scene, "yearly")
    scene.usage["2013-02"] += [_stored(account, number) for number in range(events)]
    scene.totals["2013-02"] = scene.facts["count"](scene.usage["2013-02"])
    right = deepcopy(scene.contract_of(account))
    right["charges"].append({**charge_of(right, "calls"), "id": "storage", "meter": "storage_gb"})
    scene.facts = scene.facts | {"right": {account: [right]}}
    return at(account)


def _stored(account: str, number: int) -> Event:
    return {
        "specversion": "1.0",
        "id": f"new:{account}:{number}",
        "source": "lab/storage",
        "type": "storage.kept",
        "subject": account,
        "time": f"2013-02-{1 + number % 28:02d}T15:00:00+00:00",
        "data": {"region": "east", "units": "500"},
    }


@cause(CONTRACT, "more people use the product than the contract has seats", (1, 5, 40))
def seats_outgrown(scene: Scene, people: int, draw: Random) -> Injected:
    account = account_with(scene, "seated")
    known = {event["data"]["user"] for event in scene.usage["2013-02"] if _is_seat(event, account)}
    seats = 12 - len(known) + people
    for month in scene.months[1:]:
        example = next(event for event in scene.usage[month] if _is_seat(event, account))
        scene.usage[month] += [
            {**example, "id": f"new:{month}:{number}", "data": {**example["data"], "user": f"{account}-new-{number}"}}
            for number in range(seats)
        ]
        scene.totals[month] = scene.facts["count"](scene.usage[month])
    price = Decimal(charge_of(scene.contract_of(account), "seats")["price"]["unit_price"])
    return Injected(accounts=frozenset({account}), dollars=lambda _: price * people * len(scene.months[1:]))


def _is_seat(event: Event, account: str) -> bool:
    return bool(event["subject"] == account and event["source"] == "lab/identity")


@cause(CONTRACT, "the minimum commitment is missing or too low in billing", ("3900", "3000", None))
def minimum_ignored(scene: Scene, amount: str | None, draw: Random) -> Injected:
    account = account_with(scene, "committed")
    contract = scene.contract_of(account)
    if amount is None:
        contract["commitments"] = []
    else:
        contract["commitments"][0]["amount"] = amount
    return at(account)


@cause(CONTRACT, "the tier table of another plan is published", ("0.98", "0.8", "0.4"))
def wrong_tier_table(scene: Scene, factor: str, draw: Random) -> Injected:
    account = account_with(scene, "graduated")
    for tier in charge_of(scene.contract_of(account), "calls")["price"]["tiers"]:
        tier["unit_price"] = str(Decimal(tier["unit_price"]) * Decimal(factor))
    return at(account)


@cause(CONTRACT, "the allowance in billing is larger than the signed one", ("10500", "20000", "100000"))
def allowance_too_large(scene: Scene, quantity: str, draw: Random) -> Injected:
    account = account_with(scene, "volume")
    charge_of(scene.contract_of(account), "jobs")["included_quantity"] = quantity
    return at(account)


@cause(CONTRACT, "a charge ends too early in billing", ("2013-03-25", "2013-02-15", "2013-01-02"))
def charge_ends_early(scene: Scene, end: str, draw: Random) -> Injected:
    account = account_with(scene, "prepaid")
    charge_of(scene.contract_of(account), "platform")["effective"] = {"start": "2013-01-01", "end": end}
    return at(account)


@cause(CONTRACT, "a contract ends in billing, and its customer goes on", ("2013-03-20", "2013-03-01", "2013-02-01"))
def contract_ended_early(scene: Scene, end: str, draw: Random) -> Injected:
    account = account_with(scene, "ramped")
    scene.contract_of(account)["effective"] = {"start": "2013-01-01", "end": end}
    return at(account)


@cause(CONTRACT, "a one-off fee is too small or missing in billing", ("0.99", "0.5", None))
def one_off_missing(scene: Scene, factor: str | None, draw: Random) -> Injected:
    account = account_with(scene, "milestone")
    contract = scene.contract_of(account)
    setup = charge_of(contract, "setup")
    if factor is None:
        contract["charges"].remove(setup)
    else:
        setup["price"]["amount"] = times(setup["price"]["amount"], factor)
    return at(account)


@cause(CONTRACT, "a trial that was never agreed waives charges", ("2013-01-02", "2013-01-15", "2013-04-01"))
def trial_never_agreed(scene: Scene, end: str, draw: Random) -> Injected:
    account = account_with(scene, "renewing")
    days = {"start": "2013-01-01", "end": end}
    scene.contract_of(account)["waivers"] = [{"id": "trial", "reason": "trial", "days": days, "charges": ["platform"]}]
    return at(account)


@cause(
    CONTRACT,
    "an exclusion in billing leaves out events that are billed",
    ("storage.kept", "storage.kept", "storage.kept"),
)
def excluded_wrongly(scene: Scene, event_type: str, draw: Random) -> Injected:
    account = account_with(scene, "grouped")
    contract = scene.contract_of(account)
    contract["exclusions"] = [{"event_type": event_type, "reason": "clause 9"}]
    contract["charges"] = [one for one in contract["charges"] if one.get("meter") != "storage_gb"]
    return at(account)


@cause(CONTRACT, "a prepaid credit is larger in billing than it was paid", ("610", "900", "5000"))
def credit_too_large(scene: Scene, amount: str, draw: Random) -> Injected:
    account = account_with(scene, "prepaid")
    scene.contract_of(account)["credits"][0]["amount"] = amount
    return at(account)


@cause(CONTRACT, "a price is agreed below the floor, in the CRM as in billing", ("0.011", "0.008", "0.002"))
def price_below_floor(scene: Scene, price: str, draw: Random) -> Injected:
    account = account_with(scene, "floored")
    right = deepcopy(scene.contract_of(account))
    for contract in (scene.contract_of(account), signed_of(scene, account)):
        charge_of(contract, "calls")["price"]["unit_price"] = price
    charge_of(right, "calls")["price"]["unit_price"] = "0.012"
    scene.facts = scene.facts | {"right": {account: [right]}}
    return at(account)


@cause(CONTRACT, "the paper says a higher price than the CRM, and billing follows the CRM", ("0.97", "0.7", "0.2"))
def paper_says_more(scene: Scene, factor: str, draw: Random) -> Injected:
    account = account_with(scene, "renewing")
    right = deepcopy(scene.contract_of(account))
    for contract in (scene.contract_of(account), signed_of(scene, account)):
        price = charge_of(contract, "platform")["price"]
        price["amount"] = times(price["amount"], factor)
    scene.facts = scene.facts | {"right": {account: [right]}}
    return at(account)


@cause(CONTRACT, "a contract is billed in another currency with the same figures", ("EUR", "CAD", "JPY"))
def currency_changed(scene: Scene, currency: str, draw: Random) -> Injected:
    account = account_with(scene, "grouped")
    scene.contract_of(account)["currency"] = currency
    return at(account)
