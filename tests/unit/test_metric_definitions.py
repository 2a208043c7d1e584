"""Each metric is defined once, and the page says the same of it."""

import ast
import re
from decimal import Decimal

from billproof.insights.figures import FigureRow
from billproof.insights.measuring import DayRows
from billproof.insights.metrics import METRICS, measure
from billproof_ops.paths import ROOT

PAGE = ROOT / "docs" / "metrics.md"


def test_the_page_defines_every_metric_with_its_formula_source_and_owner() -> None:
    defined = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    declared = [(one.name, one.unit, one.formula, one.source, one.owner) for one in METRICS.values()]
    assert [row for row in defined if row[0] in METRICS] == declared


def test_the_page_lists_every_count_that_functions_publish_and_no_other() -> None:
    """A count is named by a text where it is counted, so that it can be listed; a gauge is named there by hand."""
    published = {"Unbilled<currency>"}
    for path in (*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "count":
                (name, _) = node.args
                assert isinstance(name, ast.Constant), f"{path.name}: name a count by a text"
                published.add(str(name.value))
    listed = re.findall(r"^\| `([A-Z][\w<>]+)` \| .+ \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    assert listed == sorted(listed, key=str.lower)
    assert set(listed) == published
    assert len(listed) > 30


def test_what_is_published_of_a_legal_entity_by_currency_is_all_that_is_a_gauge() -> None:
    texts = [path.read_text() for path in (ROOT / "functions").rglob("*.py")]
    gauges = [line.strip() for text in texts for line in text.splitlines() if "gauge(" in line]
    assert gauges == [
        'gauge(entity, {f"Unbilled{total.currency}": int(total.amount) for total in published.exposure.totals})'
    ]


def by_hand(*days: tuple[FigureRow, ...], minutes: str = "0") -> dict[str, str | None]:
    values = measure(DayRows.of(days, Decimal(minutes)))
    return {
        " ".join(filter(None, (one.metric, one.of, one.currency))): None if one.value is None else f"{one.value:f}"
        for one in values
    }


def test_days_add_up_and_what_stands_is_that_of_the_last_day() -> None:
    """Of 3 disputes decided 2 are won: 66.7 %. 12.50 of 200.00 are credited: 6.25, half up 6.3 %.

    300.00 are open after two days in which 187.50 were sold: 300 / 187.50 x 2 = 3.2 days. Of 400 events and 2 late ones
    0.49..., 0.5 % are late. Five minutes each are avoided for 3 invoices. Of 3 orders 1 waits: 33.3 % fail.
    """
    first = (
        FigureRow(figure="released", currency="USD", number=3, amount=Decimal("150.00")),
        FigureRow(figure="touchless", number=3),
        FigureRow(figure="disputes_decided", number=3),
        FigureRow(figure="disputes_won", number=2),
        FigureRow(figure="open_exceptions", currency="USD", number=7, amount=Decimal(70)),
        FigureRow(figure="prevented", by="cause", of="usage_not_billed", currency="USD", number=1, amount=Decimal(9)),
        FigureRow(figure="contract_versions", number=2),
        FigureRow(figure="failed", by="integration", of="contracts", number=1),
    )
    second = (
        FigureRow(figure="released", currency="USD", number=1, amount=Decimal("50.00")),
        FigureRow(figure="credited", currency="USD", number=1, amount=Decimal("12.50")),
        FigureRow(figure="receivables", currency="USD", number=4, amount=Decimal(300)),
        FigureRow(figure="open_exceptions", currency="USD", number=2, amount=Decimal(20)),
        FigureRow(figure="events", number=400),
        FigureRow(figure="late_events", number=2),
        FigureRow(figure="prevented", by="cause", of="usage_not_billed", currency="USD", number=1, amount=Decimal(1)),
    )
    said = by_hand(first, second, minutes="5")
    expected = {
        "invoices": "4",
        "invoiced USD": "200.00",
        "touchless_percent": "75.0",
        "minutes_avoided": "15",
        "dispute_win_percent": "66.7",
        "open_exceptions": "2",
        "open_at_risk USD": "20",
        "leak_prevented usage_not_billed USD": "10",
        "credit_note_percent": "25.0",
        "credit_ratio_percent USD": "6.3",
        "days_sales_outstanding USD": "3.2",
        "late_usage_percent": "0.5",
        "failure_percent contracts": "33.3",
        "failure_percent delivery": None,
    }
    assert {name: said[name] for name in expected} == expected


def test_a_day_on_which_nothing_happened_divides_by_nothing() -> None:
    said = by_hand(())
    assert said["touchless_percent"] is None
    assert said["invoices"] == "0"
    assert "days_sales_outstanding USD" not in said
