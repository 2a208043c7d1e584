"""Every field of a canonical object has a place where it comes from, an owner, and what may change it."""

import json

import pytest

from billproof_ops import lineage
from billproof_ops.schemas import FOLDER

CANONICAL = (
    *("usage-event", "account", "contract", "price-request", "invoice", "release", "tax-determination"),
    *("journal-entry", "receipt", "finding", "exception", "audit-record", "legal-entity", "meter", "policy"),
    *("exchange-rate", "crosswalk"),
)


def test_the_page_is_that_of_the_data() -> None:
    assert lineage.PAGE.read_text(encoding="utf-8") == lineage.page(), "run 'make docs'"


@pytest.mark.parametrize("name", CANONICAL)
def test_each_field_of_a_schema_has_one_row(name: str) -> None:
    (schema,) = FOLDER.glob(f"{name}.v*.json")
    fields = [field for row in lineage.objects()[name] for field in row.fields]
    assert sorted(fields) == sorted(json.loads(schema.read_text())["properties"])


def test_there_is_no_other_object() -> None:
    assert sorted(lineage.objects()) == sorted(CANONICAL)
