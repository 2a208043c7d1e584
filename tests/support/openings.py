"""What an account of a running business brings along: something of every kind."""

from typing import Any

from billproof.opening.model import Opening


def opening_of(entity: str, account: str, first: str = "2013-04", **changes: Any) -> Opening:
    """A receivable of 1,250.00, 100.00 earned in three months, a balance of 12.00, and numbers from 42 on."""
    of_account = {"account": account, "currency": "USD"}
    year, month = first.split("-")
    document = {
        "legal_entity": entity,
        "first_period": first,
        "receivables": [
            {**of_account, "reference": "R-871", "issued": "2012-11-30", "due": "2012-12-30", "amount": "1250.00"}
        ],
        "deferred": [
            {
                **of_account,
                "reference": "R-850",
                "amount": "100.00",
                "revenue_category": "usage",
                "first_month": first,
                "last_month": f"{year}-{int(month) + 2:02d}",
            }
        ],
        "balances": [{**of_account, "reference": "CN-12", "amount": "12.00"}],
        "numbers": [{"series": "invoices", "year": int(year), "next": 42, "last_issued": f"{first}-01"}],
        "controls": [
            {"kind": "receivables", "currency": "USD", "count": 1, "total": "1250.00"},
            {"kind": "deferred", "currency": "USD", "count": 1, "total": "100.00"},
            {"kind": "balances", "currency": "USD", "count": 1, "total": "12.00"},
            {"kind": "numbers", "count": 1},
        ],
    }
    return Opening.model_validate(document | changes)
