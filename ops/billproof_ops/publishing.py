"""Publishing master data from files: what would change is known first, and what is sent is waited for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from billproof.approvals.policy import Policy
from billproof.contracts.history import TermChange, changes
from billproof.contracts.model import Contract
from billproof.errors import BillproofError
from billproof.masterdata.certificate_lives import too_long
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.directory import Directory
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import Account, LegalEntity
from billproof.masterdata.publishing import refuse_unsound
from billproof_ops.errors import WrongUse
from billproof_ops.master_files import Written
from billproof_ops.model import Shown
from billproof_ops.policies import publish_policy
from billproof_ops.queues import send_all
from billproof_ops.target import Target
from billproof_ops.waiting import until

TAKEN_SECONDS = 120
_ORDER = (LegalEntity, Meter, Account, Contract)
"""What others name comes before them."""


class Novelty(StrEnum):
    """What a version is to what is published already."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"


class PlannedVersion(Shown):
    """What publishing an object would do: a term that changes has its path, and its JSON before and after."""

    kind: str
    id: str
    version: int
    novelty: Novelty
    changes: tuple[TermChange, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published, in the order in which it is sent, and what each would do."""

    objects: tuple[AnyMasterData, ...]
    planned: tuple[PlannedVersion, ...]

    @property
    def to_send(self) -> list[AnyMasterData]:
        """Return what is not known already."""
        pairs = zip(self.objects, self.planned, strict=True)
        return [data for data, planned in pairs if planned.novelty is not Novelty.KNOWN]


def plan(target: Target, written: Sequence[Written]) -> Publication:
    """Check everything by the rules of the queue, on top of each other; raises WrongUse with every problem."""
    staged = Directory(target.ports.preview_sources().contracts, target.ports.policies)
    problems: list[str] = []
    planned = []
    in_order = sorted(written, key=lambda item: _place(item.data))
    for item in in_order:
        try:
            planned.append(_stage(staged, item.data))
        except BillproofError as error:
            problems.append(f"{item.place}: {error}")
    if problems:
        raise WrongUse("\n".join(problems))
    return Publication(tuple(item.data for item in in_order), tuple(planned))


def _place(data: AnyMasterData) -> tuple[int, int]:
    return next((n for n, kind in enumerate(_ORDER) if isinstance(data, kind)), len(_ORDER)), data.version


def _stage(staged: Directory, data: AnyMasterData) -> PlannedVersion:
    before = _before(staged, data)
    novelty = Novelty.NEW if before is None else Novelty.CHANGED
    if staged.holds(data):
        novelty = Novelty.KNOWN
    elif not isinstance(data, Policy):
        refuse_unsound(data, staged)
        staged.add(data)
    changed = tuple(changes(before, data)) if before is not None and novelty is Novelty.CHANGED else ()
    return PlannedVersion(
        kind=data.kind,
        id=data.id,
        version=data.version,
        novelty=novelty,
        changes=changed,
        warnings=tuple(_warnings(data, staged)) if novelty is not Novelty.KNOWN else (),
    )


def _warnings(data: AnyMasterData, staged: Directory) -> Iterator[str]:
    """Yield what is wrong with an object and refuses nothing: certificates that end too late."""
    if isinstance(data, Account):
        years = staged.policy(data.legal_entity).thresholds.certificate_years
        reasons = (too_long(exemption, usual_years=years) for exemption in data.exemptions)
        yield from (reason for reason in reasons if reason)


def _before(directory: Directory, data: AnyMasterData) -> AnyMasterData | None:
    """Return the latest version before an object's own, or None."""
    versions: list[AnyMasterData] = []
    match data:
        case LegalEntity():
            versions = [*directory.versions_of(data.id)]
        case Meter():
            versions = [meter for meter in directory.meters() if meter.id == data.id]
        case Account():
            versions = [known for known in (directory.account(data.id),) if known is not None]
        case Contract():
            versions = [contract for contract in directory.contracts(data.account) if contract.id == data.id]
        case Crosswalk():
            versions = [kept.data for kept in directory.history(Crosswalk, data.id)]
        case Policy():
            versions = [version.policy for version in directory.policies.history(data.id).versions]
    earlier = [version for version in versions if version.version < data.version]
    return max(earlier, key=lambda version: version.version, default=None)


def send(
    target: Target, objects: Sequence[AnyMasterData], *, who: str | None, advance: Callable[[int], None]
) -> Iterator[str]:
    """Send what is new and wait until it is taken; yield what a person has to do then.

    Crosswalks are sent once the rest is taken: they are refused while an account that they name is on its way. Raises
    OpsError where it is not taken in time: then a message lies with the dead letters, or waits before them.
    """
    queued = [data for data in objects if not isinstance(data, Policy)]
    _send(target, [data for data in queued if not isinstance(data, Crosswalk)], advance)
    for version in sorted({data.version for data in queued if isinstance(data, Crosswalk)}):
        _send(target, [data for data in queued if isinstance(data, Crosswalk) and data.version == version], advance)
    for policy in (data for data in objects if isinstance(data, Policy)):
        state = publish_policy(target, policy.model_dump(mode="json"), who=who)
        advance(1)
        if state.confirmed_by is None:
            yield (
                f"policy {policy.id} version {policy.version} decides nothing yet: somebody else confirms it with "
                f"billproof policy confirm -e {policy.id} -v {policy.version}"
            )


def _send(target: Target, queued: Sequence[AnyMasterData], advance: Callable[[int], None]) -> None:
    """Send some objects and wait until they are taken; raises OpsError where that takes too long."""
    for _ in send_all(target, "ContractEventsQueueUrl", ((data.model_dump_json(), 1) for data in queued)):
        pass
    waiting = list(queued)

    def taken() -> bool | None:
        before = len(waiting)
        waiting[:] = [data for data in waiting if not target.ports.directory.holds(data)]
        advance(before - len(waiting))
        return None if waiting else True

    until(taken, what="taking what was sent (billproof dlq list shows what failed)", timeout_seconds=TAKEN_SECONDS)
