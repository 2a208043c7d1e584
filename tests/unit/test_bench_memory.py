"""What the bench of memory aggregates is read whole: its objects are named by what they hold, as segments are."""

from tests.bench import memory


def test_all_events_of_the_bench_are_counted() -> None:
    assert memory.main(memory.SEGMENT + 1) > 0
