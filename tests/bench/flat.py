"""Does a step of a month of so many accounts in a process of its own; prints its peak in bytes and its CPU seconds.

plan, close         what is read is made of one account when it is read, and what is written is dropped
reconcile, prove    of a month that another process billed and posted into a file (filed.py)

So the stores take no memory, as on AWS.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from billproof.errors import BillproofError
from billproof.ids import canonical_json, shard_of
from billproof.invoicing.register import Register
from billproof.masterdata.directory import AccountRecord, Directory
from billproof.masterdata.parties import Account
from billproof.periods import instant_text
from billproof.pipeline.artefacts import DRAFTED, PART_WINDOWS, PLAN_PART, RELEASED, RUN_PLAN, SHARED_TERMS
from billproof.pipeline.closing import close_billing_run
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import PlanOutcome, join_parts, plan_billing_run, plan_part
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.ports import NewObject
from billproof.proof.service import prove_run
from billproof.reconciliation import parts as reconciled
from billproof.reconciliation.parts import PartItem, reconcile_part, write_items
from billproof.usage.buckets import Buckets
from billproof_ops.paths import ROOT
from tests.bench import filed, load
from tests.support.fakes import MemoryObjects, MemoryRecords
from tests.support.world import INC, JANUARY, NOW, REQUESTER, World

BATCH_SIZE, BUCKETS, PART_SIZE = 100, 64, 500
KEPT = {PLAN_PART.step, PART_WINDOWS.step}
RUN = f"{INC}-{JANUARY}-001"


@dataclass(frozen=True, slots=True)
class Flatness:
    """What a step took at its peak, in bytes, and of CPU, in seconds."""

    peak: int
    seconds: float


class _Accounts(Directory):
    """A directory in which each account has the contract of the first one."""

    def __init__(self, world: World, accounts: int) -> None:
        super().__init__(world.records["contracts"], world.policies)
        self._accounts = accounts
        self._template = super().account_record(load.account_name(0))

    def members(self, entity: str, *, first: int = 0) -> Iterator[str]:
        """Yield their names."""
        del entity, first
        return map(load.account_name, range(self._accounts))

    def members_of_part(self, entity: str, part: int, parts: int) -> Iterator[str]:
        """Yield the names of a part."""
        return (name for name in self.members(entity) if shard_of(name, parts) == part)

    def account(self, account: str) -> Account | None:
        """Return its profile."""
        return self.account_record(account).account

    def account_record(self, account: str) -> AccountRecord:
        """Return its profile and contract, read as from a store."""
        contracts = []
        for contract in self._template.contracts:
            document = contract.model_dump(mode="json") | {"id": f"{account}-2013", "account": account}
            contracts.append(type(contract).model_validate(document))
        profile = self._template.account.model_dump(mode="json") | {"id": account}
        return AccountRecord(Account.model_validate(profile), tuple(contracts), (), ())


class _Dropped(MemoryObjects):
    """Objects that are dropped when they are written."""

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        """Drop them."""
        del objects
        return {}

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        """Drop it."""


class _Parts(_Dropped):
    """Keeps in files what parts of a planning leave for each other, and drops the rest."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        """Keep those of parts."""
        for new in objects:
            self.put(new.key, new.data)
        return {}

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        """Keep one of parts."""
        if key.split("/")[2] in KEPT or key == SHARED_TERMS.key(RUN):
            self._file(key).write_bytes(data)

    def get(self, key: str) -> bytes:
        """Read one."""
        return self._file(key).read_bytes()

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield nothing: the log is empty."""
        del prefix
        return iter(())

    def _file(self, key: str) -> Path:
        return self._folder / key.replace("/", "+")


