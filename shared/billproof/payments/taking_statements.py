"""Taking a bank's file in: checked, its receipts sent on, and each of its statements kept as a fact.

    read and check | send receipts | keep what went back | send returns of known receipts | keep the statement
                   ^ refused: nothing is sent                 ^ died: all is sent again, and each is the same one

A return may come before its credit, with another file: it waits, and is sent once the credit is there. What we paid a
customer waits until a refund explains it.

A bank puts its files under `bank-statements/<legal entity>/`. CSV has its format in the key, such as
`bank-statements/skymeter-inc/format=house-bank/2013-02.csv`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain

from billproof.errors import InvalidInput, Unreadable
from billproof.ids import canonical_json, digest_bytes
from billproof.masterdata.csv_files import CsvStatementFormat
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import total
from billproof.payments.book import CashBook
from billproof.payments.continuity import breaks
from billproof.payments.model import CashReceipt, Channel, receipt_id
from billproof.payments.paid_back import payments_that_wait
from billproof.payments.payees import CustomersAsPayees
from billproof.payments.receivables import Receivables
from billproof.payments.returns import BankReturn, returns
from billproof.payments.service import ReceiptArrived, ReceiptReturned
from billproof.payments.statement_book import StatementBook, TakenStatement
from billproof.payments.statements import BankStatement, receipts, statement_id
from billproof.payments.told_before import ToldBefore
from billproof.periods import instant_text
from billproof.ports import Queue
from billproof.store_keys import ObjectKey

FOLDER = "bank-statements"
_FORMAT, _GATEWAY, _ADVICE = "format=", "gateway=", "advice="

type ReadStatements = Callable[[bytes, CsvStatementFormat | None], list[BankStatement]]
"""Reads every statement of a file; raises InvalidInput for one that is not sound."""


class FileOutcome(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    KNOWN = "known"
    """Every statement in it was taken in before."""
    NOTHING = "nothing"
    """The message names no file."""


class TakenFile(Model):
    """What a file came to, and what is to be looked at by a person of the accounts that it is of.

    A settlement report comes to `movements`, each of which is known by its reference: it is always taken.
    """

    outcome: FileOutcome
    legal_entity: str = ""
    statements: int = 0
    receipts: int = 0
    returned: int = 0
    breaks: int = 0
    returns_waiting: int = 0
    movements: int = 0
    advices: int = 0


@dataclass(frozen=True)
class BankFile:
    """A file as a bank put it, under its key."""

    key: str
    data: bytes

    @property
    def legal_entity(self) -> str:
        """Whose bank put it there; raises Unreadable for a key that does not say."""
        match ObjectKey.parse(self.key):
            case ObjectKey(folder="bank-statements", parts=(entity, _, *_)):
                return entity
        message = f"a bank's file lies under {FOLDER}/<legal entity>/"
        raise Unreadable(message)

    @property
    def csv_format(self) -> str:
        """The CSV format that the key names, or nothing."""
        return self._named(_FORMAT)

    @property
    def gateway(self) -> str:
        """The gateway whose settlement report the key says it is, or nothing: then it is a bank's statement."""
        return self._named(_GATEWAY)

    @property
    def advice(self) -> str:
        """The format of remittance advices that the key names, or nothing: then it is no advice."""
        return self._named(_ADVICE)

    def _named(self, what: str) -> str:
        named = (part.removeprefix(what) for part in ObjectKey.parse(self.key).parts if part.startswith(what))
        return next(named, "")


@dataclass(frozen=True)
class StatementSources:
    """What taking statements in reads and writes."""

    directory: Directory
    book: StatementBook
    cash: CashBook
    events: Queue
    read: ReadStatements
    receivables: Callable[[str], Receivables]


def file_key(
    legal_entity: str, data: bytes, *, name: str, csv_format: str = "", gateway: str = "", advice: str = ""
) -> str:
    """Return where to put a file so that the same bytes have the same key; `name` is for people."""
    whose = ((_FORMAT, csv_format), (_GATEWAY, gateway), (_ADVICE, advice))
    named = [f"{what}{which}" for what, which in whose if which]
    folders = [FOLDER, legal_entity, *named]
    return "/".join((*folders, f"{digest_bytes(data)[:16]}-{name}"))


def read_bank_file(file: BankFile, *, directory: Directory, read: ReadStatements) -> list[BankStatement]:
    """Return the statements of a file, of which nothing is wrong; nothing is sent or kept.

    Raises Unreadable for a file that is not sound, NotFound for an unknown legal entity, and InvalidInput where it has
    no such CSV format or account, or the account is in another currency: those a person can publish.
    """
    entity = directory.legal_entity(file.legal_entity)
    declared = entity.csv_format(file.csv_format) if file.csv_format else None
    try:
        statements = read(file.data, declared)
    except InvalidInput as error:
        raise Unreadable(error.message, **error.details) from None
    for statement in statements:
        _refuse_unknown(statement, entity)
    return statements


