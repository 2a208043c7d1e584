"""Rows of compacted days that are taken as they were judged: they are counted and added up where they lie."""

from collections.abc import Iterator, Mapping, Sequence
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

_HASHED = "hash(account, source, id) as identity, hash(source, id) as event"
"""Another version of DuckDB may hash otherwise."""

_UNTOUCHED = """not exists (
    select 1 from touched where touched.account = compact.account and touched.day = cast(compact.time as date))"""

_SPANS = """
create or replace temp table spans as
select number, period, account, is_whole, cast(left(start_at, 26) as timestamp) as start_at,
    cast(left(end_at, 26) as timestamp) as end_at
from windows
"""


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
        self, days: Sequence[tuple[Compaction, Path]], accounts: Sequence[str], *, skips_touched: bool
    ) -> None:
        self._accounts = accounts if len(accounts) <= MOST_NAMED else ()
        self._skips_touched = skips_touched
        self._groups: dict[tuple[str, bool, tuple[PropertyColumns, ...]], list[Path]] = {}
        for compaction, path in days:
            like = (compaction.engine, compaction.settled, compaction.properties)
            self._groups.setdefault(like, []).append(path)

    def select(self, names: Mapping[str, str], roles: Roles, *, of_everyone: bool = False) -> Select:
        """Return the query of the rows of some accounts, or of everyone.

        Days whose properties have the same columns are read together.
        """
        accounts = () if of_everyone else self._accounts
        named = {f"account{number}": account for number, account in enumerate(accounts)}
        parameters: dict[str, Any] = dict(named)
        texts = []
        for (engine, settled, properties), paths in self._groups.items():
            columns, pointers = _columns(names, roles, {known.name: known for known in properties})
            parameters |= pointers
            wheres = [] if settled else ["is_plain"]
            wheres += [_UNTOUCHED] if self._skips_touched else []
            wheres += [f"account in ({', '.join(f'${name}' for name in named)})"] if named else []
            texts.append(
                _SELECT.format(
                    identities="identity, event" if engine == duckdb.__version__ else _HASHED,
                    properties="".join(f", {column}" for column in columns),
                    paths=listed(paths),
                    plain=" and ".join(wheres) or "true",
                )
            )
        return Select(" union all ".join(texts), parameters)


def write_spans(database: duckdb.DuckDBPyConnection) -> None:
    """Make the table `spans`: the windows, with times as compacted days have them."""
    database.execute(_SPANS)


def _columns(
    names: Mapping[str, str], roles: Roles, known: Mapping[str, PropertyColumns]
) -> tuple[list[str], dict[str, str]]:
    """Return the columns of each property, and the pointers into `data` that they take."""
    columns: list[str] = []
    pointers: dict[str, str] = {}
    for name, column in names.items():
        text = known[name].text if name in known else ""
        quantity = known[name].quantity if name in known else ""
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
