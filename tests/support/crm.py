"""A CRM's orders, their mapping, and what takes them in over the stores in memory."""

import copy
import json
from typing import Any

from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.history import Receipt
from billproof.contracts.model import Contract
from billproof.crm.hints import read_crm_message
from billproof.crm.port import Crm
from billproof.crm.syncing import CrmSources, CrmTaken, take_crm_message
from billproof.crm.waiting import CrmExceptions
from billproof.periods import instant_text
from billproof_ops.demo import story
from billproof_ops.master_files import read_files
from billproof_ops.paths import ROOT
from tests.support.fakes import MemoryQueue
from tests.support.world import World

EXAMPLES = ROOT / "examples" / "crm"
ORDER = "8015g00000ORD01AA1"
CONTRACT = "sf-00000100"


def document() -> dict[str, Any]:
    """Return the example's order, as Salesforce has it."""
    read: dict[str, Any] = json.loads((EXAMPLES / "order.salesforce.json").read_text())
    return read


def mapping(name: str = "salesforce", **changes: Any) -> CrmMapping:
    (written,) = read_files([EXAMPLES / f"{name}.yaml"])
    return CrmMapping.model_validate({**written.data.model_dump(mode="json"), **changes})


def changed(path: tuple[str | int, ...], value: Any, order: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an order in which one value is another one; None takes it out."""
    changed = copy.deepcopy(order or document())
    part: Any = changed
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return changed


def change_event(
    *records: str, kind: str = "Order", change: str = "UPDATE", key: str = "0002-a", number: int = 1
) -> str:
    """Return an event as EventBridge delivers it from Salesforce's partner source."""
    header = {
        "entityName": kind,
        "recordIds": [*records],
        "changeType": change,
        "transactionKey": key,
        "sequenceNumber": number,
        "commitTimestamp": 1355825645000,
        "changedFields": ["LastModifiedDate", "Status"],
    }
    return json.dumps(
        {
            "version": "0",
            "id": "6f0e2f7e-6f2c-4d5a-9c57-2f8f7f0b3f11",
            "detail-type": f"{kind}ChangeEvent",
            "source": "aws.partner/salesforce.com/00D5g00000ORGAAEA4/0YL5g00000RLYAAGA4",
            "detail": {"payload": {"ChangeEventHeader": header}, "schemaId": "s", "id": "i"},
        }
    )


class CrmWorld(World):
    """A world that takes the orders of one CRM in."""

    def __init__(self, crm: Crm | None, *, system: str = "salesforce", publish: CrmMapping | None = None) -> None:
        super().__init__(master_data=False)
        demo = story.master_data()
        accounts = [account for account in demo.accounts if account.id in {"UA", "B6"}]
        self.publish(*demo.legal_entities, *demo.meters, *accounts, *demo.policies, publish or mapping())
        self.crms: dict[str, Crm] = {} if crm is None else {system: crm}
        self.crm_events = MemoryQueue()

    def take(self, body: str) -> CrmTaken:
        """Take one message in, as the function does."""
        sources = CrmSources(
            directory=self.directory,
            crm=self.crms.get,
            exceptions=CrmExceptions(self.exception_store, self.exceptions, self.now()),
            queue=lambda: self.crm_events,
            receipt=Receipt(received_at=instant_text(self.now()), sender="events"),
        )
        return take_crm_message(read_crm_message(body), sources)

    def take_all(self) -> list[CrmTaken]:
        """Take in what a listing asked for."""
        bodies, self.crm_events.bodies = self.crm_events.bodies, []
        return [self.take(body) for body in bodies]

    def versions(self, account: str = "UA") -> list[Contract]:
        return self.directory.contracts(account)