class _Closing(_Dropped):
    """The artefacts of a run, each batch's made of the first one's."""

    def __init__(self, world: World, batches: int) -> None:
        super().__init__()
        self._names = [f"{number:08d}" for number in range(batches)]
        plan = json.loads(world.objects.get(RUN_PLAN.key(RUN)))
        self._of_batches = {
            artefact.step: world.objects.get(artefact.key(RUN, plan["batches"][0])) for artefact in (DRAFTED, RELEASED)
        }
        self.items = dict(world.objects.items) | {RUN_PLAN.key(RUN): canonical_json(plan | {"batches": self._names})}

    def get(self, key: str) -> bytes:
        """Return the first batch's artefact for that of any."""
        return self._of_batches.get(key.split("/")[2]) or super().get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the batches, where they are asked for."""
        if prefix == RELEASED.key(RUN).rpartition("/")[0] + "/":
            yield from (RELEASED.key(RUN, name) for name in self._names)
        else:
            yield from super().keys(prefix)


def plan(accounts: int) -> None:
    """Plan a month of so many accounts: its parts one after the other, then all together."""
    world = load.world(accounts=1)
    with TemporaryDirectory() as folder:
        objects = _Parts(Path(folder))
        directory = _Accounts(world, accounts)
        ports = PlanPorts(directory, Register(MemoryRecords()), objects, MemoryRecords())
        sizes = RunSizes(Buckets((BUCKETS,)), BATCH_SIZE, 1, part_size=PART_SIZE)
        asked = PlanRequest(run_id=RUN, legal_entity=INC, period=JANUARY, requested_by=REQUESTER)
        planned = plan_billing_run(asked, ports=ports, sizes=sizes, now=NOW)
        if planned.outcome is not PlanOutcome.DIVIDED:
            return
        divided = asked.model_copy(update={"planned_at": planned.planned_at, "parts": planned.parts})
        for part in range(planned.parts):
            plan_part(divided.model_copy(update={"part": part}), part, ports=ports, sizes=sizes)
        join_parts(divided, ports=ports, sizes=sizes)


def close(accounts: int) -> None:
    """Close a month of so many accounts."""
    objects = _Closing(_billed(), max(accounts // BATCH_SIZE, 1))
    close_billing_run(run_id=RUN, objects=objects, records=MemoryRecords())


@cache
def _billed() -> World:
    """Return a world in which one batch is billed; the first call, which is not timed, makes it."""
    world = World(batch_size=BATCH_SIZE, accounts=())
    load.fill(world, BATCH_SIZE)
    world.bill()
    return world


def reconcile(folder: Path) -> None:
    """Reconcile a month part by part, and put the parts together."""
    world = filed.world(folder)
    sources = world.reconciliation_sources()
    items_key = write_items([(INC, JANUARY)], instant_text(NOW), world.objects)
    for item in json.loads(world.objects.get(items_key)):
        reconcile_part(PartItem.model_validate(item), sources)
    (report,) = reconciled.join_parts(items_key, sources)
    if report.variances:
        raise AssertionError(report.variances[0])


def prove(folder: Path) -> None:
    """Prove the run of a month, by this process alone."""
    proof = prove_run(RUN, stores=filed.world(folder).stores())
    if proof.differences:
        raise AssertionError(proof.differences[0])


STEPS = {"plan": plan, "close": close}
OF_BILLED = {"reconcile": reconcile, "prove": prove}


def measured(step: str, accounts: int) -> Flatness:
    """Do one of STEPS in a process of its own."""
    return _in_a_process("tests.bench.flat", step, str(accounts))


def measured_of_billed(accounts: int) -> dict[str, Flatness]:
    """Bill and post a month of so many accounts, and do each of OF_BILLED with it in a process of its own."""
    with TemporaryDirectory() as folder:
        _run("tests.bench.filed", folder, str(accounts))
        return {step: _in_a_process("tests.bench.flat", step, str(accounts), folder) for step in OF_BILLED}


def _in_a_process(*words: str) -> Flatness:
    peak, seconds = _run(*words).split()[-2:]
    return Flatness(int(peak), float(seconds))


def _run(*words: str) -> str:
    line = [sys.executable, "-W", "ignore", "-m", *words]
    return subprocess.run(line, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def main(step: str, accounts: int, folder: str = "") -> str:
    """Do a step, and say what it took: the memory of the whole process, the time of the step."""
    if step in STEPS:
        STEPS[step](min(accounts, BATCH_SIZE))  # imports, and what is made once
    start = time.process_time()
    if step in STEPS:
        STEPS[step](accounts)
    else:
        OF_BILLED[step](Path(folder))
    seconds = time.process_time() - start
    status = Path("/proc/self/status").read_text()  # ru_maxrss would be that of the process that started this one
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    return f"{int(peak[1]) * 1024 if peak else 0} {seconds:.2f}\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
