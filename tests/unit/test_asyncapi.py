import json

import pytest
from jsonschema import Draft202012Validator

from billproof.events.model import PREFIX, TYPES
from billproof_ops import asyncapi
from billproof_ops.paths import ROOT


def test_the_document_is_that_of_the_models() -> None:
    assert asyncapi.FILE.read_text() == asyncapi.text(), "run 'make schemas'"


def test_every_reference_leads_somewhere() -> None:
    document = json.loads(asyncapi.FILE.read_text())
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/')[1:]}
    assert len(references) > 20
    for reference in references:
        place = document
        for name in reference.split("/"):
            place = place[name]
        assert isinstance(place, dict)


MESSAGES = json.loads(asyncapi.FILE.read_text())["components"]["messages"]


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example_that_its_schema_takes(name: str) -> None:
    message = MESSAGES[name]
    components = json.loads(asyncapi.FILE.read_text())["components"]
    validator = Draft202012Validator({**message["payload"], "components": components})
    assert message["examples"]
    for example in message["examples"]:
        validator.validate(example["payload"])
        assert list(validator.iter_errors({**example["payload"], "id": 7, "type": 7, "kind": 7}))


def test_every_type_of_event_is_a_message_of_the_bus_and_of_webhooks_and_on_the_page() -> None:
    document = json.loads(asyncapi.FILE.read_text())
    page = (ROOT / "docs" / "webhooks.md").read_text()
    for channel in ("events", "webhooks"):
        assert document["channels"][channel]["messages"].keys() == TYPES.keys()
    for name, (model, summary) in TYPES.items():
        message = document["components"]["messages"][name]
        assert (message["name"], message["summary"]) == (PREFIX + name, summary)
        assert f"`{PREFIX}{name}`" in page
        assert all(field.description for field in model.model_fields.values())
