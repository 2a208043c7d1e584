"""Tax numbers of customers: form and check digits, by python-stdnum. Whether one is registered only its state says."""

from collections.abc import Callable
from functools import cache
from importlib import import_module

from stdnum import exceptions as stdnum_exceptions

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account

_MODULES = {"GB": "gb.vat", "CH": "ch.vat", "NO": "no.mva", "AU": "au.abn", "NZ": "nz.ird", "CA": "ca.bn"}


@cache
def _validator(country: str) -> Callable[[str], str]:
    module = import_module(f"stdnum.{_MODULES.get(country, 'eu.vat')}")
    validate: Callable[[str], str] = module.validate
    return validate


def valid_tax_number(account: Account) -> str:
    """Return the account's tax number in its compact form; raises UndeterminedTax where it is missing or wrong."""
    number, country = account.vat_number or "", account.address.country
    try:
        compact = _validator(country)(number)
    except stdnum_exceptions.ValidationError:
        compact = ""
    prefix = "" if country in _MODULES else {"GR": "EL"}.get(country, country)
    if not compact or not compact.startswith(prefix):
        message = f"{number!r} is not a VAT number of {country}: reverse charge needs a valid one"
        raise UndeterminedTax(message, account=account.id)
    return compact
