"""A person's browser at the console: what is seen and pressed, by the names that a screen reader says."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billproof_ops.paths import ROOT
from tests.support.console_server import PlayedStack
from tests.support.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
JANUARY_OF_INC = "/skymeter-inc/2013-01"


@dataclass
class Desk:
    """A person's browser at the console, and the world behind it."""

    page: "Page"
    address: str
    stack: PlayedStack

    @property
    def world(self) -> World:
        """The world behind the console."""
        return self.stack.world

    def sign_in(self, name: str) -> None:
        """Sign in, from the sign-in page."""
        self.page.goto(self.address)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_role("button", name="Sign in").click()

    def begin(self, name: str) -> None:
        """Sign in, and go to the month of the US company."""
        self.sign_in(name)
        self.page.get_by_label("Legal entity").select_option("skymeter-inc")
        self.sees("skymeter-inc-2013-01-001")

    def leave(self) -> None:
        """Sign out."""
        self.page.get_by_role("button", name="Sign out").click()
        self.page.get_by_label("Name").wait_for()

    def open(self, path: str) -> None:
        """Open a page of January by its address."""
        self.page.goto(self.address + JANUARY_OF_INC + path)
        self.page.get_by_role("heading", level=1).wait_for()

    def follow(self, *names: str) -> None:
        """Follow links by their names, one after the other: the first one of all there are, then those of the page."""
        place = self.page.locator("body")
        for name in names:
            place.get_by_role("link", name=name, exact=False).first.click()
            place = self.page.locator("main")

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> None:
        """Wait until a text is there."""
        self.page.get_by_text(text).first.wait_for()

    def serious_troubles(self) -> list[str]:
        """What axe finds on the page that is serious or worse."""
        self.page.evaluate(AXE.read_text())  # a script tag is what the page's policy keeps out
        found: str = self.page.evaluate("axe.run().then((found) => JSON.stringify(found.violations))")
        violations: list[dict[str, Any]] = json.loads(found)
        return [
            f"{known['id']}: {known['nodes'][0]['html'][:200]}"
            for known in violations
            if known["impact"] in {"serious", "critical"}
        ]
