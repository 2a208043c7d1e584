"""Aggregates one bucket and day in a process of its own and prints the peak of its memory, in bytes."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from backports import zstd

from billproof.readings import Reading
from billproof.usage.aggregation import aggregate
from billproof.usage.keys import usage_prefix
from billproof.usage.log import content_name
from billproof.usage.model import AccountWindow, AggregationPlan, AskedAggregate
from tests.support.fakes import MemoryObjects

SEGMENT = 10_000
"""Events in an object."""
DAY = "2013-01-05"


class _Files(MemoryObjects):
    """Segments made when they are read, so that they take no memory of their own."""

    def __init__(self, events: int) -> None:
        super().__init__()
        self.events = events
        parts = range(-(-events // SEGMENT))
        self.names = {usage_prefix(0, DAY) + content_name(self._content(part)): part for part in parts}

    def get(self, key: str) -> bytes:
        return zstd.compress(self._content(self.names[key]), level=1)

    def _content(self, part: int) -> bytes:
        lines = []
        for number in range(part * SEGMENT, min((part + 1) * SEGMENT, self.events)):
            row = {
                "source": "gateway/eu-1",
                "id": f"call-{number:09d}",
                "type": "t",
                "subject": f"C{number % 20}",
                "time": f"{DAY}T{number % 24:02d}:{number % 60:02d}:{number // 60 % 60:02d}.000000Z",
                "received_at": "2013-01-06T00:00:00.000000Z",
                "data": {"distance": f"{number % 997}.{number % 89:02d}"},
            }
            lines.append(msgspec.json.encode(row) + b"\n")
        return b"".join(lines)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from (key for key in self.names if key.startswith(prefix))


def main(events: int) -> int:
    """Return the peak in bytes."""
    window = {
        "start": "2013-01-01",
        "end": "2013-02-01",
        "after": "",
        "before": "2014",
        "batch": "b",
        "period": "2013-01",
    }
    plan = AggregationPlan(
        run="r",
        bucket=0,
        received_before="2014",
        days=(DAY,),
        windows=tuple(
            AccountWindow(account=f"C{number}", metered={"t": ("{}",)}, excluded_types=(), **window)
            for number in range(20)
        ),
        asked=(
            AskedAggregate(
                meter="m", event_type="t", aggregation="sum", value_property="distance", reading=Reading(meter="m")
            ),
        ),
        period="2013-01",
    )
    found = aggregate(plan, objects=_Files(events))
    if sum(usage.counts.metered for usage in found) != events:
        raise AssertionError("events were lost")
    return peak_bytes(Path("/proc/self/status").read_text())


def peak_bytes(status: str) -> int:
    """Read the peak from a process's status: `ru_maxrss` would be that of the process that started this one."""
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) * 1024


if __name__ == "__main__":
    sys.stdout.write(f"{main(int(sys.argv[1]))}\n")
