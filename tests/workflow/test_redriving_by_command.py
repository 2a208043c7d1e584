"""`billproof run redrive` where the endpoint cannot redrive: the next run bills what the failed one was to bill."""

from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.pipeline.starting import start_billing_run
from billproof_ops import api, cli
from billproof_ops.target import Target
from tests.support.late_usage import JAN
from tests.support.world import INC, World


@pytest.mark.parametrize("only_accounts", [("EV", "UA"), ()], ids=["some accounts", "all accounts"])
def test_the_run_that_is_started_instead_bills_the_accounts_of_the_one_that_failed(
    only_accounts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    failed = start_billing_run(
        legal_entity=INC,
        period=JAN,
        only_accounts=only_accounts,
        records=world.runs,
        workflows=world.billing_runs,
        directory=world.directory,
        now=world.now(),
        grace=world.settings.grace,
    ).run_id
    world.billing_runs.statuses[failed] = "FAILED"
    machine = SimpleNamespace(describe=lambda _: {"status": "FAILED", "cause": "x"}, redrive=lambda _: False)
    target = SimpleNamespace(ports=world, machine=lambda _: machine)
    requests: list[dict[str, Any]] = []

    def call(_target: Any, _operation: Any, request: dict[str, Any], *, who: str | None) -> dict[str, Any]:
        requests.append(request)
        return {"run_id": f"{INC}-{JAN}-002", "legal_entity": INC, "period": JAN, "started": True}

    monkeypatch.setattr(Target, "find", lambda: target)
    monkeypatch.setattr(api, "call", call)
    answer = CliRunner().invoke(
        cli.app, ["run", "redrive", failed, "--as", "carla"], env={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    )
    assert (answer.exit_code, answer.output) == (0, f"this endpoint cannot redrive: {INC}-{JAN}-002 started instead\n")
    assert requests == [{"legal_entity": INC, "period": JAN, "only_accounts": [*only_accounts]}]
