"""Files of banks and gateways in the data bucket: checked, and what they tell of sent on; statements are kept."""

from billproof.adapters.aws.s3_events import read_put_object
from billproof.adapters.bank_files.csv_advice import parse_advices
from billproof.adapters.bank_files.csv_settlement import parse_settlement
from billproof.adapters.bank_files.parsing import parse_statement
from billproof.composition import Composition
from billproof.handlers import ReceivedMessage, count, each_message
from billproof.payments.taking_advices import take_advices
from billproof.payments.taking_settlements import take_settlement
from billproof.payments.taking_statements import BankFile, FileOutcome, TakenFile, take_statement


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> TakenFile:
    """Take in the file that one notification of S3 names."""
    put = read_put_object(received.body)
    if put is None:
        return TakenFile(outcome=FileOutcome.NOTHING)
    file = BankFile(put.key, ports.put_by_another(put.key, put.version))
    if file.gateway:
        return take_settlement(file, sources=ports.settlement_sources(parse_settlement))
    if file.advice:
        return take_advices(file, sources=ports.advice_sources(parse_advices))
    result = take_statement(file, sources=ports.statement_sources(parse_statement), now=ports.now())
    count("StatementFindings", result.breaks + result.returns_waiting)
    return result
