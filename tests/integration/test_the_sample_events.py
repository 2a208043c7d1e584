"""Every good event of events/, taken by the function that is deployed for it."""

import json
from typing import Any

import pytest

from billproof.adapters.aws.clients import client
from billproof_ops.paths import ROOT
from billproof_ops.target import Target
from tests.support.chain import run_command
from tests.support.invoking import BANK_FILES

GOOD = sorted(ROOT.glob("events/*/good-*.json"))


@pytest.fixture(autouse=True, scope="module")
def _bank_file(billed: Target) -> None:
    key, data = next(iter(BANK_FILES.items()))  # the others are of bad events
    client("s3").put_object(Bucket=billed.outputs["DataBucketName"], Key=key, Body=data)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_good_event_succeeds_on_the_deployed_function(path: Any, billed: Target) -> None:
    code, out, err = run_command("local", "invoke", path.parent.name, str(path))
    assert code == 0, out + err
    answer = json.loads(out)
    assert answer.get("batchItemFailures", []) == []
    if path.parent.name == "plan_billing_run":  # accounts that other tests published are in its batches, too
        for item in json.loads(billed.ports.objects.get(answer["buckets_key"])):
            billed.call("AggregateUsageName", item)
