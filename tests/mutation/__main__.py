"""`make mutation`: change the rules of money one by one and see whether a test notices; exit 1 below the goal.

All changes take hours; SAMPLE=600 tries so many of them, drawn at random with SEED, the same ones for the same code.

mutmut wants its sources in src/ and writes beside them, so it works on a copy in build/mutation. It changes no
decorated function. It forks for each change, and what draws a document waits in a fork for threads of its parent: a
test whose name says `drawn` is left out.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "build" / "mutation"
GOAL_PERCENT = 95
RULES = (
    "pricing/*.py",
    "pricing/models/*.py",
    "tax/*.py",
    "periods.py",
    "money.py",
    "quantities.py",
    "proration.py",
    "contracts/timeline.py",
    "contracts/raising.py",
    "masterdata/exchange_rates.py",
    "invoicing/balance.py",
    "invoicing/booking.py",
    "invoicing/credit_amounts.py",
    "invoicing/credit_limits.py",
    "invoicing/credit_parts.py",
    "invoicing/credit_taxes.py",
)
STEPS = ("pricing/service.py", "tax/service.py")
"""What reads and writes the artefacts of a run around the rules: tested by whole runs, too slow for every change."""
TESTS = (
    "tests/unit/test_pricing.py",
    "tests/unit/test_differences.py",
    "tests/unit/test_commitments.py",
    "tests/unit/test_pooling.py",
    "tests/unit/test_quantities_of_meters.py",
    "tests/unit/test_exchange_rates.py",
    "tests/unit/test_timeline.py",
    "tests/unit/test_service_periods.py",
    "tests/unit/test_periods.py",
    "tests/unit/test_money.py",
    "tests/unit/test_kernel.py",
    "tests/unit/test_tax.py",
    "tests/unit/test_tax_histories.py",
    "tests/unit/test_tax_parties.py",
    "tests/unit/test_tax_places.py",
    "tests/unit/test_tax_points.py",
    "tests/unit/test_quoting.py",
    "tests/unit/test_boundaries.py",
    "tests/unit/test_raised_prices.py",
    "tests/unit/test_wide_amounts.py",
    "tests/unit/test_taxes_asked.py",
    "tests/unit/test_estimates.py",
    "tests/unit/test_earned.py",
    "tests/unit/test_balance_rules.py",
    "tests/unit/test_credit_amounts.py",
    "tests/unit/test_credits_left.py",
    "tests/unit/test_credit_parts.py",
    "tests/unit/test_conceded_revenue.py",
    "tests/unit/test_booked_rules.py",
    "tests/unit/test_digests.py",
    "tests/unit/test_what_is_read.py",
    "tests/unit/test_reduction_edges.py",
    "tests/unit/test_refusals.py",
    "tests/unit/test_accounts_priced.py",
    "tests/unit/test_days_shared.py",
    "tests/unit/test_reductions_by_days.py",
    "tests/unit/test_tax_shares.py",
    "tests/unit/test_divided_taxes.py",
    "tests/unit/test_invoice_before.py",
    "tests/unit/test_refused_prices.py",
    "tests/unit/test_where_addresses_are.py",
    "tests/unit/test_booked_by_fee.py",
    "tests/unit/test_seats_trued_up.py",
    "tests/unit/test_gone_terms.py",
    "tests/unit/test_tax_of_nothing.py",
    "tests/unit/test_shares_that_never_end.py",
    "tests/reference/test_product_agrees.py",
    "tests/workflow/test_balances_of_credit_notes.py",
    "tests/workflow/test_exchange.py",
    "tests/workflow/test_previewing.py",
    "tests/workflow/test_what_comes_off.py",
    "tests/workflow/test_what_is_credited.py",
    "tests/workflow/test_what_is_owed.py",
    "tests/workflow/test_what_is_quoted.py",
    "tests/golden/test_worked_examples.py",
    "tests/golden/test_explanations.py",
    "tests/golden/test_contracts_explained.py",
)
CONFIG = """
[tool.pytest.ini_options]
addopts = "-q"
filterwarnings = ["ignore"]

[tool.mutmut]
source_paths = ["src"]
only_mutate = {only}
do_not_mutate = {steps}
also_copy = ["ops", "docs", "examples", "events"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:randomly", "-k", "not drawn"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
"""
KILLED = {1, 3}
"""What pytest leaves with where a test failed, or could not even be run."""
TIMED_OUT = {36, 24, 152, 255, -24}
"""What mutmut notes where a change made a rule run for ever: noticed, too."""


def prepare() -> None:
    """Copy what the tests need, and forget the last run: which tests meet which rule is asked anew."""
    for name in ("src", "ops", "docs", "tests", "examples", "events", "mutants"):
        shutil.rmtree(PLACE / name, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "shared" / "billproof", PLACE / "src" / "billproof", ignore=ignored)
    for name in ("ops", "docs", "tests", "examples", "events"):
        shutil.copytree(ROOT / name, PLACE / name, ignore=ignored)
    only, steps = ([f"src/billproof/{name}" for name in names] for names in (RULES, STEPS))
    text = CONFIG.format(only=json.dumps(only), steps=json.dumps(steps), tests=json.dumps(TESTS))
    (PLACE / "pyproject.toml").write_text(text)


def run(*names: str) -> None:
    """Try the changes that are named; without names, all of them."""
    mutmut = Path(sys.executable).with_name("mutmut")
    environment = {**os.environ, "PYTHONPATH": str(PLACE / "ops")}
    subprocess.run([mutmut, "run", *names], cwd=PLACE, check=False, env=environment)


def sample(size: int) -> list[str]:
    """Return the names of so many changes, drawn from all that there are."""
    run("billproof.money.*")  # the changes are made, and which tests meet which rule is found, before any is tried
    metas = sorted((PLACE / "mutants").rglob("*.meta"))
    names = [name for path in metas for name in json.loads(path.read_text())["exit_code_by_key"]]
    drawn = random.Random(os.environ.get("SEED", "0")).sample(names, min(size, len(names)))
    sys.stdout.write(f"{len(drawn)} of {len(names)} changes are tried\n")
    return drawn


def results() -> dict[str, Counter[str]]:
    """Return, by module, how many changes were killed and how many survived."""
    found: dict[str, Counter[str]] = {}
    for path in sorted((PLACE / "mutants").rglob("*.meta")):
        codes = json.loads(path.read_text())["exit_code_by_key"]
        module = str(path.relative_to(PLACE / "mutants" / "src" / "billproof")).removesuffix(".py.meta")
        for code in codes.values():
            verdict = "killed" if code in KILLED | TIMED_OUT else "not run" if code is None else "survived"
            found.setdefault(module, Counter())[verdict] += 1
    return found


def main() -> int:
    """Run it and print the table."""
    prepare()
    size = int(os.environ.get("SAMPLE", "0"))
    run(*(sample(size) if size else ()))
    whole: Counter[str] = Counter()
    for module, found in results().items():
        whole += found
        sys.stdout.write(f"{module:32} {found['killed']:5} killed {found['survived']:5} survived\n")
    number = whole["killed"] + whole["survived"]
    percent = 100 * whole["killed"] / number if number else 0
    sys.stdout.write(f"{whole['killed']} of {number} changes were noticed: {percent:.1f} %, goal {GOAL_PERCENT} %\n")
    complete = bool(size) or not whole["not run"]
    return 0 if number and percent >= GOAL_PERCENT and complete else 1


if __name__ == "__main__":
    sys.exit(main())
