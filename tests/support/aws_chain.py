"""Every handler over adapters on moto, in the order of the state machines, so that each does all that it ever does.

The environment of each function is what the template gives it, and S3 answers as AWS does to a role that may not list
the whole bucket: 403 for a missing object.
"""

import importlib
import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.s3 import S3Objects
from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.errors import BillproofError
from billproof.ids import canonical_json
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import Account
from billproof.settings import Settings
from billproof_ops.demo import story
from billproof_ops.paths import ROOT
from tests.support.api_events import api_event, route_event, with_key
from tests.support.aws_closing import close_and_reopen, start_what_is_due
from tests.support.aws_collections import collect, collect_what_is_lost
from tests.support.aws_composition import ChainComposition
from tests.support.aws_decisions import credit, decide, request_for
from tests.support.aws_looking import look, verify_trail
from tests.support.aws_resources import BUCKET, lost_for_a_while, make_resources
from tests.support.expanded import environment
from tests.support.invoking import REFUSED_EVENTS, Context
from tests.support.plans_of_before import as_of_before
from tests.support.recording import Recording
from tests.support.stripe_account import FakeAccount
from tests.support.stripe_client import AccountClient
from tests.support.world import EUROPE, INC, flight

RUN_DAYS = {"2013-01": datetime(2013, 2, 5, tzinfo=UTC), "2013-02": datetime(2013, 3, 5, tzinfo=UTC)}
EVENTS = ROOT / "events"
PROVE = "GET /v1/invoices/{document}/proof"
ACCOUNTS = {"UA", "EV", "WN", "B6", "FL", "MQ", "HA", "DL"}
"""The accounts of the demo that play: a level is read of HA, and DL is billed by the other legal entity."""
LOST = {f"{INC}-2013-01-001": "compacted/", f"{INC}-2013-02-001": "compactions/"}  # once a run is planned


