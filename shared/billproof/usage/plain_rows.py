"""Rows of compacted days that are taken as they were judged: they are counted and added up where they lie."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from billproof.usage.compacted import Compaction, PropertyColumns
from billproof.usage.property_roles import Roles, single_column, sum_column
from billproof.usage.sql_texts import listed, pointer

_SELECT = """
select account, time, type, source, id, received_at, position, verdict, {identities}{properties}
from read_parquet({paths}) compact where {plain}
"""

HASHED = "hash(account, source, id) as identity, hash(source, id) as event"
"""Another version of DuckDB may hash otherwise."""

_UNTOUCHED = """not exists (
    select 1 from touched where touched.account = compact.account and touched.day = cast(compact.time as date))"""

MOST_NAMED = 20
"""Accounts that a query names, for DuckDB to skip what lies between them; of more it reads everything."""


@dataclass(frozen=True, slots=True)
class Select:
    """A query over some rows, and its parameters."""

    text: str
    parameters: dict[str, Any]


class PlainRows:
    """The rows of some compacted days, but those of accounts that are judged again (table `touched`)."""

    def __init__(
        self, days: Sequence[tuple[Compaction, Path]], accounts: Sequence[str], *, touched: Container[str]
    ) -> None:
        self._accounts = accounts if len(accounts) <= MOST_NAMED else ()
        self._days = days
        self._touched = touched

    def untouched(self) -> "PlainRows":
        """Return the days of which no row is judged again."""
        return self._those(lambda day: day not in self._touched)

    def touched(self) -> "PlainRows":
        """Return the days of which some rows are judged again."""
        return self._those(lambda day: day in self._touched)

    def _those(self, is_wanted: Callable[[str], bool]) -> "PlainRows":
        days = [(compaction, path) for compaction, path in self._days if is_wanted(compaction.day)]
        return PlainRows(days, self._accounts, touched=self._touched)

    def __bool__(self) -> bool:
        """Say whether there is any day."""
        return bool(self._days)

    @property
    def compactions(self) -> list[Compaction]:
        """What the days were compacted to."""
        return [compaction for compaction, _ in self._days]

    def select(self, names: Mapping[str, str], roles: Roles, *, of_everyone: bool = False) -> Select:
        """Return the query of the rows of some accounts, or of everyone.

        Days whose properties have the same columns are read together.
        """
        accounts = () if of_everyone else self._accounts
        named = {f"account{number}": account for number, account in enumerate(accounts)}
        parameters: dict[str, Any] = dict(named)
        texts = []
        for like, paths in self._groups().items():
            columns, pointers = _columns(names, roles, {known.name: known for known in like.properties})
            parameters |= pointers
            wheres = [] if like.settled else ["is_plain"]
            wheres += [_UNTOUCHED] if like.touched else []
            wheres += [f"account in ({', '.join(f'${name}' for name in named)})"] if named else []
            texts.append(
                _SELECT.format(
                    identities="identity, event" if like.engine == duckdb.__version__ else HASHED,
                    properties="".join(f", {column}" for column in columns),
                    paths=listed(paths),
                    plain=" and ".join(wheres) or "true",
                )
            )
        return Select(" union all ".join(texts), parameters)

    def _groups(self) -> dict["_Like", list[Path]]:
        groups: dict[_Like, list[Path]] = {}
        for compaction, path in self._days:
            is_touched = compaction.day in self._touched
            like = _Like(compaction.engine, compaction.settled, is_touched, compaction.properties)
            groups.setdefault(like, []).append(path)
        return groups


@dataclass(frozen=True, slots=True)
class _Like:
    """What days have in common that one query reads."""

    engine: str
    settled: bool
    touched: bool
    properties: tuple[PropertyColumns, ...]


def _columns(
    names: Mapping[str, str], roles: Roles, known: Mapping[str, PropertyColumns]
) -> tuple[list[str], dict[str, str]]:
    """Return the columns of each property, and the pointers into `data` that they take."""
    columns: list[str] = []
    pointers: dict[str, str] = {}
    for name, column in names.items():
        text = known[name].text if name in known else ""
        quantity = known[name].read_quantity if name in known else ""
        is_complete = name in known and known[name].complete
        texts = f'"{text}"' if text else f"data->>${column}"
        quantities = f'"{quantity}"' if quantity else "cast(null as decimal(38, 15))"
        is_number = name in roles.singles or name in roles.sums
        if name in roles.texts or (is_number and not quantity):
            shown = texts
        elif is_complete:
            shown = "cast(null as varchar)"
        else:
            shown = f'case when "{quantity}" is null then {texts} end'
        if "$" in shown:
            pointers[column] = pointer(name)
        columns.append(f"{shown} as {column}")
        columns += [f"{quantities} as {kind}" for kind in _kinds(name, column, roles)]
    return columns, pointers


def _kinds(name: str, column: str, roles: Roles) -> Iterator[str]:
    if name in roles.singles:
        yield single_column(column)
    if name in roles.sums:
        yield sum_column(column)
