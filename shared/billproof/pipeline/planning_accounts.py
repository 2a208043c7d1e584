"""Planning the accounts of a run, or of one part of them: batch by batch, in the order of the buckets.

Batches are written as they are cut: what is held of an account after that is its windows, packed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched

from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.payments.book import CashBook
from billproof.pipeline.account_planner import AccountPlan, AccountPlanner
from billproof.pipeline.aggregation_plans import Work, add_windows
from billproof.pipeline.artefacts import BATCH_PLAN, Artefacts
from billproof.pipeline.booking_rates import Rate, rates_for, rates_of
from billproof.pipeline.charges import new_charges
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.months import Months
from billproof.ports import NewObject, Objects, Records
from billproof.pricing.terms import BatchPlan
from billproof.usage.buckets import Buckets
from billproof.usage.keys import bucket_name

LOOKUPS_AT_ONCE = 16
AHEAD = 64  # accounts that are planned together: so many wait at most for their batch
BATCHES_AT_ONCE = 8  # plans of batches that are written together: they cost one record of the audit chain


@dataclass(frozen=True, slots=True)
class RunSizes:
    """Over how many buckets the usage log is spread, how many accounts a batch has, how many batches run at once.

    Of more than `part_size` accounts the planning is divided over parts of so many; None: it never is.
    """

    buckets: Buckets
    batch_size: int
    max_concurrency: int
    part_size: int | None = None


@dataclass(frozen=True, slots=True)
class PlanPorts:
    """What planning reads, and where it writes; without a book of receipts, what was paid ahead is not looked for."""

    directory: Directory
    register: Register
    objects: Objects
    runs: Records
    cash: CashBook | None = None


@dataclass(slots=True)
class PlannedAccounts:
    """What a run has of accounts whose batches are written: their number, the batches, and the windows.

    The names are kept of a run of some accounts only, whose refused events are told by them.
    """

    keeps_names: bool
    number: int = 0
    names: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    work: Work = field(default_factory=dict)

    def add(self, batch: str, accounts: Sequence[AccountPlan]) -> None:
        """Add a batch."""
        self.number += len(accounts)
        if self.keeps_names:
            self.names += (member.id for account in accounts for member in account.terms.members)
        self.batches.append(batch)


def plan_accounts(
    members: Iterable[str], request: PlanRequest, shared: BatchPlan, *, ports: PlanPorts, sizes: RunSizes, now: str
) -> PlannedAccounts:
    """Plan accounts in the order of buckets, batch by batch, and write each batch's plan as soon as it is cut.

    Raises TooMuchTrouble where too many accounts raise errors.
    """
    planner = AccountPlanner(
        shared.legal_entity,
        shared.period,
        now,
        buckets=sizes.buckets,
        directory=ports.directory,
        register=ports.register,
        objects=ports.objects,
        cash=ports.cash,
        is_first_run=request.is_first_run,
        months=Months(ports.runs, request.legal_entity),
        meters=shared.meters,
    )
    writer = _Writer(shared, request.part, Artefacts(ports.objects), sizes, rates_for(shared, ports.directory))
    in_order = sorted(members, key=lambda name: (sizes.buckets.of(name), name))
    planned = PlannedAccounts(keeps_names=bool(request.only_accounts))
    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
        plans = filter(None, _ahead(pool, planner.plan, in_order))
        chunks = enumerate(batched(plans, sizes.batch_size, strict=False))
        for some in batched(chunks, BATCHES_AT_ONCE, strict=False):
            writer.write(some, planned)
    planner.net.refuse_too_much(shared.policy.thresholds.trouble, planned.number)
    return planned


def _ahead[T, R](pool: ThreadPoolExecutor, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    """Do some work side by side, in order and not far ahead of who takes the results."""
    for chunk in batched(tasks, AHEAD, strict=False):
        yield from pool.map(work, chunk)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the plans of batches."""

    shared: BatchPlan
    part: int | None
    artefacts: Artefacts
    sizes: RunSizes
    rate: Rate

    def write(self, chunks: Iterable[tuple[int, Sequence[AccountPlan]]], planned: PlannedAccounts) -> None:
        """Write the plans of some batches together, and add what the run has of them."""
        shared, buckets = self.shared, self.sizes.buckets
        news: list[NewObject] = []
        for number, chunk in chunks:
            batch = self._name(number, chunk)
            own = {
                "batch": batch,
                "buckets": add_windows(chunk, batch, buckets, shared.period, planned.work),
                "accounts": tuple(account.terms for account in chunk),
                "rates": rates_of(chunk, shared.legal_entity.currency, self.rate),
            }
            plan = shared.model_copy(update=own)
            charges = new_charges(plan, [account.charges for account in chunk], self.artefacts)
            plan = plan.model_copy(update={"has_charges": charges is not None})
            news += [charges] if charges else []
            news.append(self.artefacts.new(BATCH_PLAN, shared.run, plan, part=batch))
            planned.add(batch, chunk)
        self.artefacts.write_all(news)

    def _name(self, number: int, accounts: Sequence[AccountPlan]) -> str:
        """Name a batch by the bucket of its first account, by the part that plans it, if any, and by its number."""
        bucket = bucket_name(self.sizes.buckets.of(accounts[0].terms.account.id))
        return f"{bucket}-{number:04d}" if self.part is None else f"{bucket}-{self.part:06d}-{number:04d}"
