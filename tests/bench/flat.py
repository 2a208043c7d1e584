"""Plans or closes a month of so many accounts in a process of its own; prints its peak in bytes and its CPU seconds.

What is read is made of one account when it is read, and what is written is dropped: the stores take no memory, as on
AWS.
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

from billproof.errors import BillproofError
from billproof.ids import canonical_json
from billproof.invoicing.register import Register
from billproof.masterdata.directory import AccountRecord, Directory
from billproof.masterdata.parties import Account
from billproof.pipeline.artefacts import DRAFTED, RELEASED, RUN_PLAN
from billproof.pipeline.closing import close_billing_run
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import plan_billing_run
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.ports import NewObject
from billproof.usage.buckets import Buckets
from billproof_ops.paths import ROOT
from tests.bench import load
from tests.support.fakes import MemoryObjects, MemoryRecords
from tests.support.world import INC, JANUARY, NOW, REQUESTER, World

BATCH_SIZE, BUCKETS = 100, 64
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

    def members(self, entity: str) -> Iterator[str]:
        """Yield their names."""
        del entity
        return map(load.account_name, range(self._accounts))

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
    """Plan a month of so many accounts."""
    world = load.world(accounts=1)
    plan_billing_run(
        PlanRequest(run_id=RUN, legal_entity=INC, period=JANUARY, requested_by=REQUESTER),
        ports=PlanPorts(_Accounts(world, accounts), Register(MemoryRecords()), _Dropped(), MemoryRecords()),
        sizes=RunSizes(buckets=Buckets((BUCKETS,)), batch_size=BATCH_SIZE, max_concurrency=1),
        now=NOW,
    )


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


STEPS = {"plan": plan, "close": close}


def measured(step: str, accounts: int) -> Flatness:
    """Do a step in a process of its own."""
    words = [sys.executable, "-W", "ignore", "-m", "tests.bench.flat", step, str(accounts)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT)
    peak, seconds = done.stdout.split()[-2:]
    return Flatness(int(peak), float(seconds))


def main(step: str, accounts: int) -> str:
    """Do a step, and say what it took: the memory of the whole process, the time of the step."""
    STEPS[step](min(accounts, BATCH_SIZE))  # imports, and what is made once
    start = time.process_time()
    STEPS[step](accounts)
    seconds = time.process_time() - start
    status = Path("/proc/self/status").read_text()  # ru_maxrss would be that of the process that started this one
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    return f"{int(peak[1]) * 1024 if peak else 0} {seconds:.2f}\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1], int(sys.argv[2])))
