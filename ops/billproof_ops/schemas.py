"""`make schemas`: the JSON Schemas of the canonical objects and of usage events, generated from the models.

They are JSON Schema 2020-12, and name themselves by URNs: nobody fetches them from a host of ours.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from billproof.approvals.model import ExceptionState
from billproof.approvals.policy import FORMAT, Policy
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.crm.orders import CrmOrder
from billproof.findings import Finding
from billproof.invoicing.balance import BalanceStatement
from billproof.invoicing.model import Invoice, Released
from billproof.ledger.model import JournalEntry
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import CrmState
from billproof.masterdata.parties import Account, LegalEntity
from billproof.opening.model import Opening
from billproof.payments.model import CashReceipt
from billproof.pipeline.model import RunStatement
from billproof.pricing.quoting import PriceRequest
from billproof.reconciliation.model import Reconciliation
from billproof.tax.model import Determination
from billproof_ops.audit_record_schema import audit_record
from billproof_ops.demo.summary import Summary
from billproof_ops.describing import TEXTS, DescribedSchemas, without_discriminators
from billproof_ops.paths import ROOT
from billproof_ops.usage_event_schema import usage_event

FOLDER = ROOT / "shared" / "billproof" / "schemas"
MODELS: dict[str, type[BaseModel]] = {
    "account": Account,
    "balance-statement": BalanceStatement,
    "contract": Contract,
    "crm-mapping": CrmMapping,
    "crm-order": CrmOrder,
    "crm-state": CrmState,
    "crosswalk": Crosswalk,
    "demo-summary": Summary,
    "exception": ExceptionState,
    "exchange-rate": ExchangeRate,
    "finding": Finding,
    "invoice": Invoice,
    "journal-entry": JournalEntry,
    "legal-entity": LegalEntity,
    "meter": Meter,
    "opening": Opening,
    "policy": Policy,
    "price-request": PriceRequest,
    "receipt": CashReceipt,
    "reconciliation": Reconciliation,
    "release": Released,
    "run-statement": RunStatement,
    "tax-determination": Determination,
}
VERSIONS = {"policy": FORMAT}
"""The versions of schemas that are not the first; what an earlier one says is still read."""


DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXAMPLES = TEXTS / "examples"
"""A document of each model, as it may be sent or was written; `<model>.<what>.json` have what it leaves out."""


def generate() -> dict[str, str]:
    """Return the text of every schema by its file's name."""
    schemas = {name: _of_model(name, model) for name, model in MODELS.items()} | {
        "audit-record": audit_record(),
        "usage-event": usage_event(),
    }
    return {
        f"{name}.v{_version(name)}.json": f"{json.dumps(_named(name, schema), indent=1, sort_keys=True)}\n"
        for name, schema in schemas.items()
    }


def _version(name: str) -> int:
    return VERSIONS.get(name, 1)


def _of_model(name: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = TypeAdapter(model).json_schema(schema_generator=DescribedSchemas)
    return {**without_discriminators(schema), "examples": [json.loads(file.read_text()) for file in examples_of(name)]}


def examples_of(name: str) -> list[Path]:
    """Return the files of a model's examples, the plain one first."""
    return [EXAMPLES / f"{name}.json", *sorted(EXAMPLES.glob(f"{name}.*.json"))]


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:billproof:schema:{name}:v{_version(name)}", **schema}


if __name__ == "__main__":
    for file, text in generate().items():
        (FOLDER / file).write_text(text)
