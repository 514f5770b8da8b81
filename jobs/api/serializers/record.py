"""What a run did, as resources: its attempts and its events."""

from typing import Any, ClassVar
from uuid import UUID, uuid5

from rest_framework import serializers

from api.serializers import ResourceSerializer
from jobs.headers import masked
from jobs.kinds import kind_of_run
from jobs.models import Attempt, UnifiedJob
from jobs.record import Event

# Ids of events are made of their job's id and their number in it.
EVENTS_PER_JOB = 1_000_000
MAX_STDOUT = 1024


class AttemptSerializer(ResourceSerializer):
    """One call: what was sent, with secrets masked, what came back, and how it ended."""

    resource = "attempts"
    object_type = "attempt"

    request = serializers.SerializerMethodField(help_text="Method, URL, headers and body, secrets masked.")
    response = serializers.SerializerMethodField(
        help_text="Status, headers and body; null where no answer came."
    )
    elapsed = serializers.SerializerMethodField(
        help_text="Seconds from the beginning of the call to its end."
    )

    class Meta:
        model = Attempt
        fields: ClassVar = [
            "id",
            "type",
            "url",
            "related",
            "summary_fields",
            "job",
            "number",
            "host",
            "host_name",
            "worker",
            "started",
            "finished",
            "elapsed",
            "outcome",
            "error",
            "next_attempt_at",
            "request",
            "response",
        ]
        read_only_fields = fields

    def get_url(self, obj: Attempt) -> str:
        return f"/api/v2/{obj.job.kind}s/{obj.job_id}/attempts/{obj.number}/"

    def get_related(self, obj: Attempt) -> dict[str, str]:
        return {obj.job.kind: f"/api/v2/{obj.job.kind}s/{obj.job_id}/"}

    def get_summary_fields(self, obj: Attempt) -> dict[str, Any]:
        return {}

    def get_request(self, obj: Attempt) -> dict[str, Any]:
        return {**obj.request, "headers": masked(obj.request.get("headers") or {})}

    def get_response(self, obj: Attempt) -> dict[str, Any] | None:
        if obj.response_status is None:
            return None
        return {
            "status": obj.response_status,
            "headers": masked(obj.response_headers),
            "body": obj.response_body,
            "body_truncated": obj.response_truncated,
        }

    def get_elapsed(self, obj: Attempt) -> float | None:
        return None if obj.finished is None else round((obj.finished - obj.started).total_seconds(), 3)


class JobEventSerializer(serializers.Serializer[Any]):
    """The fields of an event, for OPTIONS and the documentation; `event_as_resource` makes them."""

    id = serializers.IntegerField(read_only=True)
    type = serializers.ChoiceField(choices=[("job_event", "Job Event")], read_only=True)
    url = serializers.CharField(read_only=True)
    related = serializers.DictField(read_only=True)
    summary_fields = serializers.DictField(read_only=True)
    created = serializers.DateTimeField(read_only=True)
    modified = serializers.DateTimeField(read_only=True)
    job = serializers.IntegerField(read_only=True)
    event = serializers.CharField(read_only=True)
    counter = serializers.IntegerField(read_only=True, help_text="Number of the event in its run, from 1.")
    event_display = serializers.CharField(read_only=True)
    event_data = serializers.DictField(read_only=True)
    event_level = serializers.IntegerField(read_only=True)
    failed = serializers.BooleanField(read_only=True)
    changed = serializers.BooleanField(read_only=True)
    uuid = serializers.CharField(read_only=True)
    parent_uuid = serializers.CharField(read_only=True)
    host = serializers.IntegerField(read_only=True, allow_null=True)
    host_name = serializers.CharField(read_only=True)
    playbook = serializers.CharField(read_only=True)
    play = serializers.CharField(read_only=True)
    task = serializers.CharField(read_only=True)
    role = serializers.CharField(read_only=True)
    stdout = serializers.CharField(read_only=True, help_text="The lines that the event adds to the record.")
    start_line = serializers.IntegerField(read_only=True)
    end_line = serializers.IntegerField(read_only=True)
    verbosity = serializers.IntegerField(read_only=True)


def event_as_resource(job: UnifiedJob, event: Event, *, truncate: bool) -> dict[str, Any]:
    """A job event in AWX's form; `stdout` is cut at 1024 characters unless the whole was asked for."""
    stdout = event.stdout
    if truncate and len(stdout) > MAX_STDOUT:
        stdout = stdout[:MAX_STDOUT] + "…"
    kind, events = job.kind, kind_of_run(job).events
    own = f"/api/v2/{kind}s/{job.pk}/"
    created = event.created.isoformat().replace("+00:00", "Z")
    return {
        "id": job.pk * EVENTS_PER_JOB + event.counter,
        "type": f"{kind}_event",
        "url": f"{own}{events}/{event.counter}/",
        "related": {kind: own},
        "summary_fields": {
            kind: {"id": job.pk, "name": job.name, "description": job.description, "type": kind}
        },
        "created": created,
        "modified": created,
        kind: job.pk,
        "event": event.name,
        "counter": event.counter,
        "event_display": event.display,
        "event_data": _event_data(event),
        "event_level": 0 if event.attempt is None else 1,
        "failed": event.failed,
        "changed": False,
        "uuid": str(event_uuid(job.run_id, event.counter)),
        "parent_uuid": "" if event.counter == 1 else str(event_uuid(job.run_id, 1)),
        "host": event.attempt and event.attempt.host_id,
        "host_name": event.attempt.host_name if event.attempt else "",
        "playbook": str(job.request.get("endpoint", "")),
        "play": "",
        "task": "",
        "role": "",
        "stdout": stdout,
        "start_line": event.start_line,
        "end_line": event.end_line,
        "verbosity": 0,
    }


def _event_data(event: Event) -> dict[str, Any]:
    attempt = event.attempt
    if attempt is None:
        return {}
    return {"attempt": attempt.number} | ({"host": attempt.host_name} if attempt.host_name else {})


def event_uuid(run_id: UUID, counter: int) -> UUID:
    return uuid5(run_id, str(counter))
