"""The dashboard is that of its file, and shows every function, queue and workflow."""

import json
import re

from billproof_ops.dashboard import SOURCE, with_dashboard
from billproof_ops.paths import ROOT, TEMPLATE
from tests.support.expanded import of_type


def test_the_dashboard_is_that_of_its_file_with_the_rows_of_money_first() -> None:
    assert with_dashboard(TEMPLATE.read_text()) == TEMPLATE.read_text(), "run make dashboard"
    widgets = json.loads(of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"])["widgets"]
    assert widgets == json.loads(SOURCE.read_text())["widgets"]
    by_row: dict[int, set[str]] = {}
    for widget in widgets:
        by_row.setdefault(widget["y"], set()).update(metric[0] for metric in widget["properties"]["metrics"])
    assert next(iter(by_row.values())) == {"Billproof"}
    assert list(by_row) == sorted(by_row)


API = ROOT / "shared" / "billproof" / "api" / "problems.py"
"""It counts for every function behind it."""


def test_the_dashboard_shows_what_there_is() -> None:
    metrics = [
        metric for widget in json.loads(SOURCE.read_text())["widgets"] for metric in widget["properties"]["metrics"]
    ]
    counted = set(
        re.findall(r'count\(\s*"(\w+)"', "".join(path.read_text() for path in [*ROOT.glob("functions/*/app.py"), API]))
    )
    assert {metric[1] for metric in metrics if metric[0] == "Billproof"} == counted
    shown = {name for metric in metrics for name in re.findall(r"\$\{(\w+)", metric[3])}
    assert shown == {
        *of_type("AWS::Lambda::Function"),
        *of_type("AWS::SQS::Queue"),
        *of_type("AWS::StepFunctions::StateMachine"),
    }
