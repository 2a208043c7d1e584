"""Sending usage from a file: each event is checked as ingestion checks it, the good ones go to the queue."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from pathlib import Path

from billproof.sheets import Sheet
from billproof.usage.model import ControlTotal, Reason
from billproof.usage.receiving import packed
from billproof.usage.refusing import Refused
from billproof.usage.validation import check_event, type_rules
from billproof_ops.model import Shown
from billproof_ops.queues import send_all
from billproof_ops.target import Target
from billproof_ops.usage_files import Line

SHOWN = 200


class SentUsage(Shown):
    """What became of a file: how many events were good, and were refused, by reason."""

    accepted: int
    refused: int
    reasons: dict[str, int]


class Check:
    """Checks events of a stack: by its meters, its clock and its accounts."""

    def __init__(self, target: Target) -> None:
        ports = target.ports
        self._rules = type_rules(ports.directory.meters())
        self._now: datetime = ports.now()
        self._oldest = self._now - ports.settings.most_age
        self._is_known = cache(ports.reference_data.knows)

    def refusal(self, line: Line) -> Refused | None:
        """Return why an event would be refused, or None."""
        try:
            row = check_event(line.raw, rules=self._rules, received_at=self._now, oldest=self._oldest)
        except Refused as refused:
            return refused
        if not isinstance(row, ControlTotal) and not self._is_known(row.account):
            return Refused(Reason.UNKNOWN_ACCOUNT, f"there is no account {row.account!r}", row.account, row.time)
        return None


class Report:
    """Counts what is refused and writes it as CSV, once there is any."""

    def __init__(self, path: Path, files: ExitStack) -> None:
        self.path = path
        self.reasons: dict[str, int] = {}
        self._files = files
        self._rows: Sheet | None = None

    def add(self, line: Line, refused: Refused) -> None:
        """Write down a line and why it is refused."""
        if self._rows is None:
            file = self._files.enter_context(self.path.open("w", encoding="utf-8", newline=""))
            self._rows = Sheet(file)
            self._rows.add(("line", "reason", "why", "written"))
        self._rows.add((line.number, refused.reason, refused.detail, line.written[:SHOWN]))
        self.reasons[refused.reason] = self.reasons.get(refused.reason, 0) + 1


def good_ones(lines: Iterable[Line], check: Check, report: Report) -> Iterator[Line]:
    """Yield the events that ingestion would accept; the others are reported."""
    for line in lines:
        refused = check.refusal(line)
        if refused is None:
            yield line
        else:
            report.add(line, refused)


def send_usage(target: Target, events: Iterable[Line]) -> Iterator[int]:
    """Send events to their queue; yield how many each call sent. It is safe to repeat: an event counts once."""
    return send_all(target, "UsageEventsQueueUrl", packed(event.raw for event in events))
