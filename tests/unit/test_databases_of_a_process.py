"""A process that was forked has a database of its own."""

import os
import signal
from pathlib import Path

import pytest

from billproof.usage.databases import opened

LONGEST_SECONDS = 300
"""After which a child that waits for ever is ended, so that the test fails and the run goes on."""


def answer(path: Path, *, is_alone: bool) -> int:
    with opened(is_alone=is_alone) as (database, _):
        return int(database.execute("select sum(number) from read_parquet(?)", [str(path)]).fetchall()[0][0])


@pytest.mark.parametrize("is_alone", [False, True])
def test_a_process_that_was_forked_reads_a_file(tmp_path: Path, is_alone: bool) -> None:  # noqa: FBT001
    path = tmp_path / "numbers.parquet"
    with opened() as (database, _):
        database.execute(f"copy (select * from range(1_000_000) numbers(number)) to '{path}' (format parquet)")  # noqa: S608
    expected = 499_999_500_000  # a million times a million less one, halved
    assert answer(path, is_alone=is_alone) == expected
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST_SECONDS)
        os._exit(0 if answer(path, is_alone=is_alone) == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
