"""Remittance advices for the command: files are put where banks put theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.s3 import S3Objects
from billproof.adapters.bank_files.csv_advice import parse_advices
from billproof.payments.advices import RemittanceAdvice
from billproof.payments.taking_advices import read_advices
from billproof.payments.taking_statements import FOLDER, BankFile, file_key
from billproof_ops.printing import read_bytes
from billproof_ops.statements import TAKEN_SECONDS, safe_name
from billproof_ops.target import Target
from billproof_ops.waiting import until


@dataclass(frozen=True)
class ReadAdviceFile:
    """A file that was read, as the data bucket is to hold it, and its advices."""

    file: BankFile
    advices: Sequence[RemittanceAdvice]


def is_in_bucket(name: str) -> bool:
    """Say whether a name is the key of a file of remittance advices in the data bucket."""
    is_key = name.startswith(f"{FOLDER}/") and not Path(name).exists()
    return is_key and bool(BankFile(name, b"").advice)


def read_file(target: Target, name: str, *, entity: str, advice: str) -> ReadAdviceFile:
    """Read a file of this machine or the data bucket; nothing is kept. Raises Unreadable where it is not sound."""
    if is_in_bucket(name):
        file = BankFile(name, target.ports.objects.get(name))
    else:
        path = Path(name)
        data = read_bytes(path)
        file = BankFile(file_key(entity, data, name=safe_name(path.name), advice=advice), data)
    return ReadAdviceFile(file, read_advices(file, directory=target.ports.directory, read=parse_advices))


def import_file(target: Target, read: ReadAdviceFile) -> None:
    """Put a file into the data bucket, and wait until its advices are kept; again changes nothing."""
    bucket = S3Objects(client("s3"), target.outputs["DataBucketName"])
    bucket.put(read.file.key, read.file.data, content_type="application/octet-stream")

    def taken() -> bool | None:
        book = target.ports.advice_book
        return True if all(one in book.of_amount(one.legal_entity, one.total) for one in read.advices) else None

    what = f"taking in {read.file.key} (`billproof dlq peek bank-statements` says why it is refused)"
    until(taken, what=what, timeout_seconds=TAKEN_SECONDS)
