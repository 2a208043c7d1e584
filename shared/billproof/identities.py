"""Identities of runs, invoices, exceptions and lines: value objects that print themselves and read themselves back.

    run          <legal entity>-<YYYY-MM>-<ordinal>                skymeter-inc-2013-01-001
    invoice      <legal entity>.<YYYY-MM>.<account>                skymeter-inc.2013-01.UA
    credit note  <invoice>~<ordinal>                               skymeter-inc.2013-01.UA~01
    exception    <legal entity>.<YYYY-MM>.<subject>.<ordinal>      skymeter-inc.2013-01.UA.001
    line         [credit:][difference:][<reduction>:]<term>:<service period>[:true_up | :<group value>...]
                                                                   launch:platform:2013-01, flights:2013-01:EWR
    place in a contract  <contract>/<charge, commitment, discount or month>      ua/platform

What separates parts is escaped within them, as in a URL: `:` is `%3A`. So two identities never print alike, and one
without such characters prints as it always did.
"""

import re
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Self

from billproof.errors import NotFound
from billproof.escaping import code, escape, unescape
from billproof.store_keys import ExceptionOrdinal, ordinal_text

_SEPARATORS = re.compile(r"[%.~#/]")
_EXCEPTION_SEPARATORS = re.compile(r"[%.#/]")
"""A credit note's subject keeps its `~`."""
_TEXT = r"[^\ud800-\udfff]"
"""A character; half a surrogate pair, which JSON may carry, is none, and no key can hold it."""
_PART = r"[^.\ud800-\udfff]+"
_LINE_SEPARATORS = re.compile(r"[%:@]")
_VALUE_SEPARATORS = re.compile(r"[%:]")
_PATH_SEPARATORS = re.compile(r"[%/]")


@dataclass(frozen=True, slots=True)
class RunId:
    """A billing run of a legal entity and month; its execution has the same name."""

    legal_entity: str
    period: str
    ordinal: int

    def __str__(self) -> str:
        """Print it. Nothing is escaped: the month and the ordinal are read from the end."""
        return f"{self.legal_entity}-{self.period}-{self.ordinal_text}"

    @property
    def ordinal_text(self) -> str:
        """The ordinal as keys and exceptions hold it."""
        return ordinal_text(self.ordinal)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a run's id; raises NotFound for anything else."""
        match = re.fullmatch(rf"({_TEXT}+)-([0-9]{{4}}-[0-9]{{2}})-([0-9]{{3,9}})", text)
        parsed = cls(match[1], match[2], int(match[3])) if match else None
        if parsed is None or str(parsed) != text:
            message = "this is not a run's id: <legal entity>-<YYYY-MM>-<number>"
            raise NotFound(message)
        return parsed


