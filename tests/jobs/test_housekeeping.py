from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from access.activity import ActivityStream
from access.models import AccessToken, Grant, RefreshToken
from jobs.housekeeping import (
    InvalidDays,
    JobType,
    allowed_variables,
    chore_of,
    sweep_batch,
    whole_days,
)
from jobs.models import Attempt, UnifiedJob
from jobs.statuses import Status
from tests.factories.access import make_application, make_user
from tests.factories.jobs import make_attempt, make_job

NOW = datetime(2030, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def sweep_all(job_type: JobType, **variables: Any) -> dict[str, int]:
    chore = chore_of(job_type, variables, now=NOW)
    return {
        name: count
        for sweep in chore.sweeps
        for name, count in sweep_batch(sweep, chore.before).items()
        if count
    }


@pytest.mark.parametrize(("given", "days"), [(30, 30), ("30", 30), (0, 0), (30.0, 30), (10**6, 365_000)])
def test_days_are_read(given: object, days: int) -> None:
    assert whole_days(given) == days


@pytest.mark.parametrize("given", [-1, "-1", "x", "", "1e3", None, True, 1.5, float("inf"), [], {}])
def test_what_is_no_number_of_days_is_refused(given: object) -> None:
    with pytest.raises(InvalidDays):
        whole_days(given)


@pytest.mark.parametrize(
    ("job_type", "given", "accepted", "refusals"),
    [
        ("cleanup_jobs", {"days": "30"}, {"days": "30"}, []),
        ("cleanup_jobs", {"days": -1}, {}, ["days must be a positive integer."]),
        (
            "cleanup_jobs",
            {"days": 30, "x": 1, "y": 2},
            {"days": 30},
            ["Variables x, y are not allowed for system jobs."],
        ),
        ("cleanup_tokens", {"days": "x"}, {"days": "x"}, []),
    ],
)
def test_schedules_carry_what_awx_allows(
    job_type: str, given: dict[str, Any], accepted: dict[str, Any], refusals: list[str]
) -> None:
    assert allowed_variables(job_type, given) == (accepted, refusals)


@pytest.mark.django_db
def test_old_runs_that_have_ended_are_deleted_with_their_attempts() -> None:
    old = make_job(finished=NOW - 31 * DAY)
    make_attempt(old)
    kept = [
        make_job(finished=NOW - 29 * DAY),
        make_job(status=Status.RUNNING),
        make_job(status=Status.PENDING),
    ]

    assert sweep_all(JobType.CLEANUP_JOBS, days=30) == {"jobs": 1, "run_texts": 1}
    assert list(UnifiedJob.objects.order_by("pk")) == kept
    assert not Attempt.objects.exists()


@pytest.mark.django_db
def test_a_batch_is_bounded_and_begins_with_the_oldest() -> None:
    for age in (3, 1, 2):
        make_job(finished=NOW - age * DAY, name=str(age))
    chore = chore_of(JobType.CLEANUP_JOBS, {"days": 0}, now=NOW)

    *_, runs, _texts = chore.sweeps
    assert runs(chore.before, 2).total() == 2
    assert [run.name for run in UnifiedJob.objects.all()] == ["1"]


@pytest.mark.django_db
def test_old_activity_is_deleted() -> None:
    for age in (400, 10):
        ActivityStream.objects.create(timestamp=NOW - age * DAY, operation="create", object1="job")

    assert sweep_all(JobType.CLEANUP_ACTIVITY, days="355") == {"activity_stream": 1}
    assert ActivityStream.objects.get().timestamp == NOW - 10 * DAY


@pytest.mark.django_db
def test_expired_sessions_and_tokens_are_deleted_whatever_the_days() -> None:
    user = make_user()
    for key, end in (("old", NOW - DAY), ("new", NOW + DAY)):
        Session.objects.create(session_key=key, session_data="x", expire_date=end)
        AccessToken.objects.create(user=user, token_checksum=key, expires=end)

    assert sweep_all(JobType.CLEANUP_SESSIONS, days="x") == {"sessions": 1}
    assert sweep_all(JobType.CLEANUP_TOKENS) == {"tokens": 1}
    assert (Session.objects.get().session_key, AccessToken.objects.get().token_checksum) == ("new", "new")


@pytest.mark.django_db
def test_expired_token_that_can_be_refreshed_stays() -> None:
    application, _ = make_application()
    user = make_user()
    for key, made in (("lasting", NOW), ("past", NOW - 400 * DAY)):
        token = AccessToken.objects.create(
            user=user, application=application, token_checksum=key, expires=NOW - DAY
        )
        RefreshToken.objects.create(
            user=user, application=application, access_token=token, token_checksum=key
        )
        RefreshToken.objects.filter(token_checksum=key).update(created=made)
    Grant.objects.create(user=user, application=application, code="x", expires=NOW - DAY, redirect_uri="")

    swept = sweep_all(JobType.CLEANUP_TOKENS)

    assert swept == {"refresh_tokens": 1, "tokens": 1, "authorization_codes": 1}
    assert AccessToken.objects.get().token_checksum == RefreshToken.objects.get().token_checksum == "lasting"
