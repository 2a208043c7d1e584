"""Usage in files: CloudEvents, one a line, or a spreadsheet whose columns are mapped to them."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from billproof_ops.errors import WrongUse

CSV, NDJSON = "csv", "ndjson"


@dataclass(frozen=True, slots=True)
class Mapping:
    """How the columns of a spreadsheet become a CloudEvent: the names of columns, and what all events have.

    Without `data` every other column is a property of the event's data, under its own name.
    """

    source: str = ""
    type: str = ""
    id: str = "id"
    subject: str = "subject"
    time: str = "time"
    data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it is written: where, what stands there, and the event as JSON."""

    number: int
    written: str
    raw: bytes


def kind_of(path: Path, said: str) -> str:
    """Return what a file is by what is said of it, or by its name; raises WrongUse."""
    kind = said or {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}.get(path.suffix, "")
    if kind not in {CSV, NDJSON}:
        message = f"say with --format whether {path} is {CSV} or {NDJSON}"
        raise WrongUse(message)
    return kind


def lines(path: Path, kind: str, mapping: Mapping) -> Iterator[Line]:
    """Yield the events of a file, or of standard input where its name is -, as they are read.

    Raises WrongUse where it cannot be read, or lacks a column that the mapping names.
    """
    try:
        opened = nullcontext(sys.stdin) if str(path) == "-" else path.open(encoding="utf-8-sig", newline="")
        with opened as file:
            yield from _rows(file, str(path), mapping) if kind == CSV else _events(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise WrongUse(message) from None


def _events(file: IO[str]) -> Iterator[Line]:
    for number, text in enumerate(file, start=1):
        if text.strip():
            yield Line(number, text.strip(), text.strip().encode(errors="surrogatepass"))


def _rows(file: IO[str], name: str, mapping: Mapping) -> Iterator[Line]:
    rows = csv.DictReader(file, strict=True)
    columns = list(rows.fieldnames or ())
    _refuse_unsound_columns(name, columns, mapping)
    named = {mapping.id, mapping.subject, mapping.time, mapping.source, mapping.type}
    properties = mapping.data or tuple(column for column in columns if column not in named)
    for row in rows:
        number = rows.line_num
        written = ",".join(row.get(column) or "" for column in columns)
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": row[mapping.id],
            "source": row.get(mapping.source, mapping.source),
            "type": row.get(mapping.type, mapping.type),
            "subject": row[mapping.subject],
            "time": row[mapping.time],
            "data": {column: row[column] for column in properties if row[column] not in {None, ""}},
        }
        yield Line(number, written, json.dumps(event).encode())


def _refuse_unsound_columns(name: str, columns: list[str], mapping: Mapping) -> None:
    wanted = {"--id": mapping.id, "--subject": mapping.subject, "--time": mapping.time}
    wanted |= {f"--data {column}": column for column in mapping.data}
    missing = [f"{flag.split()[0]} {column}" for flag, column in wanted.items() if column not in columns]
    if missing:
        message = f"{name} has no such column: {', '.join(missing)}; its columns are {', '.join(columns) or 'none'}"
        raise WrongUse(message)
    if len(set(columns)) < len(columns):
        message = f"{name} has two columns of one name"
        raise WrongUse(message)
    for flag, value in (("--source", mapping.source), ("--type", mapping.type)):
        if not value:
            message = f"say with {flag} what all rows have, or which column says it"
            raise WrongUse(message)
