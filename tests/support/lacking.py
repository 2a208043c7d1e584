"""Integration tests of what an emulator lacks, with the reason: skipped where that emulator answers, nowhere else."""

from billproof_ops.local.emulators import Emulator

LACKING: dict[Emulator, dict[str, str]] = {
    Emulator.MINISTACK: {},
    Emulator.LOCALSTACK: {
        "test_a_schedule_really_starts_its_workflow": "its Scheduler keeps schedules and runs none",
        "test_a_window_of_the_bus_is_replayed_and_its_events_count_once": "its replay of an archive fails inside",
    },
}
