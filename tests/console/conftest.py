"""The console in Chromium, over a world in memory: what a person sees and does is done by that person's hand."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.web_console.serving import built_files
from tests.support.console_server import console_over
from tests.support.console_world import month_end
from tests.support.world import World

sys.path.extend(
    map(str, (ROOT / ".console").glob("lib/*/site-packages"))
)  # Playwright, which make console-test installs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
JANUARY = "/skymeter-inc/2013-01"


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@dataclass
class Desk:
    """A person's browser at the console, and the world behind it."""

    page: "Page"
    address: str
    world: World

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
        self.page.goto(self.address + JANUARY + path)
        self.page.get_by_role("heading", level=1).wait_for()

    def follow(self, *names: str) -> None:
        """Follow links by their names, one after the other."""
        for name in names:
            self.page.get_by_role("link", name=name, exact=False).first.click()

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


@pytest.fixture
def desk(browser: "Browser") -> Iterator[Desk]:
    """A browser of its own at the console of January's end; a page that raises or breaks its policy fails the test."""
    world, troubles = month_end(), list[str]()
    with console_over(world, built_files()) as address:
        context = browser.new_context(locale="en-GB", bypass_csp=False)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None,
        )
        yield Desk(page, address, world)
        context.close()
    assert troubles == []
