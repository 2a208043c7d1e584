"""Sort keys of records: value objects that print themselves and read themselves back.

    fact of a document       <subject>#<fact>               UA#released, UA#held#<run>, UA~01#posted
    fact of an exception     <subject>#<ordinal>#<fact>     UA#001#opened, _run#001-02#token#0000
    run, and a fact of it    <ordinal>[#<fact>]             001, 001#closed
    run in its turn          <ordinal>                      00000001
    place of a billing       <month>#<ordinal>              2013-01#000, unbilled:2012-12#000
    change of a balance      <currency>#<ordinal>           USD#000001
    block of an audit chain  <sequence>                     000000000042

Ordinals have three digits or more, and text of more digits sorts first: what is read by key is ordered by number.
"""

import re
from dataclasses import dataclass
from typing import Self

from billproof.errors import NotFound
from billproof.escaping import escape, unescape

_SEPARATOR = "#"
_UNBILLED = "unbilled:"
_SEPARATORS = re.compile("[%#]")


def sort_key(*parts: str) -> str:
    """Join the parts of a key; none but the last may hold the separator `#`."""
    return _SEPARATOR.join(parts)


def partition_name(kind: str, *names: str) -> str:
    """Name a partition of facts: what they are of, and what of: `runs#sky#2013-01`, `chain#sky/3`."""
    return _SEPARATOR.join((kind, *names))


def event_copy_key(source: str, event: str, received_at: str) -> str:
    """Name a copy of an event: sources and ids are any text, so what separates them is escaped."""
    return sort_key(escape(source, _SEPARATORS), escape(event, _SEPARATORS), received_at)


def unbilled_slot_name(month: str) -> str:
    """Name what a slot is of that stands for usage of a month that no invoice bills."""
    return _UNBILLED + month


def is_unbilled_slot_name(name: str) -> bool:
    """Say whether a slot is of usage that no invoice bills."""
    return name.startswith(_UNBILLED)


def turn_key(ordinal: int) -> str:
    """Print the place of a run among all of its legal entity: eight digits, so that the last one is found at once."""
    return f"{ordinal:08d}"


def ordinal_text(number: int) -> str:
    """Print an ordinal as keys and ids hold it."""
    return f"{number:03d}"


@dataclass(frozen=True, slots=True)
class FactName:
    """What a fact says, and the run or mail that it is of where there may be several."""

    kind: str
    of: str = ""

    def __str__(self) -> str:
        """Print it."""
        return sort_key(self.kind, self.of) if self.of else self.kind

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the name of a fact."""
        kind, _, of = text.partition(_SEPARATOR)
        return cls(kind, of)


@dataclass(frozen=True, slots=True)
class FactKey:
    """A fact of an invoice or credit note; without a fact it prints what the keys of all of them begin with."""

    subject: str
    fact: str = ""

    def __str__(self) -> str:
        """Print it."""
        return sort_key(self.subject, self.fact)

    @property
    def after_all(self) -> str:
        """What sorts after every fact of the subject, and before those of the next one."""
        return sort_key(self.subject, "\U0010ffff")

    @property
    def account(self) -> str:
        """The account of the subject: a credit note has its invoice's."""
        return unescape(self.subject.partition("~")[0])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a fact's key: the subject has its separators escaped."""
        subject, _, fact = text.partition(_SEPARATOR)
        return cls(subject, fact)


@dataclass(frozen=True, slots=True)
class ExceptionFactKey:
    """A fact of an exception; without a fact it prints what the keys of all of them begin with."""

    subject: str
    ordinal: str
    fact: str = ""

    def __str__(self) -> str:
        """Print it."""
        return sort_key(self.subject, self.ordinal, self.fact)

    def is_of_run(self, run: int) -> bool:
        """Say whether it is about the n-th run of its month."""
        return self.subject == "_run" and ExceptionOrdinal.parse(self.ordinal).run == run

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a fact's key."""
        subject, _, rest = text.partition(_SEPARATOR)
        ordinal, _, fact = rest.partition(_SEPARATOR)
        return cls(subject, ordinal, fact)


