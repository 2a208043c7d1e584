"""The databases of a process: one on all cores and one on a single thread, each opened when it is first used.

Opening a DuckDB takes 25 ms of CPU, a further connection to it less than one. Tables are temporary, so a connection has
its own and leaves none.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

MEMORY_LIMIT = "1GB"
"""Past this DuckDB spills to the temporary folder instead of failing."""


@cache
def _spilled(_process: int) -> tempfile.TemporaryDirectory[str]:
    """Return the folder that the databases of a process spill to; it goes with the process."""
    return tempfile.TemporaryDirectory(prefix="billproof-spill-")


def instance(*, is_alone: bool) -> duckdb.DuckDBPyConnection:
    """Return the database of this process, on all cores or on a single thread.

    A process that was forked has its own: the threads of its parent's database are not in it, and a query would wait
    for them for ever.
    """
    return _instance(os.getpid(), is_alone=is_alone)


@cache
def _instance(process: int, *, is_alone: bool) -> duckdb.DuckDBPyConnection:
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": _spilled(process).name,
        "preserve_insertion_order": False,
    }
    if is_alone:
        options["threads"] = 1
    return duckdb.connect(config=options)


@contextmanager
def opened(*, is_alone: bool = False) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Give a connection that reads times in UTC, and a folder for the files that it reads.

    On one thread (`is_alone`) it takes a fifth less CPU, and rows come in the same order every time.
    """
    with instance(is_alone=is_alone).cursor() as database, tempfile.TemporaryDirectory() as folder:
        database.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        yield database, Path(folder)
