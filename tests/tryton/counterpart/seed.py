"""Fills a new Tryton database with the companies that tests post in. It runs within Tryton, in its own environment.

    python seed.py trytond.conf erp < books.json

`books.json` has {"keys": {"clerk": ..., "admin": ...}, "journals": [...], "companies": [{"name", "currency", "years",
"accounts": {code: kind}, "taxes": {name: account code}}]}; the kinds are those of `KINDS`.
"""

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

from trytond import config

KINDS: dict[str, dict[str, Any]] = {
    "receivable": {"statement": "balance", "assets": True, "receivable": True},
    "asset": {"statement": "balance", "assets": True},
    "liability": {"statement": "balance"},
    "revenue": {"statement": "income", "revenue": True},
    "expense": {"statement": "income", "expense": True},
}
COUNTRIES = {"US": "United States", "DE": "Germany", "FR": "France", "ES": "Spain", "GB": "United Kingdom"}


def seed(books: dict[str, Any], pool: Any) -> None:
    """Create everything in one transaction."""
    for journal in books["journals"]:  # companies share them
        create(pool, "account.journal", name=journal, code=journal, type="general")
    codes = {company["currency"] for company in books["companies"]}
    currencies = {
        code: create(pool, "currency.currency", name=code, symbol=code, code=code, digits=2, rounding=Decimal("0.01"))
        for code in sorted(codes)
    }
    for code, name in COUNTRIES.items():
        create(pool, "country.country", name=name, code=code)
    companies = [company_of(pool, books_of, currencies[books_of["currency"]]) for books_of in books["companies"]]
    groups = {"clerk": ["Accounting", "Party Administration"], "admin": ["Accounting", "Accounting Administration"]}
    for login, names in groups.items():
        user_of(pool, login, [*names, "Party Administration"], companies, books["keys"][login])


def create(pool: Any, model: str, **values: Any) -> Any:
    """Create a record."""
    (record,) = pool.get(model).create([values])
    return record


def company_of(pool: Any, books: dict[str, Any], currency: Any) -> Any:
    """Create a company with its accounts, taxes and fiscal years."""
    party = create(pool, "party.party", name=books["name"])
    company = create(pool, "company.company", party=party.id, currency=currency.id)
    from trytond.transaction import Transaction  # within Tryton: after its configuration was read

    with Transaction().set_context(company=company.id):
        accounts = accounts_of(pool, company, books["accounts"])
        for name, account in books["taxes"].items():
            tax = {"name": name, "description": name, "type": "percentage", "rate": Decimal(0), "company": company.id}
            tax |= {"invoice_account": accounts[account].id, "credit_note_account": accounts[account].id}
            create(pool, "account.tax", **tax)
        for year in books["years"]:
            year_of(pool, company, year)
    return company


def accounts_of(pool: Any, company: Any, wanted: dict[str, str]) -> dict[str, Any]:
    """Create a closed root account and the accounts below it."""
    root = create(pool, "account.account", name=f"Chart of {company.rec_name}", company=company.id, closed=True)
    types = {
        kind: create(pool, "account.account.type", name=kind, company=company.id, **flags)
        for kind, flags in KINDS.items()
    }
    return {
        code: create(
            pool,
            "account.account",
            name=f"{kind} {code}",
            code=code,
            company=company.id,
            parent=root.id,
            type=types[kind].id,
            party_required=kind == "receivable",
            reconcile=kind == "receivable",
        )
        for code, kind in wanted.items()
    }


def year_of(pool: Any, company: Any, year: int) -> None:
    """Create a fiscal year with its twelve periods, which are open."""
    (kind,) = pool.get("ir.sequence.type").search([("name", "=", "Account Move")])
    sequence = create(pool, "ir.sequence.strict", name=str(year), sequence_type=kind.id, company=company.id)
    first, last = date(year, 1, 1), date(year, 12, 31)
    fields = {"name": str(year), "start_date": first, "end_date": last, "company": company.id}
    fiscal_year = create(pool, "account.fiscalyear", move_sequence=sequence.id, **fields)
    pool.get("account.fiscalyear").create_period([fiscal_year])


def user_of(pool: Any, login: str, groups: list[str], companies: list[Any], key: str) -> None:
    """Create a user of all companies with a key of the REST application."""
    known = {group.name: group.id for group in pool.get("res.group").search([])}
    ids = [known[name] for name in groups]
    fields: dict[str, Any] = {"name": login, "login": f"billproof-{login}", "groups": [("add", ids)]}
    fields |= {"companies": [("add", [company.id for company in companies])], "company": companies[0].id}
    user = create(pool, "res.user", company_filter="all", **fields)
    create(pool, "res.user.application", key=key, user=user.id, application="rest", state="validated")


def main(configuration: str, database: str) -> None:
    """Read what to create from the standard input."""
    config.update_etc(configuration)
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    Pool.start()
    pool = Pool(database)
    with Transaction().start(database, 0, readonly=False):
        pool.init()
    with Transaction().start(database, 1, context={"active_test": False}):
        seed(json.load(sys.stdin), pool)


if __name__ == "__main__":
    main(*sys.argv[1:])
