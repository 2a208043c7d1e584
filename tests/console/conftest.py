"""The console in Chromium, over a world in memory: what a person sees and does is done by that person's hand."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.web_console.serving import built_files
from tests.support.console_server import PlayedStack, console_over
from tests.support.console_world import month_end
from tests.support.desk import Desk

sys.path.extend(
    map(str, (ROOT / ".console").glob("lib/*/site-packages"))
)  # Playwright, which make console-test installs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def desk(browser: "Browser") -> Iterator[Desk]:
    """A browser of its own at the console of January's end; a page that raises or breaks its policy fails the test."""
    stack, troubles = PlayedStack(month_end()), list[str]()
    with console_over(stack, built_files()) as address:
        context = browser.new_context(locale="en-GB", bypass_csp=False)
        page = context.new_page()
        page.clock.set_fixed_time(stack.world.now())
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None,
        )
        yield Desk(page, address, stack)
        context.close()
    assert troubles == []
