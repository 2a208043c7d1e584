"""Settlement reports of gateways for the command: put where banks put their files; what gateways hold is listed."""

from dataclasses import dataclass
from pathlib import Path

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.s3 import S3Objects
from billproof.adapters.bank_files.csv_settlement import parse_settlement
from billproof.masterdata.gateways import MovementOfGateway
from billproof.payments.gateway_model import GatewayMovement
from billproof.payments.settlement import GatewayBalance, gateway_balance
from billproof.payments.taking_settlements import read_settlement
from billproof.payments.taking_statements import FOLDER, BankFile, file_key
from billproof_ops.model import Shown
from billproof_ops.printing import read_bytes
from billproof_ops.statements import TAKEN_SECONDS, safe_name
from billproof_ops.target import Target
from billproof_ops.waiting import until


class SettlementRow(Shown):
    """What a settlement report tells of, by movement: how many, and what they do to the gateway's balance."""

    gateway: str
    movement: MovementOfGateway
    count: int
    amount: str


@dataclass(frozen=True)
class ReadReport:
    """A report that was read, as the data bucket is to hold it, and its movements."""

    file: BankFile
    movements: list[GatewayMovement]


def is_in_bucket(name: str) -> bool:
    """Say whether a name is the key of a settlement report in the data bucket."""
    is_key = name.startswith(f"{FOLDER}/") and not Path(name).exists()
    return is_key and bool(BankFile(name, b"").gateway)


def read_report(target: Target, name: str, *, entity: str, gateway: str) -> ReadReport:
    """Read a report of this machine or the data bucket; nothing is sent. Raises Unreadable where it is not sound."""
    path = Path(name)
    if is_in_bucket(name):
        file = BankFile(name, target.ports.objects.get(name))
    else:
        data = read_bytes(path)
        file = BankFile(file_key(entity, data, name=safe_name(path.name), gateway=gateway), data)
    return ReadReport(file, read_settlement(file, directory=target.ports.directory, read=parse_settlement))


def rows(report: ReadReport) -> list[SettlementRow]:
    """Return what a report tells of; nothing is sent."""
    counted = []
    for kind in MovementOfGateway:
        amounts = [one.amount for one in report.movements if one.movement is kind]
        if amounts:
            whole = amounts[0].plus(amounts[1:])
            counted.append(
                SettlementRow(gateway=report.file.gateway, movement=kind, count=len(amounts), amount=str(whole))
            )
    return counted


def import_report(target: Target, report: ReadReport) -> list[SettlementRow]:
    """Put a report into the data bucket, and return what it tells of when all is taken in; again changes nothing."""
    bucket = S3Objects(client("s3"), target.outputs["DataBucketName"])
    bucket.put(report.file.key, report.file.data, content_type="application/octet-stream")
    book, left = target.ports.gateway_book, {movement.id: movement for movement in report.movements}

    def taken() -> bool | None:
        for name, one in list(left.items()):
            if book.find(one.legal_entity, one.source, one.movement, one.reference) is not None:
                del left[name]
        return None if left else True

    what = f"taking in {report.file.key} (`billproof dlq list` says what is refused)"
    until(taken, what=what, timeout_seconds=TAKEN_SECONDS)
    return rows(report)


def balances(target: Target, entity: str) -> list[GatewayBalance]:
    """Return what each gateway of a legal entity holds, and its payouts."""
    known, book = target.ports.directory.legal_entity(entity), target.ports.gateway_book
    return [gateway_balance(gateway, known, book) for gateway in known.gateways]
