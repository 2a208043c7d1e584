"""What schemathesis finds: no 5xx, no answer that is not described, and nothing taken that does not fit."""

from tests.fuzz.calling import call


def test_schemathesis_finds_nothing_in_single_requests() -> None:
    result = call("schemathesis.toml", "--phases", "examples,coverage,fuzzing", "--continue-on-failure")
    assert result.returncode == 0, result.stdout


def test_schemathesis_finds_nothing_in_chains_of_requests() -> None:
    result = call("chains.toml", "--phases", "stateful", "--continue-on-failure")
    assert result.returncode == 0, result.stdout
