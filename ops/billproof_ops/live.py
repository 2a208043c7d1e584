"""What the command asks of live usage and of compaction."""

from billproof.periods import Period
from billproof.pipeline.exposure import Exposure, exposure
from billproof.pipeline.live_usage import RunningUsage, running_usage
from billproof.usage.arrivals import Arrivals, arrivals
from billproof_ops.target import Target


def show_account(target: Target, legal_entity: str, account: str, period: str) -> RunningUsage:
    """Return what an account has used of a month, of this one where none is named."""
    now = target.ports.now()
    return running_usage(
        legal_entity=legal_entity,
        account=account,
        period=period or f"{now:%Y-%m}",
        sources=target.ports.preview_sources(),
        now=now,
    )


def show_exposure(target: Target, legal_entity: str, period: str) -> Exposure:
    """Return what all accounts of a legal entity owe so far for a month."""
    ports = target.ports
    return exposure(legal_entity=legal_entity, period=period, sources=ports.preview_sources(), now=ports.now())


def show_sources(target: Target) -> Arrivals:
    """Return what came last of each source of usage."""
    ports = target.ports
    return arrivals(ports.objects, ports.buckets().every, now=ports.now())


def start_compaction(target: Target, month: str) -> tuple[str, bool]:
    """Start a round that looks at one month; return its name, and False where this minute's is under way already.

    Raises InvalidPeriod.
    """
    period = Period.month(month)
    name = f"{period.name}-{target.ports.now():%Y%m%dT%H%M}"
    return name, target.machine("CompactionArn").start(name=name, document={"months": [period.name]})
