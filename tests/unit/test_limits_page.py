"""docs/limits.md states the limits that the code holds to."""

import re

import pytest

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.findings import MOST_IN_FACT
from billproof.invoicing.annex import MOST_LINES_SHOWN
from billproof.masterdata.publishing import MOST_RATE_DIGITS, MOST_YEARS_OF_RECOGNITION
from billproof.nets import TroubleLimit
from billproof.pipeline.account_planner import MAX_EARLIER
from billproof.pricing.service import MOST_DIGITS, MOST_LINES
from billproof.usage.ingestion import MOST_OBJECTS
from billproof.usage.validation import MAX_EVENT_BYTES, MAX_EVENTS_PER_MESSAGE
from billproof_ops.paths import ROOT


def most_of(model: type[Contract | Charge], field: str) -> int:
    """Return how long a list of a model may be, as its JSON Schema says."""
    most: int = model.model_json_schema()["properties"][field]["maxItems"]
    return most


STATED = {
    "one event": f"{MAX_EVENT_BYTES // 1024} KiB",
    "events in one message": f"{MAX_EVENTS_PER_MESSAGE:,}",
    "objects that one call of `ingest_usage` writes": f"{MOST_OBJECTS:,}",
    "charges of a contract": f"{most_of(Contract, 'charges'):,}",
    "steps of a ramp": f"{most_of(Charge, 'ramp')}",
    "revenue earned over other days than the service period": f"{MOST_YEARS_OF_RECOGNITION} years",
    "exchange rate, or its inverse": f"{MOST_RATE_DIGITS} digits before the decimal point",
    "amount of a line, and sum of an invoice": f"{MOST_DIGITS} digits before the decimal point",
    "lines of an invoice": f"{MOST_LINES:,}",
    "lines that a PDF shows": f"{MOST_LINES_SHOWN}",
    "earlier months that one invoice settles": f"{MAX_EARLIER}",
    "findings that a fact or an exception holds": f"{MOST_IN_FACT}",
    "accounts of a step that may raise an internal error": (
        f"{TroubleLimit().percent} %, and fewer than {TroubleLimit().at_least} (`trouble` in the policy)"
    ),
}


@pytest.mark.parametrize("limit", STATED)
def test_the_page_states_what_the_code_holds_to(limit: str) -> None:
    page = (ROOT / "docs" / "limits.md").read_text()
    (stated,) = re.findall(rf"^\| {re.escape(limit)} \| (.*?) \|", page, re.MULTILINE)
    assert stated == STATED[limit]
