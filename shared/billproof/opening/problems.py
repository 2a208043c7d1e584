"""What is wrong with the rows of an opening: where, and how to correct it."""

from enum import StrEnum
from typing import Self

from billproof.model import Model


class ProblemCode(StrEnum):
    """Why a row cannot be taken over."""

    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    TWICE = "twice"
    CURRENCY = "currency"
    DATE = "date"
    NUMBER_TAKEN = "number_taken"
    UNDECLARED = "undeclared"
    CONTROL_TOTAL = "control_total"
    MASTER_DATA = "master_data"


class OpeningProblem(Model):
    """What is wrong in one place: a file, a row and a field.

    The row after the head is 1; 0 is the file itself. An empty field means the whole row.
    """

    file: str
    row: int
    field: str
    code: ProblemCode
    message: str

    @classmethod
    def of(cls, place: tuple[str, int], field: str, code: ProblemCode, message: str) -> Self:
        """Name a problem of a field."""
        file, row = place
        return cls(file=file, row=row, field=field, code=code, message=message)

    def __str__(self) -> str:
        """Print it in a line."""
        row = f" row {self.row}" if self.row else ""
        return f"{self.file}{row}{f', {self.field}' if self.field else ''}: {self.message}"
