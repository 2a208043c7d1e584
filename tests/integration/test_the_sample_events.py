"""Every good event of events/, taken by the function that is deployed for it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from billproof.adapters.aws.clients import client
from billproof_ops.cli import app
from billproof_ops.paths import ROOT
from billproof_ops.target import Target
from tests.support.invoking import BANK_FILES

pytestmark = pytest.mark.long

GOOD = sorted(ROOT.glob("events/*/good-*.json"))


@pytest.fixture(autouse=True, scope="module")
def _bank_file(billed: Target) -> None:
    key, data = next(iter(BANK_FILES.items()))  # the others are of bad events
    client("s3").put_object(Bucket=billed.outputs["DataBucketName"], Key=key, Body=data)


def with_a_batch_of_the_run(path: Path, billed: Target, folder: Path) -> Path:
    """Return an event's file, with a batch of the run as it was planned here: in parts, so that none is the first."""
    event = json.loads(path.read_text())
    if "batch_id" not in event:
        return path
    planned = min(billed.ports.objects.keys(f"runs/{event['run_id']}/plan/"))
    named = folder / path.name
    named.write_text(json.dumps(event | {"batch_id": Path(planned).stem}))
    return named


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_good_event_succeeds_on_the_deployed_function(path: Path, billed: Target, tmp_path: Path) -> None:
    sent = with_a_batch_of_the_run(path, billed, tmp_path)
    printed = CliRunner().invoke(app, ["local", "invoke", path.parent.name, str(sent)])
    assert printed.exit_code == 0, (printed.output, printed.exception)
    answer = json.loads(printed.stdout)
    assert answer.get("batchItemFailures", []) == []
    if buckets := answer.get("buckets_key"):  # accounts that other tests published are in its batches, too
        for item in json.loads(billed.ports.objects.get(buckets)):
            billed.call("AggregateUsageName", item)
