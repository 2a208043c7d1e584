"""A stack in memory behind the `billproof` command: what it sends to the queues is taken at once by the use cases."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.approvals import publishing as use_case
from billproof.approvals.policy import Policy
from billproof.masterdata.service import sync_contract
from billproof_ops import cli, publishing, queues
from billproof_ops.local.people import local_identity
from billproof_ops.target import Target
from tests.support.world import World


class OwnProduct:
    """An empty stack, and the command on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World(master_data=False)
        target = SimpleNamespace(
            ports=self.world,
            outputs={"UsageEventsQueueUrl": "usage", "ContractEventsQueueUrl": "contracts"},
            queue_depth=lambda _: 0,
        )
        self.sent: list[str] = []
        monkeypatch.setattr(Target, "find", lambda: target)
        monkeypatch.setattr(queues, "client", lambda _: SimpleNamespace(send_message_batch=self._take))
        monkeypatch.setattr(publishing, "publish_policy", self._publish)

    def _take(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - names of boto3
        for entry in Entries:
            self.sent.append(entry["MessageBody"])
            if QueueUrl == "contracts":
                sync_contract(entry["MessageBody"], directory=self.world.directory)
            else:
                self.world.ingest(json.loads(entry["MessageBody"]), per_message=1_000)
        return {}

    def _publish(self, _: Any, document: dict[str, Any], *, who: str | None) -> Any:
        return use_case.publish_policy(
            Policy.model_validate(document),
            caller=local_identity(who or "nobody"),
            directory=self.world.directory,
            now=self.world.now(),
        )

    def confirm(self, entity: str) -> None:
        """Let ben confirm the first version of the policy that carla published."""
        use_case.confirm_policy(
            legal_entity=entity,
            version=1,
            caller=local_identity("ben"),
            policies=self.world.policies,
            now=self.world.now(),
        )

    def approve(self, exception: str, person: str) -> None:
        """Let a person approve what is held, and release it."""
        assert self.world.decide(exception, "approved", person).outcome == "decided"
        self.world.apply(exception)

    def run(self, *words: str, text: str | None = None) -> tuple[int, str]:
        """Run the command; return its exit code, and what it said."""
        answer = CliRunner().invoke(cli.app, words, input=text, env={"COLUMNS": "200"})
        return answer.exit_code, f"{answer.output}{answer.exception or ''}"
