"""What a caller sends in place of an id is not repeated in a message: it may be private text, and logs have it."""

from collections.abc import Callable

import pytest

from billproof.approvals.exception_store import ExceptionStore
from billproof.errors import NotFound
from billproof.ids import shown
from billproof.invoicing.series import DocumentNumber
from billproof.masterdata.directory import Directory
from tests.support.fakes import MemoryObjects, MemoryRecords

PRIVATE = "Jane Roe +1 555 0100 <jane@example.com>"
ASKED: dict[str, Callable[[str], object]] = {
    "legal entity": Directory(MemoryRecords()).legal_entity,
    "account": Directory(MemoryRecords()).account_record,
    "exception": lambda text: ExceptionStore(MemoryRecords(), MemoryRecords()).state(f"{text}.2013-01.UA.001"),
    "number": DocumentNumber.parse,
    "object": lambda text: MemoryObjects().get(f"runs/{text}/plan/run.json"),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_private_text_in_place_of_an_id_is_not_repeated(ask: Callable[[str], object]) -> None:
    for text in (PRIVATE, "Jane Roe", "jane@example"):
        with pytest.raises(NotFound) as error:
            ask(text)
        assert text not in str(error.value)


@pytest.mark.parametrize(
    "known",
    [
        "skymeter-inc",
        "skymeter-inc-2013-01-001",
        "skymeter-inc.2013-01.UA~01",
        "skymeter-inc.2013-01._run.001-02",
        "SKY-US-2013-000001",
        "runs/skymeter-inc-2013-01-001/batches/0007-0000.json",
    ],
)
def test_what_has_the_form_of_an_id_is_named(known: str) -> None:
    assert shown(known) == known


@pytest.mark.parametrize("text", ["", "jane roe", "jane@example.com", "jane.roe", "home/jane", "skymeter.2013-01.A B"])
def test_other_text_is_not(text: str) -> None:
    assert shown(text) == "(not in the form of an id)"