@dataclass(frozen=True, slots=True, order=True)
class ExceptionOrdinal:
    """Tells exceptions about one subject apart, in the order in which they were raised: `001`, or `001-02` of a run.

    `run` is the ordinal of the run that was held, `attempt` counts the exceptions of a run that is planned again.
    """

    run: int
    attempt: int = 0

    def __str__(self) -> str:
        """Print it."""
        run = ordinal_text(self.run)
        return f"{run}-{self.attempt:02d}" if self.attempt else run

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it; raises NotFound for anything else."""
        match = re.fullmatch(r"([0-9]{3,9})(?:-([0-9]{2,9}))?", text)
        if match is None:
            message = "this is not an exception's ordinal, such as 001 or 001-02"
            raise NotFound(message)
        return cls(int(match[1]), int(match[2] or 0))


@dataclass(frozen=True, slots=True)
class RunKey:
    """A run of a legal entity and month, or a fact of it."""

    ordinal: int
    fact: str = ""

    def __str__(self) -> str:
        """Print it."""
        ordinal = ordinal_text(self.ordinal)
        return sort_key(ordinal, self.fact) if self.fact else ordinal

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a run's key."""
        ordinal, _, fact = text.partition(_SEPARATOR)
        return cls(int(ordinal), fact)


@dataclass(frozen=True, slots=True)
class SlotKey:
    """The place of a billing among those of a month."""

    month: str
    ordinal: int

    def __str__(self) -> str:
        """Print it."""
        return sort_key(self.month, ordinal_text(self.ordinal))


@dataclass(frozen=True, slots=True)
class RefusedId:
    """A refused event: the day that its line lies under, `unknown` without a time, and the digest of its delivery."""

    day: str
    digest: str

    def __str__(self) -> str:
        """Print it."""
        return f"{self.day}.{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it; raises NotFound for anything else."""
        match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2}|unknown)\.([0-9a-f]{16})", text)
        if match is None:
            message = "this is not the id of a refused event, such as 2013-01-05.0123456789abcdef"
            raise NotFound(message)
        return cls(match[1], match[2])


@dataclass(frozen=True, slots=True)
class BalanceKey:
    """A change of a customer's balance in a currency: six digits, so that the last one is found by one query."""

    currency: str
    ordinal: int

    def __str__(self) -> str:
        """Print it."""
        return sort_key(self.currency, f"{self.ordinal:06d}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a change's key."""
        currency, _, ordinal = text.partition(_SEPARATOR)
        return cls(currency, int(ordinal))


@dataclass(frozen=True, slots=True)
class PartitionName:
    """A partition of facts: what they are of, and the names that follow, such as `runs` and (`sky`, `2013-01`)."""

    kind: str
    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a partition's name."""
        kind, *parts = text.split(_SEPARATOR)
        return cls(kind, tuple(parts))


@dataclass(frozen=True, slots=True)
class VersionKey:
    """A version of master data in the catalog, or in an account's partition: `entity`, `skymeter-inc`, `v000001`."""

    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read its key."""
        kind, _, rest = text.partition(_SEPARATOR)
        return cls(kind, rest.rpartition(_SEPARATOR)[0])


@dataclass(frozen=True, slots=True, order=True)
class ChainName:
    """One of the chains that the log of an owner is written in: `skymeter-inc/3`."""

    owner: str
    lane: int

    def __str__(self) -> str:
        """Print it."""
        return f"{self.owner}/{self.lane}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a chain's name; raises NotFound for anything else."""
        owner, _, lane = text.rpartition("/")
        if not owner or not lane.isdecimal():
            message = "this is not a chain of the audit log, such as skymeter-inc/3"
            raise NotFound(message)
        return cls(owner, int(lane))


SEQUENCE_DIGITS = 12


def sequence_text(sequence: int) -> str:
    """Print the place of a block in its chain, so that text order is the order of the chain."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """The key of an object, taken apart: its top folder and what follows."""

    folder: str
    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an object's key."""
        folder, *parts = text.split("/")
        return cls(folder, tuple(parts))

    @property
    def month(self) -> str:
        """The month of the day that a part names, such as day=2013-01-05; "" where none does."""
        days = (part.removeprefix("day=") for part in self.parts if part.startswith("day="))
        return next(days, "")[:7]
