"""The pages, as a person uses them: in a real browser, against a whole Belfry."""

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.system import PASSWORD, System

# A page that is not there by then never comes; a busy machine takes its time.
expect.set_options(timeout=120_000)

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        BROWSER is None and os.environ.get("CI") != "true", reason="there is no Chromium here"
    ),
]


@pytest.fixture
def page(system: System) -> Iterator[Page]:
    """A page of somebody who has logged in; an error in a script fails the test."""
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIETLY)
        page = browser.new_page(base_url=system.base)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto("/api/login/?next=/api/v2/schedules/")
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        yield page
        browser.close()
    assert errors == []


def test_login_leads_to_the_page_that_was_asked_for(page: Page) -> None:
    expect(page).to_have_url(re.compile(r"/api/v2/schedules/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Schedules")
    expect(page.get_by_text("admin", exact=True)).to_be_visible()


def test_wrong_password_is_said_on_the_login_page(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/api/login/")

    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(re.compile("/api/login/"))
    expect(page.get_by_role("alert")).to_be_visible()


def test_preview_form_shows_the_occurrences(page: Page) -> None:
    page.goto("/api/v2/schedules/preview/")

    page.locator("input[name=rrule]").fill(
        "DTSTART;TZID=America/New_York:20300115T120000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=7"
    )
    page.get_by_role("button", name="POST", exact=True).click()

    expect(page.get_by_text("200 OK")).to_be_visible()
    expect(page.get_by_text("2030-01-21T17:00:00Z")).to_be_visible()


def test_schedule_form_makes_a_schedule_and_says_what_is_wrong(page: Page, system: System) -> None:
    template = system.api.get("job_templates/?name=Demo+Job+Template").json()["results"][0]
    page.locator("input[name=name]").fill("From the page")
    page.locator("select[name=unified_job_template]").select_option(str(template["id"]))
    page.locator("input[name=rrule]").fill("DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=0")
    page.get_by_role("button", name="POST", exact=True).click()
    expect(page.get_by_text("400 Bad Request")).to_be_visible()

    page.locator("input[name=rrule]").fill("DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1")
    page.get_by_role("button", name="POST", exact=True).click()

    expect(page.get_by_text("201 Created")).to_be_visible()
    assert system.api.get("schedules/?name=From+the+page").json()["count"] == 1


def test_launch_form_runs_the_demonstration_and_its_record_can_be_read(page: Page, system: System) -> None:
    template = system.api.get("job_templates/?name=Demo+Job+Template").json()["results"][0]
    page.goto(template["related"]["launch"])

    page.get_by_role("button", name="POST", exact=True).click()

    expect(page.get_by_text("201 Created")).to_be_visible()
    [job] = system.wait_for_jobs(template["related"]["jobs"].removeprefix("/api/v2/"), 1)
    page.goto(job["related"]["stdout"])
    expect(page.get_by_text("Outcome: the endpoint answered as expected")).to_be_visible()
