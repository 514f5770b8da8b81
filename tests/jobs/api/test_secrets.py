"""The plaintext of a secret header is looked for in all that the API answers and all that the database holds."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from rest_framework.test import APIClient

from jobs.models import UnifiedJob
from jobs.statuses import Status
from tests.factories.jobs import make_attempt

SECRET = "pl41n-s3cret-v4lue"
LIST = "/api/v2/job_templates/"
ACCEPTED = ("application/json", "text/html", "text/plain")


def test_secret_header_is_nowhere_in_the_clear(admin: APIClient) -> None:
    made = admin.post(
        LIST,
        {
            "name": "x",
            "endpoint": "http://127.0.0.1:9/x",
            "http_headers": {"Authorization": f"Bearer {SECRET}", "X-My-Token": SECRET, "Accept": "a/b"},
        },
    )
    template = made.json()
    job = admin.post(f"{template['url']}launch/").json()
    copied = admin.post(f"{template['url']}copy/", {"name": "y"}).json()
    run = UnifiedJob.objects.get()
    make_attempt(run, request={"method": "GET", "url": "http://x/", "headers": {"X-My-Token": SECRET[:4]}})
    UnifiedJob.objects.update(status=Status.SUCCESSFUL)

    answers = [made.content.decode(), json.dumps(job), json.dumps(copied)]
    for path in (
        LIST,
        template["url"],
        f"{template['url']}launch/",
        f"{template['url']}jobs/",
        job["url"],
        *(job["related"][name] for name in ("stdout", "job_events", "attempts")),
        "/api/v2/jobs/",
        "/api/v2/unified_jobs/",
        "/api/v2/unified_job_templates/",
    ):
        answers += [admin.get(path, HTTP_ACCEPT=accept).content.decode() for accept in ACCEPTED]
        answers.append(admin.options(path).content.decode())
    stored = [
        serializers.serialize("json", model._base_manager.all())
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
    ]

    assert not [answer for answer in answers if SECRET in answer]
    assert not [rows for rows in stored if SECRET in rows]
    assert template["http_headers"] == {
        "Authorization": "$encrypted$",
        "X-My-Token": "$encrypted$",
        "Accept": "a/b",
    }


def test_secret_cannot_be_filtered_or_ordered_by(admin: APIClient) -> None:
    for query in ("http_headers__icontains=x", "order_by=http_headers", "host_config_key=x"):
        assert admin.get(f"{LIST}?{query}").status_code == 403, query
    assert admin.get("/api/v2/jobs/?request__icontains=x").status_code == 400
    assert admin.get(
        "/api/v2/jobs/?unified_job_template__as_job_template__http_headers__contains=x"
    ).status_code in (400, 403)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"endpoint": "http://elsewhere.example/"}, 400),
        ({"endpoint": "http://127.0.0.1:10/x", "http_headers": {"X-My-Token": "$encrypted$"}}, 400),
        ({"endpoint": "https://127.0.0.1:9/x"}, 400),
        ({"endpoint": "http://127.0.0.1:9/another"}, 200),
        ({"endpoint": "http://elsewhere.example/", "http_headers": {"X-My-Token": "another one"}}, 200),
        ({"endpoint": "http://elsewhere.example/", "http_headers": {}}, 200),
        ({"endpoint": ""}, 200),
    ],
)
def test_stored_secrets_do_not_go_to_another_server(
    admin: APIClient, change: dict[str, Any], status: int
) -> None:
    given = {"name": "x", "endpoint": "http://127.0.0.1:9/x", "http_headers": {"X-My-Token": SECRET}}
    template = admin.post(LIST, given).json()

    answer = admin.patch(template["url"], change)

    assert answer.status_code == status
    assert status == 200 or list(answer.json()) == ["http_headers"]
    if change == {"endpoint": ""}:
        assert admin.patch(template["url"], {"endpoint": given["endpoint"]}).status_code == 400
