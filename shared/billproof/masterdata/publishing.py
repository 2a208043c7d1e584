"""What is refused when master data is published, though each document alone is sound: what no run could bill.

What other documents say may change later, so a run looks again and holds the invoice: see `invoicing/releasing.py`.
"""

import re
from collections.abc import Iterator
from typing import Any

from billproof.contracts.model import Contract
from billproof.errors import InvalidInput, NotFound
from billproof.masterdata.crosswalk_checks import refuse_unsound_crosswalk
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.directory import Directory
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Aggregation, Meter
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import place_of
from billproof.names import is_one_line

MOST_YEARS_OF_RECOGNITION = 20
MOST_RATE_DIGITS = 9
"""Digits before the point of an exchange rate; the largest of today has six."""
MOST_LETTERS_OF_AN_ACCOUNT = 64
_NUMBER = re.compile(r"-?[0-9]{1,23}(\.[0-9]{1,15})?")


def refuse_unsound(data: AnyMasterData, directory: Directory) -> None:
    """Raise InvalidInput, with the name of the field, for what no run could bill."""
    _refuse_control_characters(data.model_dump(mode="json"))
    match data:
        case LegalEntity():
            _refuse_unnamed_accounts(data)
            _refuse_shared_gateways(data, directory)
        case Account():
            _refuse_foreign_parent(data, directory)
        case Crosswalk():
            refuse_unsound_crosswalk(data, directory)
        case Contract():
            _refuse_long_recognition(data)
            _refuse_unaccounted_revenue(data, directory)
        case Meter():
            _refuse_sum_of_text(data, directory.meters())
        case ExchangeRate():
            if not -MOST_RATE_DIGITS <= data.rate.adjusted() < MOST_RATE_DIGITS:
                _refuse(("rate",), f"a rate has {MOST_RATE_DIGITS} digits before the point at most, or its inverse has")


def _refuse(path: tuple[int | str, ...], why: str) -> None:
    message = f"{place_of(path)}: {why}"
    raise InvalidInput(message)


def _refuse_control_characters(document: Any) -> None:
    for path, text in _texts(document, ()):
        if not is_one_line(text):
            _refuse(path, "this holds a line feed or another control character")


def _texts(value: Any, path: tuple[int | str, ...]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name), name
            yield from _texts(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))


def _refuse_unnamed_accounts(entity: LegalEntity) -> None:
    """Refuse an account of the chart that no ERP can post on: every document of the entity would wait for it."""
    for path, text in _texts(entity.chart_of_accounts.model_dump(mode="json"), ("chart_of_accounts",)):
        if text != text.strip() or not 1 <= len(text) <= MOST_LETTERS_OF_AN_ACCOUNT:
            why = f"an account has 1 to {MOST_LETTERS_OF_AN_ACCOUNT} letters, and no blank at its ends"
            _refuse(path, why)


def _refuse_shared_gateways(entity: LegalEntity, directory: Directory) -> None:
    """Refuse an account of Stripe that another gateway is: both would book whatever it tells, and be paid by it."""
    others = (other for other in directory.legal_entities() if other.id != entity.id)
    whose = {
        (gateway.stripe.account, gateway.stripe.livemode): f"{gateway.source} of {other.id}"
        for other in others
        for gateway in other.gateways
        if gateway.stripe
    }
    for number, gateway in enumerate(entity.gateways):
        account = gateway.stripe and (gateway.stripe.account, gateway.stripe.livemode)
        if account in whose:
            _refuse(("gateways", number, "stripe", "account"), f"gateway {whose[account]} is this account")
        if account:
            whose[account] = f"{gateway.source} of {entity.id}"


def _refuse_foreign_parent(account: Account, directory: Directory) -> None:
    """Refuse a parent that is known and cannot bill the account. One that comes later is looked at by each run."""
    parent = directory.account(account.parent) if account.parent is not None else None
    if parent is not None and (parent.legal_entity != account.legal_entity or parent.parent is not None):
        _refuse(("parent",), "a parent is an account of the same legal entity, and nobody's child")


def _refuse_long_recognition(contract: Contract) -> None:
    for number, charge in enumerate(contract.charges):
        over = charge.recognition.over if charge.recognition else None
        if over is not None and over.end is not None and over.end.year - over.start.year > MOST_YEARS_OF_RECOGNITION:
            why = f"revenue is earned over {MOST_YEARS_OF_RECOGNITION} years at most"
            _refuse(("charges", number, "recognition", "over"), why)


def _refuse_unaccounted_revenue(contract: Contract, directory: Directory) -> None:
    """Refuse a revenue category without an account, where the account and its legal entity are known already."""
    account = directory.account(contract.account)
    if account is None:
        return
    try:
        chart = directory.legal_entity(account.legal_entity).chart_of_accounts
    except NotFound:
        return
    for name in ("charges", "commitments"):
        for number, term in enumerate(getattr(contract, name)):
            if term.revenue_category not in chart.revenue:
                why = f"the chart of accounts of {account.legal_entity} has no revenue account for it"
                _refuse((name, number, "revenue_category"), why)


def _refuse_sum_of_text(meter: Meter, meters: list[Meter]) -> None:
    """Refuse a meter that reads a number where another meter of its events, or itself, reads text.

    Every event with such a text would be refused from then on, of all accounts.
    """
    texts: dict[str, str] = {}
    for known in (*(other for other in meters if other.id != meter.id), meter):
        if known.event_type != meter.event_type:
            continue
        if known.aggregation is Aggregation.DISTINCT and known.value_property is not None:
            texts[known.value_property] = known.id
        texts |= {name: known.id for name, values in known.where.items() if not all(map(_NUMBER.fullmatch, values))}
    numbers = {"value_property": meter.value_property if meter.is_numeric else None}
    for field, name in (numbers | {"price_property": meter.price_property}).items():
        if name in texts:
            why = f"meter {texts[name]} reads it as text: send the number as a property of its own"
            _refuse((field,), why)
