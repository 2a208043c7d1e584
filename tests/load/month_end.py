"""`make load ACCOUNTS=2000`: a month's end on a stack of its own, with everything going wrong that may.

    a lost stack        once usage is there, the stack is lost and restored; what was sent is sent again
    a slow ERP          two seconds for each posting; one call in twenty fails, some after it posted
    redelivery          every message of usage and every tenth posting is sent again
    a killed Lambda     a process that runs functions is killed, one a minute

Afterwards nothing may be left in a queue or a dead-letter queue, nothing missing and nothing doubled: the run is
closed, each invoice has one number and one posting, reconciliation balances, the audit chain holds, and the run is
proved. Prints how long
each part took and writes build/load.json; the exit code says whether all of that holds.
"""

import io
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

from billproof.adapters.aws.clients import client
from billproof.audit.verifying import verify
from billproof.contracts.model import Contract
from billproof.erp.lookup import PostedDocuments
from billproof.invoicing.facts import InvoiceFacts
from billproof.masterdata.directory import Directory
from billproof.periods import Period
from billproof.reconciliation.service import reconcile
from billproof_ops import billing
from billproof_ops import target as targets
from billproof_ops.auditing import audited_stores
from billproof_ops.demo import story
from billproof_ops.demo.feed import adopt_policies
from billproof_ops.local import server
from billproof_ops.local.deployed import outputs
from billproof_ops.local.stack import fill
from billproof_ops.paths import BUILD, ROOT
from billproof_ops.proving import prove
from billproof_ops.queues import send_all
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.bench import load
from tests.load.restored import restore

ACCOUNTS = int(os.environ.get("ACCOUNTS", "200"))
EVENTS_OF_AN_ACCOUNT = 5
INC = "skymeter-inc"
MONTH = (datetime.now(UTC).date().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
"""The month that is over: what is sent of it now is in time, as long as the grace lasts, and leaves no late marks."""
DEMO_MONTH = "2013-01-"
_MONTH = Period.month(MONTH)
DAYS = (_MONTH.end - _MONTH.start).days - 1
"""From the second day to the last one: a source that is silent at the end would hold the run."""
IN_TIME, OVER = {"CutOffGraceHours": "720"}, {"CutOffGraceHours": "24"}
"""While usage comes in, and when the month's run may start."""
KILL_SECONDS = 60.0
LONGEST_SECONDS = float(os.environ.get("LONGEST_SECONDS", "7200"))
PUBLISHERS = 4
POSTINGS = "ErpPostingsQueueUrl"
AT_ONCE = os.environ.get("AT_ONCE", "20")
"""Calls that a queue may have at once: each is a process here, and all of them begin at the same time."""
PARAMETERS = {"QueueConcurrency": AT_ONCE, "PartSize": "500"}


class Clock:
    """How long each part takes, printed as it ends."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a part."""
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)
        say(f"{name}: {self.seconds[name]} s")


class Killer(threading.Thread):
    """Kills a process of the server that runs functions, one a minute; those are its own children."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._is_over = threading.Event()
        self.kills = 0

    def run(self) -> None:
        """Kill until it is over."""
        while not self._is_over.wait(KILL_SECONDS):
            children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
            if children:
                os.kill(int(random.choice(children)), signal.SIGKILL)
                self.kills += 1

    def stop(self) -> None:
        """Kill no more."""
        self._is_over.set()
        self.join()


def publish(target: Target) -> None:
    """Publish the demo's legal entities, meters and policies, and accounts with its UA's terms, from the month on."""
    demo = story.master_data()
    account = next(account for account in demo.accounts if account.id == "UA")
    terms = next(terms for terms in demo.contracts if terms.account == "UA")
    contract = Contract.model_validate_json(of_this_month(terms.model_dump_json()))
    directory: Directory = target.ports.directory
    for entity in demo.legal_entities:
        directory.add(entity)
    for meter in demo.meters:
        directory.add(meter)
    adopt_policies(target)

    def add(name: str) -> None:
        directory.add(account.model_copy(update={"id": name}))
        directory.add(contract.model_copy(update={"id": f"{name}-2013", "account": name}))

    with ThreadPoolExecutor(PUBLISHERS) as pool:
        list(pool.map(add, map(load.account_name, range(ACCOUNTS))))


def of_this_month(text: str) -> str:
    """Return what is said of the demo's first month, said of the month that is billed."""
    return text.replace(DEMO_MONTH, f"{MONTH}-")


