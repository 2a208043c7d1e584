"""What a running business brings along, in files: a folder of CSV, one file for each kind of row.

    opening.csv       legal_entity,first_period                              one row
    controls.csv      kind,currency,count,total,booked                       what the others come to
    receivables.csv   reference,account,issued,due,currency,amount,booked
    ...               the fields of the models in billproof/opening/model.py

A cell that is empty says nothing. What is wrong is named by file, row and field, all of it at once.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from billproof.model import said_of
from billproof.names import PUBLISHED
from billproof.opening.controls import CONTROLS_FILE
from billproof.opening.model import Opening, OpeningKind, OpeningTotal
from billproof.opening.problems import OpeningProblem, ProblemCode
from billproof.opening.rules import OPENING_FILE, ROWS
from billproof.sheets import Sheet
from billproof_ops.errors import WrongUse

HEAD = ("legal_entity", "first_period")
"""The columns of the file that says whose opening it is."""
REPORT_COLUMNS = ("file", "row", "field", "code", "message")


@dataclass(frozen=True, slots=True)
class ReadOpening:
    """The opening that the files of a folder state, or what is wrong with them."""

    opening: Opening | None
    problems: tuple[OpeningProblem, ...]


def read_opening_files(folder: Path) -> ReadOpening:
    """Read the files of a folder; raises WrongUse where they cannot be read, or are of no kind that is known."""
    known = {OPENING_FILE, CONTROLS_FILE, *(kind.value for kind in OpeningKind)}
    files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    unknown = sorted(files.keys() - known)
    unread = [path.name for path in sorted(folder.iterdir()) if path.stem.lower() in known and path.suffix != ".csv"]
    missing = sorted({OPENING_FILE, CONTROLS_FILE} - files.keys())
    if unknown or missing or unread:
        lacks = [f"{name}.csv is missing" for name in missing]
        extra = [f"{name}.csv is none of {', '.join(sorted(known))}" for name in unknown]
        others = [f"{name} is not read: it has to end with .csv" for name in unread]
        message = f"{folder}: {'; '.join([*lacks, *extra, *others])}"
        raise WrongUse(message)
    problems: list[OpeningProblem] = []
    heads = _rows(files.pop(OPENING_FILE), HEAD, HEAD, problems)
    if len(heads) != 1 and not problems:
        problems.append(_problem(OPENING_FILE, 0, "", "this file has one row: the legal entity and the first period"))
    document: dict[str, Any] = {}
    for name, path in files.items():
        model = OpeningTotal if name == CONTROLS_FILE else ROWS[OpeningKind(name)]
        document[name] = list(_read(path, model, problems))
    if problems:
        return ReadOpening(None, tuple(problems))
    try:
        return ReadOpening(Opening.model_validate((heads[0] or {}) | document, context=PUBLISHED), ())
    except ValidationError as error:
        wrong = (_problem(OPENING_FILE, 1, str(part["loc"][0]), said_of(part)) for part in error.errors())
        return ReadOpening(None, tuple(wrong))


def _read(path: Path, model: type[BaseModel], problems: list[OpeningProblem]) -> Iterator[BaseModel]:
    """Yield the rows of a file; what is wrong with them is added to the problems."""
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    rows = _rows(path, required, list(model.model_fields), problems)
    for number, row in enumerate(rows, start=1):
        if row is None:
            continue
        try:
            yield model.model_validate(row, context=PUBLISHED)
        except ValidationError as error:
            parts = error.errors()
            problems += (_problem(path.stem, number, ".".join(map(str, part["loc"])), said_of(part)) for part in parts)


def _rows(
    path: Path, required: Sequence[str], known: Sequence[str], problems: list[OpeningProblem]
) -> list[dict[str, str] | None]:
    """Return the cells of a file by row, without the empty ones; None for a row that has too many or too few.

    Raises WrongUse where it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            columns = list(rows.fieldnames or ())
            read = list(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise WrongUse(message) from None
    wrong = [_problem(path.stem, 0, name, "this column is missing") for name in required if name not in columns]
    wrong += [_problem(path.stem, 0, name, "there is no such column") for name in columns if name not in known]
    wrong += [_problem(path.stem, 0, name, "two columns have this name") for name in known if columns.count(name) > 1]
    if wrong:
        problems += wrong
        return []
    whole = [None not in row and None not in row.values() for row in read]
    message = f"this row has not {len(columns)} cells"
    problems += [
        _problem(path.stem, number, "", message) for number, is_whole in enumerate(whole, start=1) if not is_whole
    ]
    return [
        {name: cell for name, cell in row.items() if cell} if is_whole else None
        for row, is_whole in zip(read, whole, strict=True)
    ]


def _problem(file: str, row: int, field: str, message: str) -> OpeningProblem:
    return OpeningProblem.of((file, row), field, ProblemCode.UNREADABLE, message)


def write_report(path: Path, problems: Sequence[OpeningProblem]) -> None:
    """Write what is wrong as CSV; raises WrongUse where it cannot be written."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = Sheet(file)
            rows.add(REPORT_COLUMNS)
            stated = (problem.model_dump(mode="json") for problem in problems)
            rows.add_all([row[name] for name in REPORT_COLUMNS] for row in stated)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise WrongUse(message) from None
