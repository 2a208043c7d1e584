"""What a month costs is counted on the functions' own handlers: usage and its audit chain stay within their goals."""

from tests.bench import cost


def test_a_month_is_played_through_the_cost_meter_and_the_audit_chain_stays_within_its_goal() -> None:
    measures, calls = cost.measure(events=5_000, accounts=2, buckets=16)
    values = {measure.name: measure for measure in measures}
    assert [measure.reached for measure in measures[:2]] == [True, True], measures
    assert len(values) == len(measures)
    assert 0 < measures[1].value < measures[0].value
    assert calls["ingest: dynamodb PutItem"] > 0
    assert calls["run: s3 PutObject"] > 0