def make_erp_slow(target: Target) -> None:
    """Give post_to_erp its other entry, with its own one beside it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.write(ROOT / "functions" / "post_to_erp" / "app.py", "posting.py")
        file.write(Path(__file__).with_name("slow_erp.py"), "app.py")
    client("lambda").update_function_code(FunctionName=target.outputs["PostToErpName"], ZipFile=data.getvalue())


def send_usage(target: Target) -> None:
    """Send every message of usage twice."""
    total = ACCOUNTS * EVENTS_OF_AN_ACCOUNT
    events = [load.event(number, accounts=ACCOUNTS, days=DAYS, first=2, total=total) for number in range(total)]
    chunks = batched(events, load.EVENTS_PER_MESSAGE, strict=False)
    bodies = [(of_this_month(json.dumps(some)), len(some)) for some in chunks]
    list(send_all(target, "UsageEventsQueueUrl", [*bodies, *bodies]))
    drain(target, "UsageEventsQueueUrl")


def drain(target: Target, queue: str) -> None:
    """Wait until a queue holds nothing, whatever fails meanwhile: a message of a call that failed comes back later."""
    until(lambda: target.queue_depth(queue) == 0 or None, what=f"draining {queue}", timeout_seconds=LONGEST_SECONDS)


def documents(target: Target) -> list[InvoiceFacts]:
    """Return the released invoices of the month."""
    return [facts for facts in target.ports.register.of_period(INC, MONTH) if facts.released is not None]


def redeliver(target: Target) -> int:
    """Send every tenth posting again, and return how many."""
    again = [json.dumps({"invoice": str(facts.id)}) for facts in documents(target)[::10]]
    list(send_all(target, POSTINGS, [(body, 1) for body in again]))
    return len(again)


def what_is_wrong(target: Target, run: str, clock: Clock) -> list[str]:
    """Say what is left, missing or doubled."""
    ports, wrong = target.ports, list[str]()
    released = documents(target)
    numbers = Counter(facts.released.number for facts in released if facts.released)
    entity = ports.directory.legal_entity(INC)
    posted = Counter(
        reference.text
        for month in (MONTH, Period.month(MONTH).next().name)
        for reference, entries in PostedDocuments(entity, ports.erps).dated_in(Period.month(month)).items()
        for _ in entries
    )
    wrong += [f"{len(released)} invoices of {ACCOUNTS} accounts"] if len(released) != ACCOUNTS else []
    wrong += [f"number {number} is there {times} times" for number, times in numbers.items() if times > 1]
    wrong += [f"{number} is posted {posted[number]} times" for number in numbers if posted[number] != 1]
    wrong += [f"{facts.id} is not delivered" for facts in released if not facts.is_delivered]
    sources = replace(ports.reconciliation_sources(), on_report=lambda *_: None)
    report = reconcile(INC, MONTH, sources)
    wrong += [f"{variance.cause}: {variance.external_reference}" for variance in report.variances]
    with clock.part("proving"):
        wrong += [str(difference) for difference in prove(target, run).differences]
    wrong += [f"{finding.kind} {finding.where}" for finding in verify(audited_stores(target)).findings]
    wrong += [f"{queue} holds {depth}" for queue, depth in depths(target).items() if depth]
    return wrong


def depths(target: Target) -> dict[str, int]:
    """Return how many messages each queue and dead-letter queue holds."""
    queues = [name for name in target.outputs if name.endswith(("QueueUrl", "DeadLettersUrl"))]
    return {name: target.queue_depth(name) for name in queues}


def play(folder: Path, clock: Clock) -> tuple[list[str], dict[str, float]]:
    """Play the month's end; return what is wrong, and how often what went wrong."""
    with clock.part("deploying"):
        fill(PARAMETERS | IN_TIME)
    lost = Target(outputs=outputs())
    with clock.part("publishing"):
        publish(lost)
    with clock.part("ingesting"):
        send_usage(lost)
    with clock.part("losing and restoring the stack"):
        restored = restore(lost, folder, clock.seconds, say)
    target = restored.target
    killer = Killer(restored.pid)
    killer.start()
    try:
        with clock.part("publishing and ingesting again"):
            publish(target)
            send_usage(target)
        fill(PARAMETERS | OVER)
        make_erp_slow(target)
        with clock.part("billing"):
            run = billing.start_run(target, INC, MONTH, who="carla").run_id
            billing.wait_for_run(target, run)
        again = redeliver(target)
        with clock.part("posting and delivering"):
            for queue in (POSTINGS, "DeliveriesQueueUrl"):
                drain(target, queue)
    finally:
        killer.stop()
    with clock.part("looking: reconciling, proving, verifying the audit chain"):
        wrong = what_is_wrong(target, run, clock)
    return wrong, {"killed": killer.kills, "sent again": again, "lost seconds": restored.lost_seconds}


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Play, print and write; exit 1 where anything is left, missing or doubled."""
    os.environ.pop("AWS_ENDPOINT_URL", None)
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="billproof-load-") as folder:
        started, _ = server.start(Path(folder))
        try:
            targets.use_endpoint(started.endpoint)
            wrong, happened = play(Path(folder), clock)
            write(clock, wrong, happened)
        finally:
            server.stop(Path(folder) / "restored")
            server.stop(Path(folder))
    return 1 if wrong else 0


def write(clock: Clock, wrong: list[str], happened: dict[str, float]) -> None:
    """Print and write what came of it: removing so many files afterwards takes a while."""
    report = {"accounts": ACCOUNTS, "seconds": clock.seconds, **happened, "wrong": wrong}
    BUILD.mkdir(exist_ok=True)
    (BUILD / "load.json").write_text(json.dumps(report, indent=1) + "\n")
    say(json.dumps(report, indent=1))


if __name__ == "__main__":
    sys.exit(main())
