"""What Tryton keeps of a legal entity's books: its company, journal, accounts, periods and taxes, by their names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from billproof.adapters.answers import as_documented
from billproof.adapters.tryton.rest import AGAIN, Document, Domain, TrytonRest
from billproof.errors import InvalidInput, PostingRejected
from billproof.masterdata.charts import ErpBooks


@dataclass(frozen=True, slots=True)
class TrytonAccount:
    """An account of Tryton's; one that requires a party takes no line without."""

    id: int
    requires_party: bool


@dataclass(frozen=True, slots=True)
class Books:
    """A company of Tryton's that a legal entity posts in, and how the legal entity names what is there."""

    company: int
    journal: int
    currency: str
    names: ErpBooks

    @property
    def domain(self) -> Domain:
        """The moves that billproof posts: those of its journal in the company."""
        return [["company", "=", self.company], ["journal", "=", self.journal]]

    def ours(self, code: str | None) -> str:
        """Return our name of an account of Tryton's; one that stands for none of ours is named as a stranger."""
        for account, theirs in self.names.accounts.items():
            if theirs == code:
                return account
        return f"not ours: {code}" if code is None or code in self.names.accounts else code


@as_documented("Tryton", "tryton")
def open_books(rest: TrytonRest, names: ErpBooks) -> Books:
    """Look up a company and a journal; raises InvalidInput where Tryton has none of the name."""
    company = _only(rest, "company.company", [["party.name", "=", names.company]], "currency.code", names.company)
    journal = _only(rest, "account.journal", [["code", "=", names.journal]], "code", names.journal)
    return Books(company["id"], journal["id"], company["currency"]["code"], names)


def _only(rest: TrytonRest, model: str, domain: Domain, field: str, name: str) -> Document:
    known = list(rest.search(model, domain, [field]))
    if len(known) != 1:
        message = (
            f"Tryton has {len(known)} of {model} named {name!r}: name one of them in the books of the legal entity"
        )
        raise InvalidInput(message)
    return known[0]


@as_documented("Tryton", "tryton")
def accounts_of(rest: TrytonRest, books: Books, ours: Collection[str]) -> Mapping[str, TrytonAccount]:
    """Return accounts by our names; raises PostingRejected where one is missing or closed."""
    theirs = {account: books.names.accounts.get(account, account) for account in ours}
    domain = [["company", "=", books.company], ["code", "in", sorted(set(theirs.values()))]]
    fields = ["code", "closed", "party_required", "type"]
    known = {
        account["code"]: account for account in rest.search("account.account", domain, fields, company=books.company)
    }
    for account, code in theirs.items():
        if code not in known:
            message = f"{books.names.company} has no account {code} in Tryton, for our {account}"
            raise PostingRejected(message, remedy=f"create or activate account {code} there, {AGAIN}", reason="account")
        if known[code]["closed"] or known[code]["type"] is None:
            message = f"account {code} of {books.names.company} is closed in Tryton, for our {account}"
            raise PostingRejected(message, remedy=f"open account {code} there, {AGAIN}", reason="account")
    return {
        account: TrytonAccount(known[code]["id"], bool(known[code]["party_required"]))
        for account, code in theirs.items()
    }


@as_documented("Tryton", "tryton")
def period_of(rest: TrytonRest, books: Books, day: date) -> int:
    """Return the period that a day is in; raises PostingRejected where there is none, or it is closed."""
    domain = [
        ["company", "=", books.company],
        ["type", "=", "standard"],
        ["start_date", "<=", day],
        ["end_date", ">=", day],
    ]
    known = list(rest.search("account.period", domain, ["state", "name"], company=books.company))
    if not known:
        message = f"{books.names.company} has no period for {day} in Tryton"
        raise PostingRejected(message, remedy=f"create the fiscal year and its periods there, {AGAIN}", reason="period")
    period = known[0]
    if period["state"] != "open":
        message = f"the period {period['name']} of {books.names.company} is {period['state']} in Tryton"
        raise PostingRejected(message, remedy=f"open the period there, {AGAIN}", reason="period")
    return int(period["id"])


@as_documented("Tryton", "tryton")
def tax_of(rest: TrytonRest, books: Books, jurisdiction: str) -> int:
    """Return the tax that a jurisdiction's amounts are reported under; raises PostingRejected where none is named."""
    name = books.names.taxes.get(jurisdiction)
    known = list(rest.search("account.tax", [["company", "=", books.company], ["name", "=", name]], ["name"]))
    if name is None or len(known) != 1:
        message = f"{books.names.company} has no tax {name or ''} in Tryton, for our {jurisdiction or 'tax'}"
        remedy = f"create the tax there, or publish the legal entity with its name, {AGAIN}"
        raise PostingRejected(message, remedy=remedy, reason="tax")
    return int(known[0]["id"])
