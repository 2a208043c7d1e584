"""What is made of pip-audit's answer."""

from pathlib import Path
from typing import Any

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.vulnerabilities import LEFT_BEHIND, told, verdict, without_a_report

CLEAN = {"name": "boto3", "version": "1.0", "vulns": []}
LEFT_OUT = {"name": "typst", "skip_reason": "not known"}
VULNERABLE = {
    "name": "urllib3",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2023-1", "fix_versions": ["1.1"], "aliases": [], "description": ""}],
}


@pytest.mark.parametrize(
    ("packages", "code", "lines"),
    [
        ([CLEAN, CLEAN], 0, ["2 packages have no known vulnerability"]),
        ([CLEAN, VULNERABLE], 1, ["urllib3 1.0: PYSEC-2023-1, fixed in 1.1"]),
        ([CLEAN, LEFT_OUT], 1, ["typst is not known to the service of vulnerabilities"]),
        ([LEFT_OUT], 0, ["NOT AUDITED: the service of vulnerabilities cannot be reached (packages: 1)"]),
        ([], 1, ["no package was audited"]),
    ],
)
def test_a_vulnerability_and_a_package_left_out_fail_and_an_unreachable_service_is_said(
    packages: list[dict[str, Any]], code: int, lines: list[str]
) -> None:
    assert verdict({"dependencies": packages}) == (code, lines)


def test_only_that_nobody_answers_is_no_failure_where_there_is_no_report() -> None:
    assert without_a_report("requests.exceptions.ConnectionError: Failed to resolve")[0] == 0
    assert without_a_report("invalid requirements input") == (1, ["invalid requirements input"])


@pytest.mark.parametrize(("required", "code"), [(False, 0), (True, 1)])
def test_what_was_not_audited_is_kept_until_it_is_and_fails_where_an_audit_is_required(
    *, required: bool, code: int, tmp_path: Path
) -> None:
    kept = tmp_path / "build" / "not-audited.txt"
    unreachable = without_a_report("ConnectionError: Failed to resolve")
    assert told(*unreachable, left_behind=kept, is_required=required) == code
    assert kept.read_text() == "NOT AUDITED: the service of vulnerabilities cannot be reached\n"
    assert told(*verdict({"dependencies": [CLEAN]}), left_behind=kept, is_required=required) == 0
    assert not kept.exists()
    assert told(*verdict({"dependencies": [VULNERABLE]}), left_behind=kept, is_required=required) == 1


def test_ci_says_last_of_all_what_was_not_audited() -> None:
    *_, last = (ROOT / ".ci" / "run").read_text().rstrip().splitlines()
    assert last == f"[ ! -e {LEFT_BEHIND} ] || cat {LEFT_BEHIND}"
