"""The statements of a customer's balances."""

from datetime import date

from billproof.errors import NotFound
from billproof.invoicing.balance import BalanceStatement, statement_of
from billproof_ops.target import Target


def statements(
    target: Target, legal_entity: str, account: str, *, first: date | None, last: date | None
) -> list[BalanceStatement]:
    """Return the statement of each currency in which an account has or had a balance.

    Raises NotFound where there is no such account of the legal entity.
    """
    ports = target.ports
    known = ports.directory.account(account)
    if known is None or known.legal_entity != legal_entity:
        message = f"{legal_entity} does not bill {account}"
        raise NotFound(message)
    kept = ports.register.balances
    return [
        statement_of(
            kept.entries(legal_entity, account, currency),
            legal_entity=legal_entity,
            account=account,
            currency=currency,
            first=first,
            last=last,
        )
        for currency in kept.currencies(legal_entity, account)
    ]
