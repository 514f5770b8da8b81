import pytest

from jobs.record import events_of
from jobs.statuses import Outcome, Status
from tests.endpoint import Endpoint
from tests.factories.runs import make_run
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished

pytestmark = pytest.mark.django_db(transaction=True)


def test_redirect_is_followed_where_the_template_says_so(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    url = f"{endpoint.url}/onward/303?to=/echo?token=s3cret"
    secret = {"Authorization": "Bearer of-the-endpoint"}
    runs = [make_run(url, headers=secret, follow_redirects=follow) for follow in (True, False)]

    start_engine()
    followed, left = wait_until_finished(*runs)

    attempt = followed.attempts.get()
    assert (followed.status, attempt.response_status) == (Status.SUCCESSFUL, 200)
    assert attempt.request["redirects"] == [f"{endpoint.url}/echo?token=$encrypted$"]
    assert f"Redirected to {attempt.request['redirects'][0]}" in "".join(
        event.stdout for event in events_of(followed, [attempt])
    )
    assert (left.status, left.failure_reason) == (Status.FAILED, Outcome.HTTP_STATUS)
    assert "not followed" in left.job_explanation


def test_redirect_to_a_forbidden_address_ends_the_run(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run(f"{endpoint.url}/onward/302?to=http://[::ffff:a9fe:a9fe]/latest/", follow_redirects=True)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.FORBIDDEN_ADDRESS)
    assert "link-local" in done.job_explanation
