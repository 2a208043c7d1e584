"""`make schemas`: the JSON Schemas of the canonical objects, generated from the models."""

import json

from pydantic import BaseModel, TypeAdapter

from billproof.approvals.policy import FORMAT, Policy
from billproof.contracts.model import Contract
from billproof.invoicing.balance import BalanceStatement
from billproof.invoicing.model import Invoice, Released
from billproof.ledger.model import JournalEntry
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import CrmState
from billproof.masterdata.parties import Account, LegalEntity
from billproof.opening.model import Opening
from billproof.pipeline.model import RunStatement
from billproof.pricing.quoting import PriceRequest
from billproof.reconciliation.model import Reconciliation
from billproof_ops.demo.summary import Summary
from billproof_ops.paths import ROOT

FOLDER = ROOT / "shared" / "billproof" / "schemas"
MODELS: dict[str, type[BaseModel]] = {
    "account": Account,
    "balance-statement": BalanceStatement,
    "contract": Contract,
    "crm-state": CrmState,
    "demo-summary": Summary,
    "exchange-rate": ExchangeRate,
    "invoice": Invoice,
    "journal-entry": JournalEntry,
    "legal-entity": LegalEntity,
    "meter": Meter,
    "opening": Opening,
    "policy": Policy,
    "price-request": PriceRequest,
    "reconciliation": Reconciliation,
    "release": Released,
    "run-statement": RunStatement,
}
VERSIONS = {"policy": FORMAT}
"""The versions of schemas that are not the first; what an earlier one says is still read."""


def generate() -> dict[str, str]:
    """Return the text of every schema by its file's name."""
    texts = {
        name: json.dumps(TypeAdapter(model).json_schema(), indent=1, sort_keys=True) for name, model in MODELS.items()
    }
    return {f"{name}.v{VERSIONS.get(name, 1)}.json": f"{text}\n" for name, text in texts.items()}


if __name__ == "__main__":
    for file, text in generate().items():
        (FOLDER / file).write_text(text)
