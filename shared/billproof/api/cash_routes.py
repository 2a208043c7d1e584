"""The routes of cash: receipts and what they pay, disputes, the two equations of cash, and what customers owe."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.pages import AskedPage, ListPage, page_by_name
from billproof.api.routes import Route, RouteCall
from billproof.approvals.outdated import is_refused
from billproof.composition import Composition
from billproof.conservation.cash import CashStatement, cash_statement
from billproof.errors import InvalidInput, NotFound
from billproof.ids import shown
from billproof.model import Day, Flag, Model, WrittenFlag, read_day
from billproof.money import Money
from billproof.payments.cash import ReceiptState, ReceiptUse
from billproof.payments.model import CashReceipt, ReceiptStatus
from billproof.periods import Period
from billproof.pipeline.issue_days import today_of
from billproof.receivables.ageing import age_receivables
from billproof.receivables.disputes import DecidedDispute, DisputeStatus, OpenedDispute
from billproof.receivables.disputing import credit_outcomes
from billproof.receivables.model import Ageing, StatementOfAccount
from billproof.receivables.statement import state_account

WAITING = {DisputeStatus.OPEN, DisputeStatus.WAITS_FOR_CREDIT}


class AskedReceipts(AskedPage):
    """The receipts of a legal entity: of one month or all, all of them or those that wait for a person."""

    legal_entity: AskedText
    period: str = ""
    waiting: WrittenFlag = False


class NamedReceipt(Model):
    """A receipt of a legal entity by its id."""

    legal_entity: AskedText
    receipt: AskedText


class ReceiptView(Model):
    """A receipt and where it stands; `proposed` is whose it may be, where a person is to say."""

    id: str
    receipt: CashReceipt
    status: ReceiptStatus
    account: str | None
    proposed: str | None
    applied: Money
    unapplied: Money


class ShownReceipt(Model):
    """A receipt, where it stands, and all that happened to it, the oldest first."""

    state: ReceiptView
    uses: tuple[ReceiptUse, ...]


class ReceiptPage(ListPage[ReceiptView]):
    """Some receipts, by the day on which they were booked."""


class AskedDisputes(AskedPage):
    """The disputes of a legal entity: those that wait for something, or all."""

    legal_entity: AskedText
    all: WrittenFlag = False


class ShownDispute(Model):
    """A dispute of an account, where it stands, and how it was decided, the oldest first."""

    account: str
    status: DisputeStatus
    opened: OpenedDispute
    decisions: tuple[DecidedDispute, ...]


class DisputePage(ListPage[ShownDispute]):
    """Some disputes, account by account."""


class NamedEntity(Model):
    """A legal entity."""

    legal_entity: AskedText


class AskedAgeing(Model):
    """What a legal entity's customers owe at the end of a day; without one, today."""

    legal_entity: AskedText
    on: str = ""


class AskedStatement(Model):
    """An account's statement at the end of a day, today without one; with all documents, or the open ones only."""

    account: AskedText
    on: str = ""
    only_open: WrittenFlag = False


class BalancedCash(Model):
    """Where all that was released and received went, and whether both equations balance."""

    balances: Flag
    statement: CashStatement


class AskedAccounts(AskedPage):
    """The accounts of a legal entity."""

    legal_entity: AskedText


class AccountRow(Model):
    """An account in a list."""

    account: str
    name: str
    country: str
    currency: str | None


class AccountPage(ListPage[AccountRow]):
    """Some accounts of a legal entity."""


def _view(state: ReceiptState) -> ReceiptView:
    match = next((use.match for use in reversed(state.uses) if use.match is not None), None)
    is_proposed = match is not None and state.proposal is not None
    return ReceiptView(
        id=state.receipt.id,
        receipt=state.receipt,
        status=state.status,
        account=state.account,
        proposed=match.account if match is not None and is_proposed else None,
        applied=state.applied.amount,
        unapplied=state.unapplied.amount,
    )


