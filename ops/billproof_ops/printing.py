"""How every command prints: a table or a line for people, JSON with --json."""

import errno
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pydantic import BaseModel

from billproof.errors import BillproofError, InvalidInput
from billproof.proof.model import DifferenceKind, Proof
from billproof_ops.consoles import PlainConsole
from billproof_ops.errors import OpsError, WrongUse

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Entity = Annotated[
    str,
    typer.Option(
        "--legal-entity", "-e", help="The legal entity's id, such as skymeter-inc; not needed where there is one."
    ),
]
Period = Annotated[
    str, typer.Option("--period", "-p", help="The month, such as 2013-01; not needed where one is open.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is stored.")]
Who = Annotated[
    str | None,
    typer.Option(
        "--as",
        envvar="BILLPROOF_PERSON",
        help="On the embedded AWS only: call as this local user (or set BILLPROOF_PERSON). "
        "On AWS your credentials say who calls.",
    ),
]

console = PlainConsole()
DISK_TROUBLE = {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT}
"""What a full or read-only disk says."""

NOT_POSTED = (
    "{number} not posted yet: the ERP does not hold them, so nothing is proved of them. Wait until the queue of "
    "postings is empty, then prove again; if it does not empty, see docs/runbooks/erp-postings-waiting.md."
)
"""What a proof says of documents that are on their way to the ERP."""


def verbs() -> typer.Typer:
    """Make the place of one verb, or of a group of them."""
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def show(model: BaseModel, *, as_json: bool, text: str) -> None:
    """Print one result."""
    if as_json:
        print_json(model.model_dump(mode="json"))
    else:
        console.print(text)


def print_json(value: Any) -> None:
    """Print any JSON value."""
    console.print_json(json.dumps(value))


def read_text(path: Path) -> str:
    """Read a file, or standard input where its name is -; raises WrongUse where it cannot be read."""
    return sys.stdin.read() if str(path) == "-" else _read(path, path.read_text)


def read_bytes(path: Path) -> bytes:
    """Read a file as it is; raises WrongUse where it cannot be read."""
    return _read(path, path.read_bytes)


def _read[T](path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise WrongUse(message) from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; raises WrongUse where it cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise WrongUse(message) from None


def to_be_corrected(error: Exception) -> tuple[str, int] | None:
    """Say in one line what a user can correct, with the exit code; None where only a developer can."""
    match error:
        case WrongUse() | InvalidInput():
            return str(error), 2
        case OpsError() | BillproofError():
            return str(error), 1
        case ClientError() | BotoCoreError():
            return f"AWS: {error}", 1
        case ResponseParserError():  # it repeats the whole answer
            return "AWS: what answers at the endpoint does not speak as AWS does: is AWS_ENDPOINT_URL right?", 1
        case OSError() if error.errno in DISK_TROUBLE:
            return f"{error.filename or 'a file'} cannot be written: {error.strerror}", 1
        case _:
            return None


def fail(error: object, code: int) -> NoReturn:
    """Print in one line what went wrong, and exit."""
    PlainConsole(stderr=True).print(f"[red]error[/] {error}", soft_wrap=True)
    sys.exit(code)


def show_proof(proof: Proof, *, as_json: bool) -> None:
    """Print a proof, and exit with 1 if anything differs."""
    if as_json:
        print_json(proof.model_dump(mode="json"))
    else:
        for difference in proof.differences:
            sides = f"stored {difference.stated}, computed {difference.proved}"
            if difference.kind is DifferenceKind.NOT_POSTED:
                sides = f"to be posted: {difference.proved}"
            console.print(f"[red]{difference.kind}[/] {difference.where}: {sides}")
        checked = ", ".join(f"{number:,} {name}" for name, number in proof.checked.model_dump().items())
        verdict = "[green]proved[/]" if proof.holds else f"[red]not proved[/], {len(proof.differences)} differences"
        console.print(f"{proof.subject} {verdict}: {checked} checked", soft_wrap=True)
        if proof.not_posted:
            console.print(NOT_POSTED.format(number=proof.not_posted), soft_wrap=True)
    if not proof.holds:
        raise typer.Exit(1)
