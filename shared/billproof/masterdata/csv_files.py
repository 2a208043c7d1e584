"""How a bank or gateway writes its CSV files: a declared format, published as data, so that no bank needs code."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.model import Model
from billproof.names import Currency, Name

Header = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A column's name as the file's first line writes it, without blanks around it."""


class DayFormat(StrEnum):
    """How a file writes days: digits in these places, and these signs between them."""

    YEAR_FIRST = "YYYY-MM-DD"
    COMPACT = "YYYYMMDD"
    DOTTED = "DD.MM.YYYY"
    DOTTED_SHORT = "DD.MM.YY"
    DAY_FIRST = "DD/MM/YYYY"
    DASHED = "DD-MM-YYYY"
    MONTH_FIRST = "MM/DD/YYYY"


class CsvShape(Model):
    """What has to be known to read a table: encoding, signs, how days are written, and what stands before the table.

    The first line after `skipped_lines` names the columns. Text with the delimiter in it stands in double quotes.
    """

    encoding: Literal["utf-8", "utf-16", "iso-8859-1", "windows-1252"]
    delimiter: Literal[",", ";", "\t", "|"]
    decimal_sign: Literal[".", ","]
    thousands_sign: Literal[".", ",", " ", "'"] | None = None
    day_format: DayFormat
    skipped_lines: Annotated[int, Field(strict=True, ge=0, le=100)] = 0

    @model_validator(mode="after")
    def _tells_its_signs_apart(self) -> Self:
        if self.thousands_sign == self.decimal_sign:
            message = "one sign cannot separate thousands and decimals"
            raise ValueError(message)
        return self


class CsvColumns(Model):
    """Which column says what. An amount is one column with a sign, or two columns without.

    Balances are a column with the balance after each entry, or two columns with the statement's opening and closing,
    the same in every line. `remittance` are columns whose texts follow each other. `returned` is a column that marks
    what was taken back, by a text that `returned_texts` of the format names.
    """

    booked_on: Header
    value_on: Header | None = None
    amount: Header | None = None
    credit: Header | None = None
    debit: Header | None = None
    balance: Header | None = None
    opening: Header | None = None
    closing: Header | None = None
    account: Header | None = None
    currency: Header | None = None
    number: Header | None = None
    reference: Header | None = None
    party_name: Header | None = None
    party_account: Header | None = None
    structured: Header | None = None
    end_to_end: Header | None = None
    remittance: tuple[Header, ...] = ()
    charges: Header | None = None
    original_amount: Header | None = None
    original_currency: Header | None = None
    returned: Header | None = None

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Self:
        _one_way("the amount", self.amount, self.credit, self.debit)
        _one_way("the balance", self.balance, self.opening, self.closing)
        if (self.original_amount is None) != (self.original_currency is None):
            message = "an original amount needs its currency, and a currency its amount"
            raise ValueError(message)
        return self

    @property
    def headers(self) -> tuple[str, ...]:
        """Every column that is read."""
        fields = self.model_dump(exclude={"remittance"}).values()
        return (*(header for header in fields if header is not None), *self.remittance)


def _one_way(what: str, whole: str | None, *parts: str | None) -> None:
    given = [part for part in parts if part is not None]
    if (whole is None) == (not given) or (given and len(given) != len(parts)):
        message = f"{what} is either one column or two"
        raise ValueError(message)


class CsvStatementFormat(CsvShape):
    """How a bank writes its statements as CSV. Account and currency are columns, or the same for the whole file."""

    id: Name
    columns: CsvColumns
    order: Literal["oldest_first", "newest_first"]
    account: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    currency: Currency | None = None
    returned_texts: tuple[Header, ...] = ()

    @model_validator(mode="after")
    def _says_whose_it_is(self) -> Self:
        columns = self.columns
        if (self.account is None) == (columns.account is None) or (self.currency is None) == (columns.currency is None):
            message = "account and currency are each either a column or one for the file"
            raise ValueError(message)
        if (columns.returned is None) != (not self.returned_texts):
            message = "a column that marks what was taken back needs its texts, and texts need their column"
            raise ValueError(message)
        return self


class AdviceColumns(Model):
    """Which column of a remittance advice says what: each line is a document and what of it a payment pays.

    `payment` is the payer's own name of the payment, `number` that of the document. With `total` the payment's whole
    amount stands in each of its lines, and they add up to it.
    """

    payment: Header
    paid_on: Header
    number: Header
    amount: Header
    total: Header | None = None
    currency: Header | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(header for header in self.model_dump().values() if header is not None)


class CsvAdviceFormat(CsvShape):
    """How a payer writes remittance advices as CSV. The currency is a column, or the same for the whole file."""

    id: Name
    columns: AdviceColumns
    currency: Currency | None = None

    @model_validator(mode="after")
    def _says_its_currency_once(self) -> Self:
        if (self.currency is None) == (self.columns.currency is None):
            message = "the currency is either a column or one for the file"
            raise ValueError(message)
        return self
