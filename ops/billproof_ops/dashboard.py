"""Writing the CloudWatch dashboard of dashboards/billproof.json into template.yaml, which sam deploys as one file.

python -m billproof_ops.dashboard
"""

import json
import re

from billproof_ops.errors import OpsError
from billproof_ops.paths import ROOT, TEMPLATE

SOURCE = ROOT / "dashboards" / "billproof.json"
_BODY = re.compile(r"(      DashboardBody: !Sub \|\n)(?: {8}\S.*\n)+")


def dashboard_body() -> str:
    """Return the dashboard as the template holds it: JSON one line for each widget, names not yet substituted."""
    widgets = json.loads(SOURCE.read_text())["widgets"]
    lines = ",\n".join(json.dumps(widget) for widget in widgets)
    return f'{{"widgets": [\n{lines}\n]}}\n'


def with_dashboard(template: str) -> str:
    """Return a template's text with the dashboard as it is now; raises OpsError where it has no place for one."""
    indented = "".join(f"        {line}\n" for line in dashboard_body().splitlines())
    text, places = _BODY.subn(lambda match: match[1] + indented, template)
    if places != 1:
        message = f"the template has {places} dashboards, not one"
        raise OpsError(message)
    return text


if __name__ == "__main__":
    TEMPLATE.write_text(with_dashboard(TEMPLATE.read_text()))
