"""What customers owe, for the command."""

from datetime import date

from billproof.pipeline.issue_days import today_of
from billproof.receivables.ageing import age_receivables
from billproof.receivables.model import Ageing, StatementOfAccount
from billproof.receivables.statement import state_account
from billproof_ops.errors import WrongUse
from billproof_ops.target import Target


def day(text: str) -> date | None:
    """Read a day, or None where none is named; raises WrongUse for what is no day."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        message = f"{text!r} is not a day, such as 2013-01-31"
        raise WrongUse(message) from None


def _today(target: Target, entity: str) -> date:
    return today_of(target.ports.directory.legal_entity(entity), target.ports.now())


def ageing(target: Target, entity: str, on: date | None) -> Ageing:
    """Return what is open of a legal entity at the end of a day, or by now, by age."""
    receivables = target.ports.cash_sources().receivables(entity)
    return age_receivables(receivables, on=on or _today(target, entity))


def statement(target: Target, entity: str, account: str, on: date | None, *, only_open: bool) -> StatementOfAccount:
    """Return an account's statement at the end of a day, or by now."""
    receivables = target.ports.cash_sources().receivables(entity)
    return state_account(account, receivables, on=on or _today(target, entity), only_open=only_open)
