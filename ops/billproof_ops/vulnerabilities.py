"""Asking pip-audit whether what is deployed has known vulnerabilities, and saying so where nobody could answer.

Run it as `python -m billproof_ops.vulnerabilities PIP_AUDIT REQUIREMENTS` (`make security` does). pip-audit itself
passes what its service does not know, so that without a network it would look like a clean bill.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def verdict(report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return the exit code and what to print of pip-audit's JSON: 1 for a vulnerability or a package left out.

    Where no package at all could be looked up the service cannot be reached: that is said, and is no failure.
    """
    packages = report["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if not packages:
        return 1, ["no package was audited"]
    if len(unknown) == len(packages):
        return 0, [f"NOT AUDITED: the service of vulnerabilities cannot be reached (packages: {len(unknown)})"]
    lines = [f"{name} is not known to the service of vulnerabilities" for name in unknown]
    for package in packages:
        for entry in package.get("vulns", ()):
            fixes = ", ".join(entry["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {entry['id']}, fixed in {fixes}")
    return (1, lines) if lines else (0, [f"{len(packages)} packages have no known vulnerability"])


def without_a_report(said: str) -> tuple[int, list[str]]:
    """Return the same where pip-audit printed no report: only that nobody answers is no failure."""
    if "connection" in said.lower():
        return 0, ["NOT AUDITED: the service of vulnerabilities cannot be reached"]
    return 1, [said]


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
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
