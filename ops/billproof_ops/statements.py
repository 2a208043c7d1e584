"""Bank statements for the command: files are put where banks put theirs, and what is missing is listed."""

import re
from dataclasses import dataclass
from pathlib import Path

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.s3 import S3Objects
from billproof.adapters.bank_files.parsing import parse_statement
from billproof.payments.continuity import StatementBreak, breaks, in_order
from billproof.payments.paid_back import payments_that_wait
from billproof.payments.returns import BankReturn, returns
from billproof.payments.statement_book import TakenStatement
from billproof.payments.statements import BankStatement, receipts
from billproof.payments.taking_statements import FOLDER, BankFile, file_key, read_bank_file
from billproof_ops.errors import OpsError
from billproof_ops.model import Shown
from billproof_ops.printing import read_bytes
from billproof_ops.target import Target
from billproof_ops.waiting import until

TAKEN_SECONDS = 480
"""How long a file may wait: one whose call died is visible again after 360 s."""
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


class StatementRow(Shown):
    """A statement of a bank; what is no receipt and no return are payments of ours and the bank's own."""

    statement: str
    legal_entity: str
    account: str
    days: str
    opening: str
    closing: str
    entries: int
    receipts: int
    returns: int
    file: str


class ListedStatements(Shown):
    """The statements of a legal entity, what is missing between them, and what went back and waits for a person.

    `returns_waiting` are returns that name no receipt, `payments_waiting` payments to customers without a refund.
    """

    statements: tuple[StatementRow, ...]
    breaks: tuple[StatementBreak, ...]
    returns_waiting: tuple[BankReturn, ...]
    payments_waiting: tuple[BankReturn, ...] = ()


@dataclass(frozen=True)
class ReadFile:
    """A file that was read, as the data bucket is to hold it, and its statements."""

    file: BankFile
    statements: list[BankStatement]


def safe_name(name: str) -> str:
    """Return the name of a file as it may stand in a key."""
    return _UNUSUAL.sub("-", name)


def read_file(target: Target, name: str, *, entity: str, csv_format: str) -> ReadFile:
    """Read a file of this machine, or one that a bank put into the data bucket; nothing of it is sent.

    Raises InvalidInput for one that is not sound, and OpsError where it is of no cash account.
    """
    path = Path(name)
    if not path.exists() and name.startswith(f"{FOLDER}/"):
        file = BankFile(name, target.ports.objects.get(name))
        return ReadFile(file, read_bank_file(file, directory=target.ports.directory, read=parse_statement))
    data = read_bytes(path)
    declared = target.ports.directory.legal_entity(entity).csv_format(csv_format) if csv_format else None
    statements = parse_statement(data, declared)
    owner = entity or _entity_of(target, statements[0])
    key = file_key(owner, data, name=safe_name(path.name), csv_format=csv_format)
    file = BankFile(key, data)
    read_bank_file(file, directory=target.ports.directory, read=lambda *_: statements)
    return ReadFile(file, statements)


def _entity_of(target: Target, statement: BankStatement) -> str:
    for entity in target.ports.directory.legal_entities():
        if entity.cash_account(statement.account) is not None:
            return entity.id
    message = "the file is of an account that is a cash account of no legal entity: publish it there (cash_accounts)"
    raise OpsError(message)


def check_file(target: Target, read: ReadFile) -> list[StatementRow]:
    """Return what a file tells of; nothing is sent."""
    entity = target.ports.directory.legal_entity(read.file.legal_entity).id
    return [
        _row(
            statement,
            entity=entity,
            entries=len(statement.entries),
            receipts=len(receipts(statement, entity)),
            returns=len(returns(statement, entity)),
            file=read.file.key,
        )
        for statement in read.statements
    ]


def import_file(target: Target, read: ReadFile) -> list[StatementRow]:
    """Put a file into the data bucket, and return its statements when they are taken in; again changes nothing."""
    entity, wanted = read.file.legal_entity, [statement.id for statement in read.statements]
    accounts = dict.fromkeys(statement.account for statement in read.statements)
    bucket = S3Objects(client("s3"), target.outputs["DataBucketName"])
    bucket.put(read.file.key, read.file.data, content_type="application/octet-stream")

    def taken() -> list[TakenStatement] | None:
        book = target.ports.statement_book
        known = {one.id: one for account in accounts for one in book.of_account(entity, account)}
        return [known[name] for name in wanted] if known.keys() >= set(wanted) else None

    what = f"taking in {read.file.key} (`billproof dlq peek bank-statements` says why it is refused)"
    return [_taken_row(one) for one in until(taken, what=what, timeout_seconds=TAKEN_SECONDS)]


def wait_until_matched(target: Target, read: ReadFile) -> None:
    """Wait until every receipt of a file that was taken in is matched: applied, or proposed to a person."""
    entity, book = read.file.legal_entity, target.ports.cash_book
    left = {receipt.id for statement in read.statements for receipt in receipts(statement, entity)}

    def matched() -> bool | None:
        states = [book.find(entity, receipt) for receipt in left]
        left.difference_update(state.receipt.id for state in states if state is not None and state.uses)
        return None if left else True

    what = "matching the receipts (`billproof dlq peek payment-events` says why some fail)"
    until(matched, what=what, timeout_seconds=TAKEN_SECONDS)


def listed(target: Target, entity: str) -> ListedStatements:
    """Return the statements of a legal entity, and what is to be looked at by a person."""
    sources = dict.fromkeys(
        account.source for version in target.ports.directory.versions_of(entity) for account in version.cash_accounts
    )
    taken = [one for source in sources for one in target.ports.statement_book.of_account(entity, source)]
    by_account: dict[tuple[str, str], list[TakenStatement]] = {}
    for one in taken:
        by_account.setdefault((one.account, one.currency), []).append(one)
    book, receivables = target.ports.statement_book, target.ports.cash_sources().receivables(entity)
    return ListedStatements(
        statements=tuple(_taken_row(one) for of_one in by_account.values() for one in in_order(of_one)),
        breaks=tuple(breaks(taken)),
        returns_waiting=tuple(book.returns_that_wait(entity)),
        payments_waiting=tuple(payments_that_wait(book.paid_to_customers(entity), receivables)),
    )


def _taken_row(taken: TakenStatement) -> StatementRow:
    return _row(
        taken,
        entity=taken.legal_entity,
        entries=taken.receipts + taken.returns + taken.others,
        receipts=taken.receipts,
        returns=taken.returns,
        file=taken.file,
    )


def _row(
    statement: TakenStatement | BankStatement, *, entity: str, entries: int, receipts: int, returns: int, file: str
) -> StatementRow:
    return StatementRow(
        statement=statement.id,
        legal_entity=entity,
        account=statement.account,
        days=f"{statement.starts_on} to {statement.ends_on}",
        opening=str(statement.opening) if statement.opening else "",
        closing=str(statement.closing) if statement.closing else "",
        entries=entries,
        receipts=receipts,
        returns=returns,
        file=file,
    )
