"""`make schemas`: the AsyncAPI document of what goes in and out by messages, generated from the models.

sources -> usage-events queue       CRM -> contract-events queue       bus, webhooks -> other systems
"""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from billproof.api.description_routes import ASYNCAPI
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.events.model import PREFIX, TYPES, OutboundEvent, schema_id
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import CrmState
from billproof.masterdata.parties import Account, LegalEntity
from billproof_ops import asyncapi_examples, openapi
from billproof_ops.describing import DescribedSchemas, without_discriminators

FILE = ASYNCAPI
_SCHEMA = "#/components/schemas/{model}"
MASTER_DATA: dict[str, type[BaseModel]] = {
    "legalEntity": LegalEntity,
    "account": Account,
    "meter": Meter,
    "contract": Contract,
    "exchangeRate": ExchangeRate,
    "crmState": CrmState,
    "crmMapping": CrmMapping,
    "crosswalk": Crosswalk,
}
OUTBOUND = ("events", "webhooks")
_HEADERS = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {"type": "string", "description": "The id of the event: what comes twice has the same one."},
        "webhook-timestamp": {"type": "string", "description": "When it was sent, in seconds since 1970."},
        "webhook-signature": {"type": "string", "description": "v1,<HMAC-SHA256 in base64>; two during a rotation."},
    },
}


def _reference(*path: str) -> dict[str, str]:
    return {"$ref": "/".join(("#", *path))}


def _schemas() -> tuple[dict[str, Any], dict[Any, str]]:
    """Return the schemas of all models under their names, and the name of each model."""
    incoming: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in MASTER_DATA.values()]
    models: list[type[BaseModel]] = [OutboundEvent, *dict.fromkeys(model for model, _ in TYPES.values())]
    outgoing: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in models]
    names, schemas = models_json_schema([*incoming, *outgoing], ref_template=_SCHEMA, schema_generator=DescribedSchemas)
    by_model = {model: str(reference["$ref"]).rpartition("/")[2] for (model, _), reference in names.items()}
    usage = openapi.document()["components"]["schemas"]["UsageEvent"]
    return {**schemas["$defs"], "UsageEvent": usage}, by_model


def _outbound_message(name: str, model: str, envelope: str, summary: str) -> dict[str, Any]:
    event_type = PREFIX + name
    said = {"type": {"const": event_type}, "dataschema": {"const": schema_id(event_type)}}
    data = _reference("components", "schemas", model)
    return {
        "name": event_type,
        "summary": summary,
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [_reference("components", "schemas", envelope), {"properties": {**said, "data": data}}],
        },
        "examples": [{"payload": asyncapi_examples.outgoing(name)}],
    }


def _channel(address: str, description: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": address,
        "description": description,
        "messages": {name: _reference("components", "messages", name) for name in messages},
    }


def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    schemas, names = _schemas()
    envelope = names[OutboundEvent]
    incoming = {
        name: {
            "name": name,
            "payload": _reference("components", "schemas", names[model]),
            "examples": [{"payload": asyncapi_examples.incoming(name)}],
        }
        for name, model in MASTER_DATA.items()
    }
    outgoing = {
        name: _outbound_message(name, names[model], envelope, summary) for name, (model, summary) in TYPES.items()
    }
    usage = {
        "name": "usageEvent",
        "payload": _reference("components", "schemas", "UsageEvent"),
        "examples": [{"payload": schemas["UsageEvent"]["examples"][0]}],
    }
    channels = {
        "usageEvents": _channel("usage-events", "The queue UsageEventsQueueUrl: one event, or an array.", ["usage"]),
        "contractEvents": _channel("contract-events", "The queue ContractEventsQueueUrl.", list(incoming)),
        "events": _channel("events", "The bus EventsBusName: the detail of an entry is the event.", list(outgoing)),
        "webhooks": _channel("webhooks", "POST to a registered endpoint: docs/webhooks.md.", list(outgoing)),
    }
    channels["webhooks"]["x-headers"] = _HEADERS
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Billproof", "version": "1.0.0", "description": "docs/webhooks.md and docs/usage-events.md."},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {
            name: {"action": "send" if name in OUTBOUND else "receive", "channel": _reference("channels", name)}
            for name in channels
        },
        "components": {
            "messages": {"usage": usage, **incoming, **outgoing},
            "schemas": without_discriminators(schemas),  # AsyncAPI's is a name, and not an object as OpenAPI's
        },
    }


def text() -> str:
    """Return the document as the file holds it."""
    return json.dumps(document(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
