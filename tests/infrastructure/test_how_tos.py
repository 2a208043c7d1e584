"""The code in the checklists of docs/how-to works as it stands."""

import re
import textwrap
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Literal

from billproof.controls import control
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.pricing.models import base
from billproof.pricing.models.base import Used, amount_of, price_steps
from billproof_ops.paths import ROOT
from tests.support.taxes import fee


def code_of(page: str) -> str:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "how-to" / page).read_text(), re.DOTALL)
    return textwrap.dedent(block)


def run(page: str, *known: Any, **names: Any) -> dict[str, Any]:
    """Run a page's code with the names that it uses, and return what it defines."""
    defined: dict[str, Any] = {name: value for module in known for name, value in vars(module).items()} | names
    exec(compile(code_of(page), page, "exec", dont_inherit=True), defined)  # noqa: S102 - our own page
    return defined


def test_the_function_is_one_that_exists() -> None:
    shown = [line.partition("  #")[0].rstrip() for line in code_of("function.md").splitlines()]
    assert "\n".join(shown) in (ROOT / "functions" / "price_usage" / "app.py").read_text()


def test_the_price_model_prices_every_started_step() -> None:
    stairs = run("price-model.md", base, Literal=Literal)["Stairs"](step=Decimal(10), step_price=Decimal("2.5"))
    assert amount_of(price_steps(stairs, Used(Decimal(25)))) == Decimal("7.5")
    assert stairs.scaled(lambda amount: amount * 2).step_price == 5


def test_the_control_observes_a_line_and_its_amount() -> None:
    written = run("control.md", control, ContractPath=ContractPath, Severity=Severity, Owner=Owner)["CONTROL"]
    line = fee("2013-01-01", "2013-02-01")
    (observed,) = written.check(SimpleNamespace(charge_lines=[line]))
    assert (observed.path, observed.amount_at_risk) == (ContractPath("K", "fee"), line.net)
    assert written.check.__doc__.startswith("Find")
