"""What the AsyncAPI document shows of real messages: master data as it comes in, and events as they go out."""

import json
from typing import Any

from billproof.events.model import (
    PREFIX,
    TYPES,
    BalanceLow,
    ContractVersionTaken,
    CreditLow,
    ExceptionChanged,
    InvoiceChanged,
    MonthChanged,
    OutboundEvent,
    RunChanged,
    UsageRefused,
    schema_id,
)
from billproof.model import Model
from billproof.money import Money
from billproof_ops.schemas import EXAMPLES

_ENTITY, _MONTH, _ACCOUNT, _RUN = "skymeter-inc", "2013-01", "UA", "skymeter-inc-2013-01-001"
_FILES = {
    "legalEntity": "legal-entity",
    "exchangeRate": "exchange-rate",
    "crmState": "crm-state",
    "crmMapping": "crm-mapping",
}
_DATA: dict[type[Model], Model] = {
    InvoiceChanged: InvoiceChanged(
        invoice=f"{_ENTITY}.{_MONTH}.{_ACCOUNT}",
        account=_ACCOUNT,
        legal_entity=_ENTITY,
        period=_MONTH,
        run=_RUN,
        total=Money.of("1200.50", "USD"),
    ),
    RunChanged: RunChanged(run=_RUN, legal_entity=_ENTITY, period=_MONTH),
    MonthChanged: MonthChanged(legal_entity=_ENTITY, period=_MONTH, by="ana"),
    ExceptionChanged: ExceptionChanged(
        exception=f"{_ENTITY}.{_MONTH}.EV.001", legal_entity=_ENTITY, period=_MONTH, subject="EV"
    ),
    UsageRefused: UsageRefused(
        legal_entity=_ENTITY,
        object="quarantine/day=2013-01-05/0123456789abcdef.ndjson.zst",
        events=2,
        reasons={"unknown_account": 2},
        accounts=("UAA",),
    ),
    BalanceLow: BalanceLow(
        legal_entity=_ENTITY,
        account=_ACCOUNT,
        balance=Money.of("30.00", "USD"),
        threshold=Money.of("48.00", "USD"),
        document=f"{_ENTITY}.2013-05.{_ACCOUNT}",
    ),
    CreditLow: CreditLow(
        legal_entity=_ENTITY,
        account=_ACCOUNT,
        contract="UA-2013",
        credit="prepaid",
        left=Money.of("15.00", "USD"),
        threshold=Money.of("20.00", "USD"),
        document=f"{_ENTITY}.{_MONTH}.{_ACCOUNT}",
    ),
    ContractVersionTaken: ContractVersionTaken(legal_entity=_ENTITY, account=_ACCOUNT, contract="UA-2013", version=2),
}


def incoming(name: str) -> dict[str, Any]:
    """Return an example of a message of the contract-events queue, by its name in the document."""
    document: dict[str, Any] = json.loads((EXAMPLES / f"{_FILES.get(name, name)}.json").read_text())
    return document


def outgoing(name: str) -> dict[str, Any]:
    """Return an example of an event that is told, by its type without prefix."""
    data = _DATA[TYPES[name][0]].model_dump(mode="json")
    event = OutboundEvent(
        id=f"evt_{_ENTITY}_6_2_3_0",
        source=f"/legal-entities/{_ENTITY}",
        type=PREFIX + name,
        subject=str(next(iter(data.values()))),
        time="2013-02-02T12:00:00.000000Z",
        dataschema=schema_id(PREFIX + name),
        partitionkey=f"{_ENTITY}/6",
        sequence="000000000002",
        data=data,
    )
    return event.model_dump(mode="json")
