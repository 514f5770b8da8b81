"""`jobs/N/triage/`: why a run was not successful, most likely. It only reads, and names only what can be read next."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from api.openapi import OpenApi
from api.views import OneObject
from jobs.models import UnifiedJob
from jobs.statuses import JobKind
from jobs.triage.causes import Cause, LookAt
from jobs.triage.facts import Facts
from jobs.triage.finding import Finding, find
from jobs.triage.reading import facts_of


class EndedRunSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    finished = serializers.DateTimeField()


class OthersSerializer(serializers.Serializer[Any]):
    unsuccessful = serializers.IntegerField()
    of = serializers.IntegerField()
    hours = serializers.IntegerField(
        help_text="Counted are runs that ended so long before or after this one."
    )


class HistorySerializer(serializers.Serializer[Any]):
    last_successful = EndedRunSerializer(
        allow_null=True, help_text="Of the runs of its template that are looked at, up to this one."
    )
    unsuccessful_since = serializers.DateTimeField(allow_null=True)
    unsuccessful_in_a_row = serializers.IntegerField(help_text="This run among them.")
    usual_seconds = serializers.FloatField(
        allow_null=True, help_text="What 95 of 100 of the successful runs took at most."
    )
    looked_at = serializers.IntegerField(help_text="How many runs of the template, this one among them.")
    others_of_the_project = OthersSerializer(
        allow_null=True, help_text="Runs of the project's other job templates; canceled ones do not count."
    )


class StepSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    path = serializers.CharField()
    command = serializers.CharField()
    why = serializers.CharField()


class TriageSerializer(serializers.Serializer[Any]):
    cause = serializers.ChoiceField(choices=[cause.value for cause in Cause])
    look_at = serializers.ChoiceField(
        choices=[one.value for one in LookAt], help_text="Where it is most likely to be mended."
    )
    summary = serializers.CharField()
    evidence = serializers.ListField(child=serializers.CharField())
    history = HistorySerializer()
    next = StepSerializer(help_text="The one thing to read next. It changes nothing.")


class JobTriage(OneObject):
    """Why the run was not successful, most likely, with what speaks for it and the one thing to read next.

    It goes by what is on record, runs nothing again and changes nothing: whether a run is repeated people decide.
    """

    queryset = UnifiedJob.objects.filter(kind=JobKind.JOB)
    serializer_class = TriageSerializer

    @OpenApi(responses={200: TriageSerializer})
    def get(self, request: Request, pk: int) -> Response:
        facts = facts_of(self.get_object(), asker(request))
        return Response(TriageSerializer(_told(facts, find(facts))).data)


def _told(facts: Facts, finding: Finding) -> dict[str, Any]:
    history = facts.history
    first = history.first_unsuccessful
    return {
        "cause": finding.cause,
        "look_at": finding.look_at,
        "summary": finding.summary,
        "evidence": finding.evidence,
        "history": {
            "last_successful": history.last_successful,
            "unsuccessful_since": first and first.finished,
            "unsuccessful_in_a_row": history.unsuccessful_in_a_row,
            "usual_seconds": history.usual_seconds,
            "looked_at": history.looked_at,
            "others_of_the_project": facts.others,
        },
        "next": finding.next,
    }