class Chain:
    """The suite on moto: call handlers, and take what their queues hold to the next ones."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.now = RUN_DAYS["2013-01"]
        self.stripe = AccountClient(FakeAccount())
        self._numbers = itertools.count(1)
        self._names = make_resources()
        self._compositions: dict[str, ChainComposition] = {}

    def call(self, function: str, event: Any) -> Any:
        """Call a handler; what billproof raises is returned, as a workflow would be told."""
        ports = self.ports(function)
        handler = importlib.import_module(f"functions.{function}.app").handler
        self.recording.function = function
        try:
            result = handler(event, Context(), ports)
        except (BillproofError, ExceptionGroup, KeyError) as error:
            return error
        finally:
            self.recording.function = None
        self.recording.results[function].append(result)
        return result

    def ports(self, function: str) -> ChainComposition:
        """Return a function's ports: those of one process."""
        if function not in self._compositions:
            values = {name: self._value(value) for name, value in environment(function).items()}
            settings = Settings(self.recording.environment(function, values))
            self._compositions[function] = ChainComposition(settings, self)
        return self._compositions[function]

    def begin_month(self, day: datetime) -> None:
        """Let it be a day, and the next call of ingestion the first of its process."""
        self.now = day
        del self._compositions["ingest_usage"]

    def _value(self, value: Any) -> str:
        if isinstance(value, dict) and "Fn::If" in value:
            value = value["Fn::If"][1]
        if isinstance(value, dict) and "Fn::Sub" in value:
            return re.sub(r"\$\{(\w+)\}", lambda match: self._names.get(match[1], match[0]), value["Fn::Sub"])
        return self._names[value["Ref"]] if isinstance(value, dict) else str(value)

    def messages(self, function: str, bodies: list[str], *, sent_at: datetime | None = None) -> Any:
        """Call a queue's consumer."""
        instant = str(int((sent_at or self.now).timestamp() * 1000))
        attributes = {"SentTimestamp": instant, "SenderId": "AIDAEXAMPLE", "ApproximateReceiveCount": "1"}
        records = [
            {"messageId": f"m{next(self._numbers)}", "receiptHandle": "h", "body": body, "attributes": attributes}
            for body in bodies
        ]
        return self.call(function, {"Records": records})

    def ask(self, function: str, body: dict[str, Any], by: str | None, **in_path: str) -> Any:
        """Call a function of the API for a person; return what it answers, a problem as well."""
        response = self.call(function, api_event(body, by, **in_path))
        return json.loads(response["body"])

    def adopt(self, *policies: Policy) -> None:
        """Let one person publish policies and another confirm them; each twice."""
        for policy in [*policies, *policies]:
            self.ask("publish_policy", policy.model_dump(mode="json"), "carla", id=policy.id)
            self.ask("confirm_policy", {}, "ben", legal_entity=policy.id, version=str(policy.version))

    def publish(self, *data: AnyMasterData) -> Any:
        return self.messages("sync_contract", [version.model_dump_json() for version in data])

    def ingest(self, *events: dict[str, Any], sent_at: datetime) -> Any:
        return self.messages("ingest_usage", [canonical_json(list(events)).decode()], sent_at=sent_at)

    def bill(self, entity: str, period: str, **request: Any) -> None:
        """Play billing_run and invoice_batch."""
        run = request.get("run_id", f"{entity}-{period}-001")
        asked = {"run_id": run, "legal_entity": entity, "period": period, "requested_by": "schedule", **request}
        self.plan(asked)
        self.lose(LOST.get(run, "nothing/"))
        if period == "2013-01":
            as_of_before(S3Objects(client("s3"), BUCKET), run)
        for item in self._map_items(run, "buckets"):
            self.call("aggregate_usage", {"run_id": run, "bucket": item["bucket"]})
        self.call("check_completeness", {"run_id": run})
        if period == "2013-01":
            self.lose(f"runs/{run}/run/control-totals.json")
            with lost_for_a_while(BUCKET, "usage/"):
                self.call("check_completeness", {"run_id": run})
        self.call("check_completeness", {"run_id": run})  # a step may be repeated
        self.call("close_billing_run", {"run_id": run})  # too early: nothing is there
        batches = [{"run_id": run, "batch_id": item["batch_id"]} for item in self._map_items(run, "batches")]
        steps = ("price_usage", "validate_pricing", "calculate_tax", "draft_invoices", "release_invoices")
        for step, batch in itertools.product((*steps, "raise_exceptions"), batches):
            self.call(step, batch)
        self.call("close_billing_run", {"run_id": run})

    def plan(self, request: dict[str, Any]) -> None:
        """Plan a run: of more accounts than a part has, part by part."""
        planned = self.call("plan_billing_run", request)
        if isinstance(planned, dict) and planned["outcome"] == "divided":
            for item in self._items(planned["parts_key"]):
                self.call("plan_billing_run", item)
            self.call("plan_billing_run", {**request, "planned_at": planned["planned_at"], "parts": planned["parts"]})

    def reconcile(self, **request: str) -> None:
        """Reconcile: where there are more accounts than a part has, part by part."""
        result = self.call("reconcile", request)
        if isinstance(result, dict) and result["outcome"] == "divided":
            join = {"parts_key": result["parts_key"]}
            for event in (join, *self._items(result["parts_key"]), join):  # the first time there are no parts
                self.call("reconcile", event)

    def compact(self, month: str) -> None:
        while (planned := self.call("plan_compaction", {"months": [month]}))["outcome"] == "planned":
            for item in self._items(planned["items_key"]):
                self.call("compact_usage", item)
            self.call("plan_compaction", {"items_key": planned["items_key"]})

    def _map_items(self, run: str, name: str) -> list[dict[str, Any]]:
        return self._items(f"runs/{run}/maps/{name}.json")

    def _items(self, key: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
        return items

    def work_off(self) -> None:
        """Take what the queues of released invoices hold to their consumers, every message twice."""
        consumers = {
            "ErpPostings": "post_to_erp",
            "Deliveries": "deliver_invoice",
            "Einvoices": "deliver_einvoice",  # what the one before hands on
            "PaymentEvents": "apply_payment",
        }
        for work, function in consumers.items():
            url = self._names[f"{work}Queue"]
            while found := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                bodies = [message["Body"] for message in found]
                for prefix in ("documents/", "invoices/") if function == "deliver_einvoice" else ():
                    with lost_for_a_while(BUCKET, prefix):
                        self.messages(function, bodies)
                for _ in range(2):
                    self.messages(function, bodies)
                for message in found:
                    client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def sample_events(self) -> dict[str, Any]:
        """Call every function with every file in events/, and return what came of each."""
        return {
            f"{path.parent.name}/{path.stem}": self.call(
                path.parent.name, with_key(json.loads(path.read_text()), path.stem)
            )
            for path in sorted(EVENTS.glob("*/*.json"))
        }

    def lose(self, prefix: str) -> None:
        """Delete the objects below a prefix, as an accident would."""
        for key in list(S3Objects(client("s3"), BUCKET).keys(prefix)):
            client("s3").delete_object(Bucket=BUCKET, Key=key)


def play(chain: Chain) -> None:
    """Two months of two legal entities: held and released invoices, late usage, a gap, credit notes, lost documents."""
    data = story.master_data()
    accounts = [account for account in data.accounts if account.id in ACCOUNTS]
    contracts = {contract.account: contract for contract in data.contracts if contract.account in ACCOUNTS}
    chain.publish(*data.legal_entities, *data.meters, *accounts, *contracts.values())
    chain.adopt(*data.policies)
    chain.publish(contracts["EV"].model_copy(update={"version": 2, "exclusions": ()}), accounts[0])
    chain.publish(accounts[0].model_copy(update={"name": "another under the same version"}))
    cancelled = flight(1, account="EV", type="flight.cancelled")  # nobody says what it costs: EV is held
    gap = {"id": "gap", "type": "billproof.control-total", "subject": "flights_handled", "time": "2013-01-05T17:00:00Z"}
    total = flight(2) | gap | {"data": {"count": "90"}}
    in_january = datetime(2013, 1, 6, tzinfo=UTC)
    chain.ingest(cancelled, total, flight(3), flight(3, data={"distance": "7"}), sent_at=in_january)
    chain.ingest(
        *(flight(number, account=name) for number, name in enumerate(("UA", "WN", "DL", "EV"), 10)), sent_at=in_january
    )
    chain.ingest(flight(8, account="WN", id=flight(10)["id"]), sent_at=in_january)  # UA has the id, too
    chain.call("ingest_usage", REFUSED_EVENTS)
    chain.ask("dismiss_event", {"reason": "a test of the source"}, "ana", event="2013-01-05.e2ca56a2cac71c70")
    chain.ingest(flight(4) | {"time": "no time"}, flight(5, account="nobody"), sent_at=in_january)
    for period, day in RUN_DAYS.items():
        chain.begin_month(day)
        start_what_is_due(chain, INC)
        chain.compact(period)
        look(chain, INC, "UA", period)
        for entity in (INC, EUROPE):
            chain.bill(entity, period)
        chain.work_off()
        chain.call("publish_events", {})
        chain.call("recognize_revenue", {"legal_entity": INC, "month": period})  # EV waits: what it earned is accrued
        for _ in range(2):  # late: the next month bills it; delivered twice
            chain.ingest(flight(6, account="UA"), sent_at=day + timedelta(hours=1))
        waits = chain.ask("request_credit", request_for(f"{INC}.2013-01.UA", "C-0"), "ana")
    decide(chain, waits["exception"])  # outdated: its month was billed anew
    decide(chain, f"{INC}.2013-01.EV.001")
    decide(chain, f"{INC}.2013-01._run.001-01")
    credit(chain, f"{INC}.2013-02.UA", "C-1", rebill=True)
    _prove_documents(chain)
    _bill_after_a_later_number(chain, accounts[0], contracts["EV"])
    collect(chain, data.policies)
    chain.now = datetime(2013, 4, 5, tzinfo=UTC)
    chain.call("anchor_audit", {})
    verify_trail(chain, INC)
    chain.call("check_completeness", {})
    chain.sample_events()
    chain.work_off()
    _lose_documents(chain)


def _prove_documents(chain: Chain) -> None:
    """Prove an invoice that was approved, one with late usage, one with a credit note, and state where all went."""
    chain.work_off()
    for document in (f"{INC}.2013-01.EV", f"{INC}.2013-02.WN", f"{INC}.2013-02.UA"):
        chain.call("api_operations", route_event(PROVE, "ana", document=document))
    chain.call("api_operations", route_event("GET /v1/runs/{run}/balance", "ana", run=f"{INC}-2013-01-001"))


def _bill_after_a_later_number(chain: Chain, account: Account, contract: Contract) -> None:
    """Bill a month again for a new account, when EV's invoice of it was issued in March."""
    chain.publish(
        account.model_copy(update={"id": "NEW", "version": 1}),
        contract.model_copy(update={"id": "new", "account": "NEW", "version": 1}),
    )
    asked = {"legal_entity": INC, "period": "2013-01", "only_accounts": ["NEW"]}
    started = chain.ask("request_run", asked, "carla")
    assert chain.ask("request_run", asked, "carla")["run_id"] == started["run_id"]  # it is under way
    chain.bill(INC, "2013-01", run_id=started["run_id"], requested_by="carla", only_accounts=["NEW"])
    chain.work_off()


def _lose_documents(chain: Chain) -> None:
    """Lose every invoice while a credit note waits, another is on its way, and a month is to be billed."""
    asked = chain.ask("request_credit", request_for(f"{INC}.2013-01.MQ", "C-2"), "ana")
    credit(chain, f"{INC}.2013-01.UA", "C-3")
    chain.lose("invoices/")
    decide(chain, asked["exception"])
    chain.ask("request_credit", request_for(f"{INC}.2013-01.B6", "C-4"), "ana")
    chain.work_off()
    chain.reconcile(legal_entity=INC)
    chain.call("recognize_revenue", {"legal_entity": INC})
    chain.reconcile(legal_entity=INC, period="2013-01")
    close_and_reopen(chain, INC, "2013-01")
    chain.ingest(flight(7, account="UA"), sent_at=chain.now - timedelta(hours=1))
    request = {"run_id": f"{INC}-2013-02-001", "legal_entity": INC, "period": "2013-02", "requested_by": "schedule"}
    chain.plan(request)
    chain.ingest(flight(4) | {"time": "no time"}, sent_at=chain.now)
    chain.lose("runs/")
    january = {**request, "run_id": f"{INC}-2013-01-001", "period": "2013-01"}
    chain.plan(january)
    chain.call("apply_decision", {"exception": f"{INC}.2013-01.EV.001"})
    collect_what_is_lost(chain)
