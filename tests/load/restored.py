"""Losing the stack of the load test between ingestion and billing, and restoring it as docs/continuity.md says."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from billproof.audit.adopting import adopt
from billproof_ops import api
from billproof_ops import target as targets
from billproof_ops.errors import OpsError
from billproof_ops.local import server
from billproof_ops.local.deployed import outputs
from billproof_ops.recovery.rehearsal import rehearse
from billproof_ops.target import Target

WHO, WHY = "carla", "stored after the moment of the export"


@dataclass(frozen=True, slots=True)
class Restored:
    """The restored stack, the pid of its server, and what is lost of the tables, in seconds."""

    target: Target
    pid: int
    lost_seconds: float


def restore(source: Target, folder: Path, seconds: dict[str, float], say: Callable[[str], None]) -> Restored:
    """Lose the stack in `folder` and restore it below that; add how long each part took.

    What is newer than the export is adopted, as the page says. Raises OpsError where the books are not the same.
    """
    rehearsal = rehearse(source, folder / "state", folder / "restored", who=None, say=say, keep_up=True)
    seconds |= {f"restoring: {part}": taken for part, taken in rehearsal.seconds.items()}
    server.stop(folder)
    running = server.running(folder / "restored")
    if running is None or not rehearsal.holds:
        message = f"the restored books differ: {rehearsal.books}"
        raise OpsError(message)
    targets.use_endpoint(running.endpoint)
    target = Target(outputs=outputs())
    ports = target.ports
    adopt(chain=ports.chain, facts=ports.facts, objects=ports.objects, by=api.own_name(WHO), why=WHY)
    return Restored(target, running.pid, rehearsal.recovery_point_seconds)
