"""Every page: nothing serious for a screen reader, no page wider than a phone, both languages, no wrong word."""

import pytest

from billproof.pipeline.refused_lists import refused_rows
from tests.support.desk import JANUARY_OF_INC, Desk
from tests.support.world import INC, JANUARY, flight

PAGES = {
    "month": "/month",
    "work list": "/work",
    "exception": "/work/skymeter-inc.2013-01.UA.001",
    "invoices": "/invoices",
    "invoice": "/invoices/SKY-US-2013-000007",
    "cash": "/cash",
    "receipt": "",
    "disputes": "/disputes",
    "reconciliation": "/reconciliation",
    "quarantine": "/quarantine",
    "refused event": "",
    "dead letters": "/letters",
    "integrations": "/integrations",
    "metrics": "/metrics",
    "dead letters of a queue": "/letters/payment-events",
    "customers": "/customers",
    "customer": "/customers/9E",
    "policy": "/policy",
    "evidence": "/evidence",
}


def path_of(desk: Desk, page: str) -> str:
    if page == "refused event":
        rows = refused_rows(
            INC,
            JANUARY,
            directory=desk.world.directory,
            objects=desk.world.objects,
            buckets=desk.world.buckets(),
            all_of_them=True,
        ).rows
        return f"/quarantine/{rows[0].id}"
    if page != "receipt":
        return PAGES[page]
    waiting = next(state for state in desk.world.cash_book.received("skymeter-inc") if not state.applications)
    return f"/cash/{waiting.receipt.id}"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious_and_no_page_is_wider_than_a_phone(colours: str, desk: Desk) -> None:
    desk.world.ingest([flight(9_001, data={"distance": "-1"})])
    desk.page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.page.goto(desk.address)
    desk.page.get_by_label("Name").wait_for()
    troubles = {"sign in": desk.serious_troubles()}
    desk.begin("ben")
    for page in PAGES:
        desk.open(path_of(desk, page))
        desk.page.wait_for_load_state("networkidle")
        troubles[page] = desk.serious_troubles()
        wider: int = desk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, page
    assert {page: found for page, found in troubles.items() if found} == {}


def test_every_page_speaks_german(desk: Desk) -> None:
    desk.begin("ben")
    desk.page.get_by_label("Language").select_option("de")
    desk.page.get_by_role("heading", level=1, name="Januar 2013").wait_for()
    for page, heading in {"month": "Januar 2013", "work list": "Arbeitsliste", "cash": "Zahlungen"}.items():
        desk.open(PAGES[page])
        desk.page.get_by_role("heading", level=1, name=heading).wait_for()
    assert desk.page.locator("html").get_attribute("lang") == "de"
    desk.open("/month")
    desk.sees("9.490,71 USD")


def test_no_script_reads_who_is_signed_in_and_a_session_that_is_over_asks_to_sign_in(desk: Desk) -> None:
    desk.begin("ben")
    stored = desk.page.evaluate(
        "[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join(' ')"
    )
    assert "ben" not in stored
    assert "billproof_session" not in stored
    (cookie,) = desk.page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert cookie["value"] not in stored
    desk.page.context.clear_cookies()
    desk.page.reload()
    desk.page.get_by_label("Name").wait_for()


def test_what_is_not_there_is_said_in_words(desk: Desk) -> None:
    desk.begin("ben")
    for path, text in {
        "/invoices/SKY-US-2013-009999": "There is no released document of that number.",
        "/cash/R000000000000000000000000": "There is no such receipt.",
        "/customers/NOBODY": "There is no such customer.",
    }.items():
        desk.open(path)
        desk.sees(text)
    desk.page.goto(f"{desk.address}{JANUARY_OF_INC.replace('2013-01', '2012-11')}/reconciliation")
    desk.sees("The month was not compared yet.")
