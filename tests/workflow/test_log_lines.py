"""Nothing that is private reaches a log line or the text of a refusal, whatever field of an event it is put in."""

import io
import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from billproof.errors import BillproofError, InvalidInput
from billproof.handlers import log_fields
from tests.support.faults import restore, snapshot
from tests.support.invoking import FILES, Context, billed_world, handler
from tests.support.world import World

PRIVATE = "ap@ua.example, 12 Main St"


@pytest.fixture(scope="module")
def billed() -> World:
    return billed_world()


def with_private_text(document: Any) -> Iterator[Any]:
    """Yield a document with the private text in place of each value, one after the other, and as another key."""
    if isinstance(document, dict):
        yield {**document, PRIVATE: "1"}
        for name, value in document.items():
            yield from ({**document, name: changed} for changed in with_private_text(value))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from ([*document[:place], changed, *document[place + 1 :]] for changed in with_private_text(value))
    else:
        yield PRIVATE


def variants(event: Any) -> Iterator[Any]:
    """Yield an event with the private text at each place of it, or of each message that it brings."""
    records = event.get("Records") if isinstance(event, dict) else None
    if records is None:
        yield from with_private_text(event)
        return
    for place, record in enumerate(records):
        try:
            bodies = [PRIVATE, *(json.dumps(body) for body in with_private_text(json.loads(record["body"])))]
        except json.JSONDecodeError:
            bodies = [PRIVATE]
        for body in bodies:
            yield {"Records": [*records[:place], {**record, "body": body}, *records[place + 1 :]]}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    lines = io.StringIO()
    for each in logging.getLogger("billproof").handlers:
        monkeypatch.setattr(each, "stream", lines)
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_field_of_an_event_brings_a_private_text_into_the_log(path: Path, billed: World, log: io.StringIO) -> None:
    kept = snapshot(billed)
    call = handler(path.parent.name)
    refusals: list[str] = []
    for event in variants(json.loads(path.read_text())):
        try:
            call(deepcopy(event), Context(), billed)
        except InvalidInput as error:
            refusals.append(str(error))
        except (BillproofError, AttributeError, KeyError, TypeError):
            continue
    restore(billed, kept)
    assert PRIVATE not in log.getvalue()
    assert [refusal for refusal in refusals if PRIVATE in refusal] == []


def test_a_call_is_logged(billed: World, log: io.StringIO) -> None:
    path = next(path for path in FILES if path.name == "bad-poison-among-good-ones.json")
    handler(path.parent.name)(json.loads(path.read_text()), Context(), billed)
    assert "message failed" in log.getvalue()


def test_a_text_that_is_no_name_is_not_logged_under_a_name() -> None:
    token = "AQCEAAAAKgAAAAMAAAAA" * 20
    fields = {"run_id": PRIVATE, "exception": token, "invoice": "skymeter-inc.2013-01.UA~01", "outcome": "released"}
    assert log_fields(fields) == {"invoice": "skymeter-inc.2013-01.UA~01", "outcome": "released"}
