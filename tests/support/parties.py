"""Who sells and who buys, for the rules of tax: the demo's parties at another place, or registered elsewhere."""

from datetime import date
from typing import Any

from billproof.masterdata.parties import Account, LegalEntity
from billproof.tax.model import Determination
from billproof.tax.rules import determine
from billproof_ops.demo import story

DATA = story.master_data()
INC, EUROPE = DATA.legal_entities
DAY = date(2026, 2, 1)


def account(country: str, region: str | None = None, **changes: Any) -> Account:
    """The first account of the demo, in another place."""
    base = DATA.accounts[0].model_dump(mode="json")
    address = {**base["address"], "country": country, "region": region}
    return Account.model_validate({**base, "address": address, **changes})


def seller(country: str, *registrations: str, **changes: Any) -> LegalEntity:
    """A legal entity in a country, with a tax registration in each of the places."""
    document = INC.model_dump(mode="json") | {"gateways": []}
    address = {**document["address"], "country": country, "region": None}
    numbers = [{"jurisdiction": place, "number": "1"} for place in registrations]
    absent = [{"jurisdiction": place, "reason": "sells nothing more there"} for place in ("US", "CA")]
    facts = {"address": address, "tax_registrations": numbers, "not_registered": absent}
    return LegalEntity.model_validate({**document, **facts, **changes})


def determined_tax(entity: LegalEntity, customer: Account, day: date = DAY) -> Determination:
    """Which tax a sale bears; `UndeterminedTax` where no rule says it."""
    return determine(legal_entity=entity, account=customer, tax_point=day)
