"""Statements that banks put into the data bucket: checked, their receipts sent on, and kept."""

from billproof.adapters.aws.s3_events import read_put_object
from billproof.adapters.bank_files.parsing import parse_statement
from billproof.composition import Composition
from billproof.handlers import ReceivedMessage, count, each_message
from billproof.payments.taking_statements import BankFile, FileOutcome, TakenFile, take_statement


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> TakenFile:
    """Take in the file that one notification of S3 names."""
    put = read_put_object(received.body)
    if put is None:
        return TakenFile(outcome=FileOutcome.NOTHING)
    file = BankFile(put.key, ports.put_by_another(put.key, put.version))
    result = take_statement(file, sources=ports.statement_sources(parse_statement), now=ports.now())
    count("StatementFindings", result.breaks + result.returns_waiting)
    return result
