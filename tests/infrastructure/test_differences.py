"""The list of what the emulators do otherwise, held to the template and to MiniStack's own registry."""

import gc
import logging
from functools import cache
from typing import Any

import pytest
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS as MINISTACK_TYPES

from billproof_ops.local import differences
from billproof_ops.local.differences import (
    DIFFERENCES,
    LOCALSTACK_TYPES,
    EmulatorGap,
    GapHandling,
    removed_properties,
    removed_types,
)
from billproof_ops.local.emulators import Emulator
from billproof_ops.local.packaging import as_on_aws, declared, package
from billproof_ops.local.stack import PARAMETERS
from billproof_ops.paths import ROOT
from tests.support.lacking import LACKING

pytestmark = pytest.mark.long

KNOWN_TYPES = {Emulator.MINISTACK: frozenset(MINISTACK_TYPES), Emulator.LOCALSTACK: LOCALSTACK_TYPES}


@cache
def resources() -> dict[str, dict[str, Any]]:
    return declared(PARAMETERS)


def types() -> set[str]:
    return {resource["Type"] for resource in resources().values()}


@pytest.mark.parametrize("entry", DIFFERENCES, ids=lambda entry: f"{entry.emulator}-{entry.type}-{entry.property}")
def test_every_entry_matches_something_in_the_template(entry: EmulatorGap) -> None:
    of_type = [resource for resource in resources().values() if resource["Type"] == entry.type]
    assert of_type
    if entry.property is not None:
        assert any(entry.property in resource["Properties"] for resource in of_type)
    assert (entry.setter is not None) == (entry.handling is GapHandling.SET_BY_API)
    assert len(entry.why) > 10


@pytest.mark.parametrize("emulator", list(Emulator))
def test_a_type_that_an_emulator_does_not_know_is_listed(emulator: Emulator) -> None:
    listed = {entry.type for entry in DIFFERENCES if entry.emulator is emulator and entry.property is None}
    assert types() - KNOWN_TYPES[emulator] == listed


def test_the_types_that_localstack_was_seen_to_make_are_those_of_the_template() -> None:
    assert types() >= LOCALSTACK_TYPES


@pytest.mark.parametrize("emulator", list(Emulator))
def test_what_an_emulator_refuses_is_not_deployed_to_it(emulator: Emulator) -> None:
    template, _ = package(PARAMETERS, emulator)
    assert not {resource["Type"] for resource in template["Resources"].values()} & removed_types(emulator)
    for resource in template["Resources"].values():
        assert not removed_properties(emulator, resource["Type"]) & resource.get("Properties", {}).keys()
    assert "aws:SecureTransport" not in str(template)
    assert {"Ref": "UsageArchive"} not in [output["Value"] for output in template["Outputs"].values()]


def test_localstack_gets_plain_cloudformation_and_ministack_numbers() -> None:
    plain, _ = package(PARAMETERS, Emulator.LOCALSTACK)
    assert not any("Serverless" in resource["Type"] for resource in plain["Resources"].values())
    _, uploads = package(PARAMETERS, Emulator.LOCALSTACK)
    assert any(b"MaxConcurrencyPath" in data for key, data in uploads.items() if key.endswith(".json"))
    _, uploads = package(PARAMETERS, Emulator.MINISTACK)
    assert not any(b"MaxConcurrencyPath" in data for key, data in uploads.items() if key.endswith(".json"))


def test_policies_name_what_ministack_asks_for() -> None:
    template, _ = package(PARAMETERS, Emulator.MINISTACK)
    text = str(template)
    assert "['sqs:SendMessage', 'sqs:SendMessageBatch']" in text
    assert "['sqs:SendMessage']" not in text
    for action in ("ses:SendRawEmail", "states:SendTaskSuccess"):
        assert f"{{'Effect': 'Allow', 'Action': ['{action}'], 'Resource': '*'}}" in text
    assert "ses:FromAddress" not in text


def test_settings_are_made_by_api_with_the_declared_values(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, Any]] = []
    entry = EmulatorGap(
        Emulator.LOCALSTACK,
        "T",
        "Days",
        GapHandling.SET_BY_API,
        "for this test",
        lambda name, value: calls.append((name, value)),
    )
    monkeypatch.setattr(differences, "DIFFERENCES", (entry,))
    known = {
        "One": {"Type": "T", "Properties": {"Days": 7}},
        "Two": {"Type": "T", "Properties": {"Other": 1}},
        "Three": {"Type": "U", "Properties": {"Days": 7}},
    }
    physical_ids = {"One": "stack-one", "Two": "stack-two", "Three": "stack-three"}
    assert differences.apply_by_api(Emulator.LOCALSTACK, known, physical_ids) == 1
    assert differences.apply_by_api(Emulator.MINISTACK, known, physical_ids) == 0
    assert calls == [("stack-one", 7)]
    with pytest.raises(KeyError):
        differences.apply_by_api(Emulator.LOCALSTACK, known, {})


def test_references_to_parameters_are_their_values() -> None:
    (log,) = {r["Properties"]["RetentionInDays"] for r in resources().values() if r["Type"] == "AWS::Logs::LogGroup"}
    assert log == "90"


def test_the_page_for_developers_lists_every_difference_and_every_skipped_test() -> None:
    page = (ROOT / "docs" / "how-to" / "emulators.md").read_text()
    rows = {tuple(cell.strip() for cell in line.strip("|").split("|")) for line in page.splitlines() if "|" in line}
    listed = {
        (
            entry.emulator.value,
            f"`{entry.type}`",
            f"`{entry.property}`" if entry.property else "all of it",
            entry.handling.value,
        )
        for entry in DIFFERENCES
    }
    assert {row[:4] for row in rows if row[0] in list(Emulator) and len(row) == 5} == listed
    skipped = {
        (emulator.value, f"`{name}`", reason) for emulator, tests in LACKING.items() for name, reason in tests.items()
    }
    assert {row for row in rows if row[0] in list(Emulator) and len(row) == 3} == skipped


def test_every_test_that_may_be_skipped_exists() -> None:
    texts = [path.read_text() for path in (ROOT / "tests" / "integration").glob("test_*.py")]
    for tests in LACKING.values():
        for name in tests:
            assert any(f"def {name}(" in text for text in texts), name


def test_the_sam_transform_prints_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Its counts of what it did go nowhere; what is left of them when it is collected ends in a warning."""
    as_on_aws({})
    as_on_aws({})
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
