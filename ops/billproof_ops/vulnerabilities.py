"""Asking pip-audit whether what is deployed has known vulnerabilities, and saying so where nobody could answer.

Run it as `python -m billproof_ops.vulnerabilities PIP_AUDIT REQUIREMENTS` (`make security` does). pip-audit itself
passes what its service does not know, so that without a network it would look like a clean bill.

Where nobody answers, what was not audited is said and kept in build/not-audited.txt, which CI prints last of all. With
`AUDIT=required` it fails: set it wherever the service can be reached.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NOT_AUDITED = "NOT AUDITED"
LEFT_BEHIND = Path("build/not-audited.txt")


def verdict(report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return the exit code and what to print of pip-audit's JSON: 1 for a vulnerability or a package left out.

    Where no package at all could be looked up the service cannot be reached: that is said, and is no failure.
    """
    packages = report["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if not packages:
        return 1, ["no package was audited"]
    if len(unknown) == len(packages):
        return 0, [f"{NOT_AUDITED}: the service of vulnerabilities cannot be reached (packages: {len(unknown)})"]
    lines = [f"{name} is not known to the service of vulnerabilities" for name in unknown]
    for package in packages:
        for entry in package.get("vulns", ()):
            fixes = ", ".join(entry["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {entry['id']}, fixed in {fixes}")
    return (1, lines) if lines else (0, [f"{len(packages)} packages have no known vulnerability"])


def without_a_report(said: str) -> tuple[int, list[str]]:
    """Return the same where pip-audit printed no report: only that nobody answers is no failure."""
    if "connection" in said.lower():
        return 0, [f"{NOT_AUDITED}: the service of vulnerabilities cannot be reached"]
    return 1, [said]


def told(code: int, lines: Sequence[str], *, left_behind: Path, is_required: bool) -> int:
    """Keep what was not audited for the end of CI, or remove what an earlier call kept; return the exit code."""
    not_audited = [line for line in lines if line.startswith(NOT_AUDITED)]
    left_behind.unlink(missing_ok=True)
    if not_audited:
        left_behind.parent.mkdir(parents=True, exist_ok=True)
        left_behind.write_text("".join(f"{line}\n" for line in not_audited))
    return 1 if not_audited and is_required else code


def main(pip_audit: str, requirements: str) -> int:
    """Audit and print; returns the exit code."""
    command = [pip_audit, "-r", requirements, "--require-hashes", "--disable-pip", "-f", "json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(result.stdout)
    except ValueError:
        code, lines = without_a_report(result.stderr)
    else:
        code, lines = verdict(report)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return told(code, lines, left_behind=LEFT_BEHIND, is_required=os.environ.get("AUDIT") == "required")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