@dataclass(frozen=True, slots=True)
class InvoiceId:
    """An account's invoice of a month or, with an ordinal, one of its credit notes and write-offs."""

    legal_entity: str
    period: str
    account: str
    credit: int = 0

    def __str__(self) -> str:
        """Print it."""
        return ".".join((escape(self.legal_entity, _SEPARATORS), escape(self.period, _SEPARATORS), self.subject))

    @property
    def subject(self) -> str:
        """What tells it from the other documents of its legal entity and month: `UA`, or `UA~01`."""
        account = escape(self.account, _SEPARATORS)
        return f"{account}~{self.credit:02d}" if self.credit else account

    @property
    def is_credit(self) -> bool:
        """Say whether it is a credit note or write-off."""
        return self.credit > 0

    @property
    def invoice(self) -> Self:
        """The invoice that a credit note belongs to; an invoice is its own."""
        return replace(self, credit=0)

    def credit_note(self, ordinal: int) -> Self:
        """Return the n-th credit note or write-off of the invoice."""
        return replace(self, credit=ordinal)

    @classmethod
    def of_subject(cls, legal_entity: str, period: str, subject: str) -> Self:
        """Return the document that a subject names; raises NotFound where it names none."""
        return cls.parse(".".join((escape(legal_entity, _SEPARATORS), escape(period, _SEPARATORS), subject)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the id of an invoice, credit note or write-off; raises NotFound for anything else."""
        match = re.fullmatch(rf"({_PART})\.({_PART})\.([^.~\ud800-\udfff]+)(?:~([0-9]{{2,9}}))?", text)
        parsed = None
        if match:
            legal_entity, period, account = (unescape(part) for part in match.group(1, 2, 3))
            parsed = cls(legal_entity, period, account, credit=int(match[4] or 0))
        if parsed is None or str(parsed) != text:
            message = "this is not an invoice id: <legal entity>.<YYYY-MM>.<account>"
            raise NotFound(message)
        return parsed


@dataclass(frozen=True, slots=True)
class ExceptionId:
    """An exception about an account's invoice, a credit note (`UA~01`) or a run; its ordinal tells later ones apart."""

    legal_entity: str
    period: str
    subject: str
    ordinal: str

    def __str__(self) -> str:
        """Print it."""
        parts = (self.legal_entity, self.period, self.subject, self.ordinal)
        return ".".join(escape(part, _EXCEPTION_SEPARATORS) for part in parts)

    @property
    def raised_by(self) -> str:
        """Return the id of the run that raised it, or of the credit note that it is about; raises NotFound."""
        if "~" in self.subject:
            return f"{escape(self.legal_entity, _SEPARATORS)}.{escape(self.period, _SEPARATORS)}.{self.subject}"
        return str(RunId(self.legal_entity, self.period, ExceptionOrdinal.parse(self.ordinal).run))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an exception's id; raises NotFound for anything else."""
        match = re.fullmatch(rf"({_PART})\.({_PART})\.({_PART})\.({_PART})", text)
        parsed = cls(*(unescape(part) for part in match.groups())) if match else None
        if parsed is None or str(parsed) != text:
            message = "this is not an exception's id: <legal entity>.<YYYY-MM>.<account or _run>.<ordinal>"
            raise NotFound(message)
        return parsed


@dataclass(frozen=True, slots=True)
class ContractPath:
    """A place in a contract: a charge, commitment, discount or month of it."""

    contract: str
    part: str

    def __str__(self) -> str:
        """Print it, as the paths of findings and the keys of frozen terms have it."""
        return f"{escape(self.contract, _PATH_SEPARATORS)}/{escape(self.part, _PATH_SEPARATORS)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a place in a contract; raises NotFound for anything else."""
        contract, _, part = text.partition("/")
        parsed = cls(unescape(contract), unescape(part))
        if str(parsed) != text:
            message = "this is not a place in a contract: <contract>/<charge, commitment, discount or month>"
            raise NotFound(message)
        return parsed


class LineIdFormat(IntEnum):
    """How the ids of an invoice's lines are printed; stored with the terms that an invoice is made from."""

    PLAIN = 1
    """Until 25 November 2026: nothing is escaped, so groups whose values hold `:` can print alike."""
    ESCAPED = 2


_CREDIT, _DIFFERENCE, _TRUE_UP = "credit", "difference", "true_up"
_MARKS = (_CREDIT, _DIFFERENCE)
_SERVICE_PERIOD = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2}_[0-9]{4}-[0-9]{2}-[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class TermName:
    """A charge, commitment or reduction; `since` is the first day of a later part of it, empty for the first."""

    name: str
    since: str = ""

    def written(self, line_ids: LineIdFormat) -> str:
        """Print it as a part of a line's id; a name that would be read as something else has its first letter coded."""
        if line_ids is LineIdFormat.PLAIN:
            return _with_day(self.name, self.since)
        name = escape(self.name, _LINE_SEPARATORS)
        if name in _MARKS or _SERVICE_PERIOD.fullmatch(name):
            name = code(name[0]) + name[1:]
        return _with_day(name, self.since)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a part of a line's id."""
        name, _, since = text.partition("@")
        return cls(unescape(name), since)


def _with_day(text: str, day: str) -> str:
    return f"{text}@{day}" if day else text


@dataclass(frozen=True, slots=True)
class LineId:
    """A line of an invoice: a charge or commitment for a service period, and what made another line of it.

    `since` is the first day of a later part of the service period, `true_up` says that a line bills what telemetry saw
    above what is committed, and `values` are those of the group that it bills. `reduction` is the discount, cap or
    credit that takes something off the line. `marks` are what came after it: a difference, a credit note.
    """

    term: TermName
    period: str
    since: str = ""
    true_up: bool = False
    values: tuple[str, ...] = ()
    reduction: TermName | None = None
    marks: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        """Print it."""
        return self.written(LineIdFormat.ESCAPED)

    def written(self, line_ids: LineIdFormat) -> str:
        """Print it in a format."""
        terms = [term.written(line_ids) for term in (self.reduction, self.term) if term is not None]
        true_up = (self.period, _with_day(_TRUE_UP, self.since))
        days = true_up if self.true_up else (_with_day(self.period, self.since),)
        return ":".join((*self.marks, *terms, *days, *self._values(line_ids)))

    def _values(self, line_ids: LineIdFormat) -> tuple[str, ...]:
        if line_ids is LineIdFormat.PLAIN or not self.values:
            return self.values
        first, *others = (escape(value, _VALUE_SEPARATORS) for value in self.values)
        if first.partition("@")[0] == _TRUE_UP:
            first = code(first[0]) + first[1:]
        return (first, *others)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a line's id that was printed with its parts escaped; raises NotFound for anything else."""
        parts = text.split(":")
        marks = 0
        while marks < len(parts) and parts[marks] in _MARKS:
            marks += 1
        place = next((n for n, part in enumerate(parts) if _SERVICE_PERIOD.fullmatch(part.partition("@")[0])), -1)
        terms = [TermName.parse(part) for part in parts[marks : max(place, 0)]]
        parsed = None
        if terms:
            period, _, since = parts[place].partition("@")
            values = parts[place + 1 :]
            true_up = bool(values) and values[0].partition("@")[0] == _TRUE_UP
            parsed = cls(
                term=terms[-1],
                period=period,
                since=values[0].partition("@")[2] if true_up else since,
                true_up=true_up,
                values=tuple(unescape(value) for value in (values[1:] if true_up else values)),
                reduction=terms[0] if len(terms) > 1 else None,
                marks=tuple(parts[:marks]),
            )
        if parsed is None or str(parsed) != text:
            message = "this is not a line's id: <charge>:<service period>, such as flights:2013-01:EWR"
            raise NotFound(message)
        return parsed


def reduction_of(line: str, reduction: TermName, line_ids: LineIdFormat) -> str:
    """Return the id of the line that takes a discount, a cap or a credit off a line."""
    return f"{reduction.written(line_ids)}:{line}"


def difference_of(line: str) -> str:
    """Return the id of the line that bills the difference of an earlier line, as that one is written."""
    return f"{_DIFFERENCE}:{line}"


def credit_of(line: str) -> str:
    """Return the id of the line that credits a line."""
    return f"{_CREDIT}:{line}"


def credited_line(credit: str) -> str:
    """Return the id of the line that a credit note's line credits; raises NotFound for another line."""
    mark, _, line = credit.partition(":")
    if mark != _CREDIT:
        message = "this is not a credit note's line: credit:<line>"
        raise NotFound(message)
    return line


def reduced_line(reduction: str) -> str:
    """Return the id of the line that a reduction's line takes something off: it is that of no line for another one."""
    return reduction.partition(":")[2]
