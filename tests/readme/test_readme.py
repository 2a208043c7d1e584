"""The README as a newcomer reads it: its commands in their order, and its figures, after `make demo`.

CI plays it after the first demo (`make readme`): a second one counts what was sent again, too. Without one it fails.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billproof_ops.local import server
from billproof_ops.paths import DEMO, ROOT
from tests.support.pages import Shown

README = ROOT / "README.md"
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLAYED_BY_CI = "make "
MOST_SECONDS = 900


def commands() -> Iterator[Shown]:
    """Yield each command of the README's shell blocks with the lines that it shows below, as comments."""
    for block in SHELL.finditer(README.read_text()):
        command, lines = "", list[str]()
        for line in block[1].splitlines():
            if line.startswith("#"):
                lines.append(line.removeprefix("#").strip())
                continue
            if command:
                yield Shown(command, tuple(lines))
            command, lines = line.partition(" #")[0].strip(), []
        yield Shown(command, tuple(lines))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A folder where `.venv/bin/billproof` is this checkout's; a stack that the README starts is stopped."""
    folder = tmp_path_factory.mktemp("newcomer")
    command = folder / ".venv" / "bin" / "billproof"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m billproof_ops "$@"\n')
    command.chmod(0o755)
    was_up = server.running() is not None
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    yield {**plain, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT / 'ops'}", "COLUMNS": "200", "NEWCOMER": str(folder)}
    if not was_up:
        server.stop()


@pytest.mark.parametrize("shown", list(commands()), ids=lambda shown: shown.command)
def test_a_command_of_the_readme_does_what_it_says(shown: Shown, environment: dict[str, str]) -> None:
    if shown.command.startswith(PLAYED_BY_CI):
        assert shown.command in {*(ROOT / ".ci" / "run").read_text().splitlines()}
        return
    words = ["bash", "-c", shown.command]
    folder = Path(environment["NEWCOMER"])
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=MOST_SECONDS
    )
    printed = done.stdout + done.stderr
    assert (done.returncode, shown.missing(printed)) == (0, []), printed


def demo() -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((DEMO / "summary.json").read_text())
    return summary


def _thousands(amount: str) -> str:
    number, currency = amount.split()
    return f"{Decimal(number):,.2f} {currency}"


def figures(summary: dict[str, Any]) -> dict[str, str]:
    """Say in the README's words what the demo came to."""
    events = {name: sum(run["events"][name] for run in summary["runs"]) for name in ("received", "billed", "excluded")}
    dollars, euros = ({row["currency"]: row for row in summary["reconciliations"]}[code] for code in ("USD", "EUR"))
    approved = [decision["decided_by"] for decision in summary["decisions"] if decision["verdict"] == "approved"]
    variances = [variance for row in (dollars, euros) for variance in row["variances"]]
    holds = all(balance["balances"] for balance in summary["balances"])
    words = {1: "one", 2: "two", 3: "three"}
    number = words[len(approved)]
    cash = summary["cash"]
    decided = len(cash["decisions"])
    rules = [row for row in cash["rules"] if row["rule"] != "gateway-payout"]  # which is no customer's payment
    received = {
        code: sum(Decimal(row["amount"]) for row in rules if row["currency"] == code) for code in ("USD", "EUR")
    }
    receipts = sum(row["receipts"] for row in rules)
    ((payout,),) = (gateway["payouts"] for gateway in cash["gateways"])
    assert (payout["unexplained"], payout["receipt"] is not None) == ("0.00 USD", True)
    ((disputed,), (charged,)) = (cash["disputes"], [payout["settles"]["charge"]])
    by_account = {invoice["account"]: invoice for invoice in cash["still_open"]}
    assert by_account.pop(disputed["account"])["open"] == disputed["amount"]
    assert [(month["period"], month["signed_by"]) for month in cash["closed"]] == [("2013-01", "ben")] * 2
    assert (cash["gaps"], all(balance["balances"] for balance in cash["balances"])) == (0, True)
    overdue, short = sorted(by_account.values(), key=lambda invoice: invoice["standing"])
    assert (short["standing"][:10], overdue["standing"][:7], overdue["paid"]) == ("paid short", "overdue", "0.00 USD")
    missing = dollars["invoices"] - dollars["postings"] + euros["invoices"] - euros["postings"]
    assert missing == 1
    return {
        "events received": f"{events['received']:,}",
        "billed or included": f"{events['billed']:,}",
        "excluded by contract (cancelled flights)": str(events["excluded"]),
        "invoices": f"{dollars['invoices']} in USD, {euros['invoices']} in EUR; {number} were approved by a person",
        "postings": f"{dollars['postings']} in USD, {euros['postings']} in EUR; one invoice is zero, "
        "so there is nothing to post",
        "billed": f"{Decimal(dollars['invoiced']):,.2f} USD and {Decimal(euros['invoiced']):,.2f} EUR, tax included",
        "variances between invoices and ledger": f"{variances or 'none'}; the conservation statement "
        + ("balances, in events and in money" if holds else "does not balance"),
        "cash received": f"{received['USD']:,.2f} USD ({_thousands(charged)[:-4]} by card) and "
        f"{received['EUR']:,.2f} EUR: {receipts - decided} receipts matched by rules, "
        f"{words[decided]} decided by a person; it balances",
        "still open": f"{short['open']} paid short by one customer, {disputed['amount'][:-4]} disputed by another, "
        f"{overdue['open'][:-4]} overdue of a third",
    }


def test_the_figures_of_the_readme_are_those_of_the_demo() -> None:
    text = README.read_text()
    rows = [f"| {name} | {said} |" for name, said in figures(demo()).items()]
    assert [row for row in rows if row not in text] == []
    sent = re.search(r"sends\s+January's ([0-9,]+) flights", text)
    assert sent is not None
    assert sent[1] == figures(demo())["events received"]
