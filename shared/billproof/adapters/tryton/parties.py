"""Customers in Tryton: created on the first posting, and kept as their accounts say.

A party is found by its code: the prefix of the books and the account's id. Tryton refuses a code twice.
"""

from collections.abc import Callable
from typing import Any

from stdnum.eu import vat

from billproof.adapters.answers import as_documented
from billproof.adapters.tryton.rest import AGAIN, Document, TrytonRest
from billproof.errors import PostingRejected
from billproof.masterdata.parties import Account

FIELDS = (
    "name",
    "active",
    "addresses.street_unstructured",
    "addresses.postal_code",
    "addresses.city",
    "addresses.country",
    "identifiers.code",
)

type Accounts = Callable[[str], Account | None]


@as_documented("Tryton", "tryton")
def party_of(rest: TrytonRest, accounts: Accounts, account: str, *, prefix: str) -> int:
    """Return the party of an account, created or changed to what the account says; PostingRejected for a blocked one.

    Tryton blocks a party by deactivating it.
    """
    code = f"{prefix}{account}"
    wanted = _wanted(rest, accounts(account), account)
    known = _find(rest, code)
    if known is None:
        try:
            return rest.create("party.party", {"code": code, **_with_parts(wanted)})
        except PostingRejected:
            known = _find(rest, code)  # another delivery created it at the same time
            if known is None:
                raise
    if not known["active"]:
        message = f"party {code} is deactivated in Tryton"
        raise PostingRejected(message, remedy=f"activate the party there, {AGAIN}", reason="party")
    changes = _changes(known, wanted)
    if changes:
        rest.write("party.party", known["id"], changes)
    return int(known["id"])


def _find(rest: TrytonRest, code: str) -> Document | None:
    domain = [["code", "=", code], ["active", "in", [True, False]]]
    return next(rest.search("party.party", domain, FIELDS), None)


def _wanted(rest: TrytonRest, account: Account | None, name: str) -> Document:
    """Say what a party is called, where it is, and its tax number."""
    if account is None:
        return {"name": name, "address": None, "tax_number": None}
    place = account.address
    countries = list(rest.search("country.country", [["code", "=", place.country]], ["code"]))
    address = {
        "street_unstructured": "\n".join(place.lines),
        "postal_code": place.postal_code,
        "city": place.city,
        "country": countries[0]["id"] if countries else None,
    }
    return {"name": account.name, "address": address, "tax_number": account.vat_number}


def _with_parts(wanted: Document) -> Document:
    values: Document = {"name": wanted["name"]}
    if wanted["address"]:
        values["addresses"] = [["create", [wanted["address"]]]]
    if wanted["tax_number"]:
        values["identifiers"] = [["create", [_identifier(wanted["tax_number"])]]]
    return values


def _changes(known: Document, wanted: Document) -> Document:
    """Return what is to be changed of a party: its first address is the one of its invoices."""
    changes: Document = {"name": wanted["name"]} if known["name"] != wanted["name"] else {}
    address, addresses = wanted["address"], known["addresses"]
    if address and not addresses:
        changes["addresses"] = [["create", [address]]]
    elif address and any(addresses[0][field] != value for field, value in address.items()):
        changes["addresses"] = [["write", [addresses[0]["id"]], address]]
    if wanted["tax_number"] and wanted["tax_number"] not in {identifier["code"] for identifier in known["identifiers"]}:
        changes["identifiers"] = [["create", [_identifier(wanted["tax_number"])]]]
        if known["identifiers"]:
            changes["identifiers"].insert(0, ["delete", [identifier["id"] for identifier in known["identifiers"]]])
    return changes


def _identifier(number: str) -> dict[str, Any]:
    """Make an identifier: of the type that Tryton checks where it is an EU VAT number, else without one."""
    return {"code": number, "type": "eu_vat" if vat.is_valid(number) else None}
