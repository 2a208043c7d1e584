"""What the OpenAPI document shows of real calls: values of parameters, and bodies."""

import json
from typing import Any

from billproof_ops.schemas import EXAMPLES
from billproof_ops.usage_event_schema import usage_event

_ENTITY, _MONTH, _ACCOUNT = "skymeter-inc", "2013-01", "UA"
_FLIGHT = usage_event()["examples"][0]
PARAMETERS: dict[str, Any] = {
    "legal_entity": _ENTITY,
    "period": _MONTH,
    "account": _ACCOUNT,
    "run": f"{_ENTITY}-{_MONTH}-001",
    "document": "SKY-US-2013-000001",
    "exception": f"{_ENTITY}.{_MONTH}.EV.001",
    "incident": f"{_ENTITY}.{_MONTH}.rule.unpriced_meter.invoice",
    "event": "2013-01-05.e2ca56a2cac71c70",
    "receipt": "R9dbc355b3e03c6e98fbdf642",
    "endpoint": "whe_c874f8281b03a0044378bd24",
    "version": 2,
    "source": _FLIGHT["source"],
    "id": _FLIGHT["id"],
    "time": _FLIGHT["time"],
    "limit": 100,
    "dispute": 1,
    "contract": "UA-2013",
    "first": "2013-01-01",
    "last": "2013-01-31",
    "queue": "payment-events",
}
"""A value of a parameter by its name, in every route that says no other."""
_IDS = {
    "/v1/legal-entities": _ENTITY,
    "/v1/policies": _ENTITY,
    "/v1/accounts": _ACCOUNT,
    "/v1/contracts": "UA-2013",
    "/v1/meters": "flights_handled",
    "/v1/exchange-rates": "EUR-USD",
    "/v1/crm-mappings": "salesforce",
    "/v1/crm-states": "UA-2013",
    "/v1/crosswalks": "acquired-airline",
}
_MASTER_DATA = {
    "/v1/legal-entities": "legal-entity",
    "/v1/policies": "policy",
    "/v1/accounts": "account",
    "/v1/contracts": "contract",
    "/v1/meters": "meter",
    "/v1/exchange-rates": "exchange-rate",
    "/v1/crm-mappings": "crm-mapping",
    "/v1/crm-states": "crm-state",
    "/v1/crosswalks": "crosswalk",
}
_IN_PATH = frozenset({"kind", "id", "version"})
_MONTH_OF_ENTITY = {"legal_entity": _ENTITY, "period": _MONTH}
_BODIES: dict[str, Any] = {
    "POST /v1/exceptions/{exception}/decisions": {"verdict": "approved", "reason": "agreed with the customer"},
    "POST /v1/receipts/{receipt}/decisions": {
        "legal_entity": _ENTITY,
        "verdict": "applied",
        "account": "B6",
        "pays": [{"number": "SKY-US-2013-000001", "amount": "60.50"}],
        "reason": "the customer told us on the telephone",
    },
    "POST /v1/disputes": {
        "invoice": f"{_ENTITY}.{_MONTH}.{_ACCOUNT}",
        "line": "flights:2013-01",
        "amount": "1.00",
        "cause": "quantity",
        "owner": "billing",
        "deadline": "2099-12-31",
        "reason": "they count fewer flights",
    },
    "POST /v1/accounts/{account}/disputes/{dispute}/decisions": {
        "legal_entity": _ENTITY,
        "verdict": "partial",
        "amount": "0.40",
        "reason": "the rest is right",
    },
    "POST /v1/accounts/{account}/collection-notes": {
        "legal_entity": _ENTITY,
        "verdict": "promised",
        "until": "2099-12-31",
        "reason": "they pay at the end of the year",
    },
    "POST /v1/credit-notes": {
        "id": "C-1",
        "invoice": f"{_ENTITY}.{_MONTH}.{_ACCOUNT}",
        "reason": "goodwill",
        "note": "as agreed by telephone",
    },
    "POST /v1/runs": _MONTH_OF_ENTITY,
    "POST /v1/sign-offs": _MONTH_OF_ENTITY,
    "POST /v1/refused-events/{event}/dismissals": {"reason": "a test of the source"},
    "POST /v1/refused-events/{event}/resendings": {},
    "POST /v1/dead-letters/{queue}/redrives": {"dry_run": True},
    "POST /v1/exceptions/{exception}/notes": {"kind": "commented", "text": "their controller calls back on Thursday"},
    "POST /v1/policies/{legal_entity}/versions/{version}/confirmations": {},
    "POST /v1/openings/{legal_entity}": {"step": "confirm", "digest": "0" * 64},
    "POST /v1/webhook-endpoints": {"legal_entity": _ENTITY, "url": "https://hooks.skymeter.example/billproof"},
    "POST /v1/webhook-endpoints/{endpoint}/secrets": {"generation": 2},
    "POST /v1/webhook-endpoints/{endpoint}/enablings": {},
    "POST /v1/webhook-endpoints/{endpoint}/replays": {"event": f"evt_{_ENTITY}_6_2_3_0"},
    "POST /v1/invoices:preview": {"account": _ACCOUNT, "period": _MONTH},
}


def parameter(path: str, name: str) -> Any:
    """Return a value of a parameter of a path, or None."""
    of_kind = next((value for start, value in _IDS.items() if path.startswith(start)), None)
    return of_kind if name == "id" and of_kind else PARAMETERS.get(name)


def body(method: str, path: str) -> Any:
    """Return a body of a route, or None; what a path names is not in it."""
    key = f"{method.upper()} {path}"
    if key in _BODIES:
        return _BODIES[key]
    kind = next((kind for start, kind in _MASTER_DATA.items() if path.startswith(start)), None)
    if path == "/v1/simulations":
        return {**_MONTH_OF_ENTITY, "changes": [{**_stored("contract"), "version": 2}]}
    if kind is None:
        return _stored("price-request") if path == "/v1/prices:quote" else None
    in_path = {"kind", "id", "version"} if "{version}" in path else {"id"}
    return {name: value for name, value in _stored(kind).items() if name not in in_path}


def _stored(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return document
