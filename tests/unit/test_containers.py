"""What `sam local invoke` is given: each deployed function's own variables, and an endpoint for containers."""

import json
from pathlib import Path
from typing import Any

import pytest

from billproof_ops.local import containers

PAGES: list[dict[str, Any]] = [
    {"Functions": [{"FunctionName": "local-PostToErp-1", "Environment": {"Variables": {"INVOICES_TABLE": "local-2"}}}]},
    {"Functions": [{"FunctionName": "local-Reconcile-3"}, {"FunctionName": "of another stack"}]},
]


class Lambda:
    def get_paginator(self, name: str) -> Any:
        assert name == "list_functions"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return PAGES


def test_each_function_has_its_own_names_and_the_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "client", lambda _service: Lambda())
    monkeypatch.setattr(containers, "FILE", tmp_path / "local" / "functions.json")
    outputs = {"PostToErpName": "local-PostToErp-1", "ReconcileName": "local-Reconcile-3", "ApiUrl": "http://x"}
    containers.write(outputs, "http://127.0.0.1:4566")
    endpoint = {"AWS_ENDPOINT_URL": "http://host.docker.internal:4566"}
    assert json.loads(containers.FILE.read_text()) == {
        "PostToErp": {"INVOICES_TABLE": "local-2", **endpoint},
        "Reconcile": endpoint,
    }


@pytest.mark.parametrize(
    ("endpoint", "reached"),
    [
        ("http://localhost:4566", "http://host.docker.internal:4566"),
        ("http://127.0.0.1", "http://host.docker.internal"),
        ("http://localstack.example:4566/", "http://localstack.example:4566/"),
    ],
)
def test_this_machine_is_another_one_for_a_container(endpoint: str, reached: str) -> None:
    assert containers.from_a_container(endpoint) == reached
