"""Tax numbers of customers: form and check digits, by python-stdnum. Whether one is registered only its state says."""

from collections.abc import Callable
from functools import cache
from importlib import import_module

from stdnum import exceptions as stdnum_exceptions

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account

_MODULES = {"GB": "gb.vat", "CH": "ch.vat", "NO": "no.mva", "AU": "au.abn", "NZ": "nz.ird", "CA": "ca.bn"}
NORTHERN_IRELAND = "XI"


@cache
def _validator(country: str) -> Callable[[str], str]:
    module = import_module(f"stdnum.{_MODULES.get(country, 'eu.vat')}")
    validate: Callable[[str], str] = module.validate
    return validate


def valid_tax_number(account: Account, country: str) -> str:
    """Return the account's tax number of a country in compact form; raises UndeterminedTax where missing or wrong.

    A number of Northern Ireland that begins with XI is for goods only: it is none for a service (Windsor Framework,
    article 8 and annex 3; HMRC, VAT on services in Northern Ireland).
    """
    number = account.vat_number or ""
    if number.replace(" ", "").upper().startswith(NORTHERN_IRELAND):
        message = f"{number!r} is for goods in Northern Ireland: reverse charge on services needs a GB number"
        raise UndeterminedTax(message, account=account.id)
    try:
        compact = _validator(country)(number)
    except stdnum_exceptions.ValidationError:
        compact = ""
    prefix = "" if country in _MODULES else {"GR": "EL"}.get(country, country)
    if not compact or not compact.startswith(prefix):
        message = f"{number!r} is not a VAT number of {country}: reverse charge needs a valid one"
        raise UndeterminedTax(message, account=account.id)
    return compact