def _refuse_unknown(statement: BankStatement, entity: LegalEntity) -> None:
    account = entity.cash_account(statement.account)
    if account is None:
        message = f"the file is of an account that is no cash account of {entity.id}: publish it there (cash_accounts)"
        raise InvalidInput(message)
    if account.currency != statement.currency:
        message = f"the cash account is in {account.currency}, and the statement in {statement.currency}"
        raise InvalidInput(message)


def take_statement(file: BankFile, *, sources: StatementSources, now: datetime) -> TakenFile:
    """Take a file in: all of it, or nothing. The same statements again change nothing.

    Raises as read_bank_file does.
    """
    statements = read_bank_file(file, directory=sources.directory, read=sources.read)
    entity = file.legal_entity
    before = [ToldBefore(statement, entity, book=sources.book, cash=sources.cash) for statement in statements]
    arrived = [known.receipts(receipts(one, entity)) for known, one in zip(before, statements, strict=True)]
    taken_back = [known.returns(returns(one, entity)) for known, one in zip(before, statements, strict=True)]
    receivables = sources.receivables(entity)
    customers = CustomersAsPayees(receivables)
    paid = [known.returns(customers.paid_by(one)) for known, one in zip(before, statements, strict=True)]
    here = {receipt.id for of_one in arrived for receipt in of_one}
    for of_one in arrived:
        sources.events.send(_bodies(ReceiptArrived(kind="receipt", receipt=receipt) for receipt in of_one))
    for one in chain(*taken_back, *paid):
        sources.book.take_back(one)
    waiting = sources.book.returns_that_wait(entity)
    named = [one for one in waiting if _names_a_receipt(one, here, sources.cash)]
    told_here = {statement.id for statement in statements}
    returned = [one for one in named if one.statement in told_here or _original(one) in here]
    sources.events.send(_bodies(map(_returned, returned)))
    are_new = [
        sources.book.add(_fact(statement, file, of_one, back, now))
        for statement, of_one, back in zip(statements, arrived, taken_back, strict=True)
    ]
    accounts = dict.fromkeys(statement.account for statement in statements)
    unexplained = payments_that_wait(sources.book.paid_to_customers(entity), receivables)
    return TakenFile(
        outcome=FileOutcome.TAKEN if any(are_new) else FileOutcome.KNOWN,
        legal_entity=entity,
        statements=len(statements),
        receipts=sum(map(len, arrived)),
        returned=len(returned),
        breaks=sum(len(breaks(sources.book.of_account(entity, account))) for account in accounts),
        returns_waiting=len(waiting) - len(named) + len(unexplained),
    )


def _original(taken_back: BankReturn) -> str | None:
    """Return the receipt that a return may name: a receipt is called by the bank's reference of the credit."""
    reference = taken_back.bank_reference
    return reference and receipt_id(taken_back.legal_entity, Channel.BANK, taken_back.source, reference)


def _names_a_receipt(taken_back: BankReturn, here: set[str], cash: CashBook) -> bool:
    """Say whether a return names a receipt that is known, or comes with the same file."""
    receipt = _original(taken_back)
    return receipt is not None and (receipt in here or cash.find(taken_back.legal_entity, receipt) is not None)


def _returned(taken_back: BankReturn) -> ReceiptReturned:
    return ReceiptReturned(
        kind="returned",
        legal_entity=taken_back.legal_entity,
        channel=Channel.BANK,
        source=taken_back.source,
        original=taken_back.bank_reference or "",
        reference=taken_back.reference,
        amount=taken_back.amount,
    )


def _bodies(events: Iterable[ReceiptArrived | ReceiptReturned]) -> Iterator[str]:
    for event in events:
        yield canonical_json(event.model_dump(mode="json")).decode()


def _fact(
    statement: BankStatement,
    file: BankFile,
    arrived: Sequence[CashReceipt],
    taken_back: Sequence[BankReturn],
    now: datetime,
) -> TakenStatement:
    content_digest = statement.content_digest
    return TakenStatement(
        id=statement_id(content_digest),
        legal_entity=file.legal_entity,
        account=statement.account,
        currency=statement.currency,
        bank_id=statement.bank_id,
        number=statement.number,
        page=statement.page,
        starts_on=statement.starts_on,
        ends_on=statement.ends_on,
        opening=statement.opening,
        closing=statement.closing,
        first_day=statement.first_day,
        last_day=statement.last_day,
        content_digest=content_digest,
        file=file.key,
        file_digest=digest_bytes(file.data),
        receipts=len(arrived),
        credited=total((receipt.amount for receipt in arrived), statement.currency),
        returns=len(taken_back),
        others=len(statement.entries) - len(arrived) - len(taken_back),
        taken_at=instant_text(now),
    )
