"""Roll-ups of a compacted day: what each account used of it, by the hour, added up; whoever asks for all reads these.

    compacted/bucket=<NN>/day=<day>/_<digest>.rollup       Parquet, named by its content and by the compaction

A row is an account, hour, type and combination of the properties that conditions of meters ask for. It has the number
of events that count, and the sum of each property that is measured. Names that begin with an underscore are passed over
by Athena. What cannot be added up (distinct values, levels, percentiles, single transactions, groups)
is not in a roll-up: it is read from the rows of the compacted day.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from billproof.ids import digest_bytes
from billproof.usage.keys import compacted_prefix

_WRITE = """
copy (
    select account, date_trunc('hour', cast(left(time, 26) as timestamp)) as hour, type,
        count(*) filter (standing = 'kept') as events, bool_and(is_plain) as is_plain{measured}{wheres}
    from rows group by account, hour, type{groups} order by all
) to '{path}' (format parquet, compression zstd, compression_level 1)
"""


def rollup_key(bucket: int, day: str, content: bytes) -> str:
    """Return the key of a roll-up, named by its content."""
    return compacted_prefix(bucket, day) + f"_{digest_bytes(content)[:40]}.rollup"


def is_rollup(key: str, content: bytes) -> bool:
    """Say whether content is what the key of a roll-up names."""
    return key.endswith(f"/_{digest_bytes(content)[:40]}.rollup")


def sum_column(name: str) -> str:
    """Name the column of the sum of a property."""
    return f"sum_{name.lower()}"


def where_column(name: str) -> str:
    """Name the column of a property that a condition asks for."""
    return f"where_{name.lower()}"


def rolled_up(
    database: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    measured: Sequence[tuple[str, str]],
    wheres: Sequence[tuple[str, str]],
) -> bytes:
    """Roll the view `rows` of a day up; the properties come with the columns that hold them there.

    Return nothing where a sum is larger than any quantity: the day has no roll-up, and is read from its rows.
    """
    sums = "".join(f", sum({column}) filter (standing = 'kept') as \"{sum_column(name)}\"" for name, column in measured)
    names = "".join(f', {column} as "{where_column(name)}"' for name, column in wheres)
    groups = "".join(f', "{where_column(name)}"' for name, _ in wheres)
    try:
        database.execute(_WRITE.format(path=path, measured=sums, wheres=names, groups=groups))
    except duckdb.OutOfRangeException:
        return b""
    return path.read_bytes()
