"""Every command is safe to repeat: the second time it finds its work done and no fact is new or changed."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from billproof.adapters.aws.clients import client
from billproof_ops.exceptions import exceptions_of
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, EUROPE, INC, JANUARY, drained, run_command
from tests.support.repeating import READING, WRITING

pytestmark = pytest.mark.long

FACTS = ("ContractsTableName", "InvoicesTableName", "LedgerTableName", "ExceptionsTableName")
DECEMBER = "2012-12"
"""A month that commands close, and ask to reopen."""
SIGN_OFFS = "signed-off#"
"""What is kept beside the runs: every start of a run is one more."""
REQUESTS = ("requests#", "request-keys#")
"""Who asked for a run, among the decisions: every start of a run is one more."""
KEPT = ("usage/", "quarantine/", "invoices/")
"""What lasts: a run has artefacts of its own, below runs/."""


def stored(target: Target) -> dict[str, Any]:
    """Return every fact by its key, and the keys of the objects that last."""
    facts = {f"{name} {json.dumps(key)}": item for name in FACTS for key, item in _items(target.outputs[name])}
    runs = _items(target.outputs["RunsTableName"])
    facts |= {json.dumps(key): item for key, item in runs if key[0].startswith(SIGN_OFFS)}
    decisions = _items(target.outputs["DecisionsTableName"])
    facts |= {json.dumps(key): item for key, item in decisions if not key[0].startswith(REQUESTS)}
    objects = target.ports.objects
    return facts | {key: None for prefix in KEPT for key in objects.keys(prefix)}


def _items(table: str) -> Iterator[tuple[tuple[str, str], Any]]:
    for page in client("dynamodb").get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            yield (item["partition"]["S"], item["sort"]["S"]), item


def call(*words: str) -> tuple[int, str]:
    """Run the command; return its exit code and the words that it printed."""
    code, output, errors = run_command(*words)
    return code, " ".join((output + errors).split())


@pytest.mark.parametrize("name", WRITING)
def test_a_command_that_writes_changes_nothing_the_second_time(name: str, billed: Target) -> None:
    arguments, code, said = WRITING[name]
    words = (*name.split(), *arguments)
    call(*words)
    _quiet(billed)
    before = stored(billed)
    again, printed = call(*words)
    assert (again, said in printed) == (code, True), printed
    _quiet(billed)
    assert stored(billed) == before


def test_a_command_that_reads_writes_nothing(billed: Target) -> None:
    before = stored(billed)
    for name, arguments in READING.items():
        code, printed = call(*name.split(), *arguments)
        assert code == 0, printed
    assert stored(billed) == before


def _quiet(target: Target) -> None:
    """Wait for what follows a command: the queues are worked off, and whatever is to be decided waits for a person."""
    for queue in ("ErpPostingsQueueUrl", "DeliveriesQueueUrl"):
        drained(target, queue)
    store = target.ports.exception_store
    for entity in (EUROPE, INC):
        for month in (DECEMBER, JANUARY):
            for state in exceptions_of(target, entity, month, all_of_them=False):
                until(partial(store.last_token, state.opened.id), what="the wait", timeout_seconds=DRAIN_SECONDS)
