"""Golden texts, the explanations in them, and the worked examples of docs/pricing.md."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from billproof.model import decimal_text
from billproof.pricing.model import PricedLine

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
EXAMPLE = re.compile(r"```json\n(\{.*?\})\n```\n\n→ (-?[0-9.]+) ([A-Z]{3}): ([^\n]+)", re.DOTALL)
DOCS = EXAMPLE.findall((ROOT / "docs" / "pricing.md").read_text())


def compare(name: str, lines: list[str]) -> None:
    """Hold lines against a golden file; BILLPROOF_GOLDEN=write writes it anew."""
    text = "\n".join(lines) + "\n"
    path = GOLDEN / name
    if os.environ.get("BILLPROOF_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def explained(line: PricedLine) -> Iterator[str]:
    """Yield everything that a priced line says of itself."""
    why = line.explanation
    share = why.proration
    days = f", {share.days_covered}/{share.days_in_period} days" if share and not share.is_whole else ""
    quantities = f"{decimal_text(line.quantity)} = {decimal_text(line.included_quantity)} included"
    quantities += f" + {decimal_text(line.billed_quantity)}, {decimal_text(line.unused_quantity)} unused"
    yield f"  {line.id} [{line.kind}] {line.description}: {line.net}"
    measured = f"{line.unit or ''} {line.meter or ''} {line.dimension or ''}"
    yield f"    {line.service_period.name}, {quantities} {measured}".rstrip()
    yield f"    {line.product}, {line.revenue_category}, {line.term} of {line.charge}"
    for step in why.steps:
        parts = (step.quantity, step.unit_price, step.flat_fee, step.amount)
        quantity, price, fee, amount = (decimal_text(each) for each in parts)
        yield f"    {step.label}: {quantity} x {price} + {fee} = {amount}"
    exact = decimal_text(why.exact_amount)
    yield f"    {why.contract} v{why.contract_version}, {why.price_model}: {exact}{days}, {why.rounding}; {why.note}"
