from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
import time_machine

from jobs.models import UnifiedJob
from schedules.editing import create_schedule
from schedules.models import Occurrence, Schedule
from schedules.poller import launch_due
from tests.factories.access import client_of, make_user
from tests.factories.schedules import make_template

pytestmark = pytest.mark.django_db

QUARTER = timedelta(minutes=15)
POLICIES = list(product(Schedule.DstGap.values, Schedule.DstOverlap.values))
EVERY_45_MINUTES = "FREQ=MINUTELY;INTERVAL=45"
SOME_TIMES_A_DAY = "FREQ=DAILY;INTERVAL=1;BYHOUR=0,1,2,3,23;BYMINUTE=0"


@pytest.mark.parametrize(
    ("zone", "start", "first_poll"),
    [
        ("America/New_York", "20300310T000000", datetime(2030, 3, 10, 4, tzinfo=UTC)),
        ("America/New_York", "20301103T000000", datetime(2030, 11, 3, 3, tzinfo=UTC)),
        ("Europe/London", "20300331T000000", datetime(2030, 3, 30, 23, tzinfo=UTC)),
        ("Europe/London", "20301027T000000", datetime(2030, 10, 26, 22, tzinfo=UTC)),
        ("Australia/Sydney", "20301006T000000", datetime(2030, 10, 5, 13, tzinfo=UTC)),
        ("Australia/Sydney", "20300407T000000", datetime(2030, 4, 6, 12, tzinfo=UTC)),
        ("Australia/Lord_Howe", "20301006T000000", datetime(2030, 10, 5, 13, tzinfo=UTC)),
        ("Australia/Lord_Howe", "20300407T000000", datetime(2030, 4, 6, 12, tzinfo=UTC)),
        # the day that never was, in the last hours of the one before and the first of the one after
        ("Pacific/Apia", "20111229T230000", datetime(2011, 12, 30, 9, tzinfo=UTC)),
        ("Africa/Casablanca", "20260215T000000", datetime(2026, 2, 14, 22, tzinfo=UTC)),
        ("Africa/Casablanca", "20260322T000000", datetime(2026, 3, 21, 23, tzinfo=UTC)),
    ],
)
def test_what_the_preview_shows_is_what_the_poller_launches(
    zone: str, start: str, first_poll: datetime
) -> None:
    parts = SOME_TIMES_A_DAY if zone == "Pacific/Apia" else EVERY_45_MINUTES
    client = client_of(make_user())
    template = make_template().template
    polls = [first_poll + number * QUARTER for number in range(24)]
    shown: dict[int, list[datetime]] = {}
    with time_machine.travel(first_poll - QUARTER, tick=False):
        for gap, overlap in POLICIES:
            values = {
                "rrule": f"DTSTART;TZID={zone}:{start} RRULE:{parts}",
                "dst_gap": gap,
                "dst_overlap": overlap,
            }
            preview = client.post("/api/v2/schedules/preview/", values, format="json").json()["utc"]
            schedule = create_schedule(name=f"{gap} {overlap}", unified_job_template=template, **values)
            instants = [datetime.fromisoformat(text) for text in preview]
            shown[schedule.pk] = [instant for instant in instants if instant <= polls[-1]]

    fired: dict[int, list[datetime]] = {pk: [] for pk in shown}
    for now in polls:
        launch_due(now)
        for occurrence in Occurrence.objects.filter(scheduled_for=now, job__scheduled_for=now):
            fired[occurrence.schedule_id].append(now)

    assert fired == shown
    policies_that_differ = len({tuple(instants) for instants in shown.values()})
    # what is shifted by a whole day falls on the same times of the next
    assert policies_that_differ == 1 if zone == "Pacific/Apia" else policies_that_differ > 1
    assert UnifiedJob.objects.count() == sum(map(len, shown.values())) > 0