def _list_receipts(call: RouteCall[AskedReceipts], ports: Composition) -> ReceiptPage:
    """List receipts, of a month or all, or those that wait for a person."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    month = Period.month(wanted.period).name if wanted.period else ""
    states = [state for state in ports.cash_book.received(entity, month) if not wanted.waiting or state.waits]
    page = page_by_name(states, lambda state: state.receipt.id, wanted)
    return ReceiptPage(items=tuple(map(_view, page.items)), next=page.next)


def _show_receipt(call: RouteCall[NamedReceipt], ports: Composition) -> ShownReceipt:
    """Return a receipt and all that happened to it: what it pays and why, what it may pay, who decided."""
    entity = call.legal_entity(call.request.legal_entity)
    state = ports.cash_book.find(entity, call.request.receipt)
    if state is None:
        message = f"there is no receipt {shown(call.request.receipt)}"
        raise NotFound(message)
    return ShownReceipt(state=_view(state), uses=state.uses)


def _list_disputes(call: RouteCall[AskedDisputes], ports: Composition) -> DisputePage:
    """List what customers dispute: what waits for an answer or its credit note, or all."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    known = (one for one in _disputes(entity, ports) if wanted.all or one.status in WAITING)
    page = page_by_name(known, lambda one: f"{one.account} {one.opened.ordinal}", wanted)
    return DisputePage(items=page.items, next=page.next)


def _disputes(entity: str, ports: Composition) -> Iterator[ShownDispute]:
    receivables = ports.cash_sources().receivables(entity)
    refused = partial(is_refused, register=ports.register, exception_store=ports.exception_store)
    for account in ports.directory.members(entity):
        for state in ports.dispute_book.of_account(entity, account):
            outcomes = credit_outcomes(state.opened.evidence.invoice, receivables, refused)
            yield ShownDispute(
                account=account, status=state.status(outcomes), opened=state.opened, decisions=state.decisions
            )


def _show_cash(call: RouteCall[NamedEntity], ports: Composition) -> BalancedCash:
    """Return where all that was released and received went, for each customer and in all, as it is now."""
    entity = call.legal_entity(call.request.legal_entity)
    statement = cash_statement(ports.cash_sources().receivables(entity), ports.dispute_book)
    return BalancedCash(balances=statement.balances, statement=statement)


def _day(text: str, entity: str, ports: Composition) -> Day:
    """Return a day, or today where the legal entity is; raises InvalidInput for what is no day."""
    if not text:
        return today_of(ports.directory.legal_entity(entity), ports.now())
    try:
        return read_day(text)
    except ValueError as error:
        message = f"on: {error}"
        raise InvalidInput(message) from None


def _show_ageing(call: RouteCall[AskedAgeing], ports: Composition) -> Ageing:
    """Return what customers owe at the end of a day, by its age."""
    entity = call.legal_entity(call.request.legal_entity)
    on = _day(call.request.on, entity, ports)
    return age_receivables(ports.cash_sources().receivables(entity), ports.dispute_book, on=on)


def _show_account_statement(call: RouteCall[AskedStatement], ports: Composition) -> StatementOfAccount:
    """Return an account's statement at the end of a day: documents, receipts, and what is open."""
    account = call.account(call.request.account, ports)
    receivables = ports.cash_sources().receivables(account.legal_entity)
    on = _day(call.request.on, account.legal_entity, ports)
    return state_account(account.id, receivables, ports.dispute_book, on=on, only_open=call.request.only_open)


def _list_accounts(call: RouteCall[AskedAccounts], ports: Composition) -> AccountPage:
    """List the accounts of a legal entity."""
    entity = call.legal_entity(call.request.legal_entity)
    page = page_by_name(ports.directory.members(entity), str, call.request)
    accounts = (ports.directory.account(name) for name in page.items)
    rows = [
        AccountRow(
            account=account.id,
            name=account.name,
            country=account.address.country,
            currency=next((contract.currency for contract in ports.directory.contracts(account.id)), None),
        )
        for account in accounts
        if account is not None
    ]
    return AccountPage(items=tuple(rows), next=page.next)


_read = partial(Route, scope=Scope.OPERATIONS_READ)
ROUTES: dict[str, Route[Any]] = {
    "GET /v1/receipts": _read(AskedReceipts, operation=_list_receipts),
    "GET /v1/receipts/{legal_entity}/{receipt}": _read(NamedReceipt, operation=_show_receipt),
    "GET /v1/disputes": _read(AskedDisputes, operation=_list_disputes),
    "GET /v1/cash/{legal_entity}": _read(NamedEntity, operation=_show_cash),
    "GET /v1/ageing/{legal_entity}": _read(AskedAgeing, operation=_show_ageing),
    "GET /v1/accounts": _read(AskedAccounts, operation=_list_accounts),
    "GET /v1/accounts/{account}/statement": _read(AskedStatement, operation=_show_account_statement),
}
