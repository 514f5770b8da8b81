"""Calendars as resources, their entries, the schedules that keep to them, and those of one schedule."""

import re
from collections.abc import Mapping
from copy import copy
from typing import IO, Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.serializers import RuledSerializer
from api.attaching import AttachSublist
from api.changes import announce_value, lock
from api.openapi import OpenApi
from api.parsers import JSONObjectParser, read
from api.views import OneObject, ReadOnlySublist, Resource, Sublist
from jobs.api.serializers.prompts import PROMPT_NAMES
from jobs.api.serializers.summaries import of_organization
from schedules import zones
from schedules.api.serializers import SCHEDULES, ScheduleSerializer
from schedules.calendar_files import LONGEST_FILE
from schedules.calendars import MOST_CALENDARS, MOST_ENTRIES, Calendar, CalendarEntry
from schedules.editing import settle
from schedules.exceptions import InvalidCalendarFile
from schedules.importing import import_entries
from schedules.models import Schedule

WALL_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
PEOPLE = ("created_by", "modified_by")
CALENDARS = Calendar.objects.select_related("organization", *PEOPLE)
ENTRIES = CalendarEntry.objects.select_related("calendar__organization", *PEOPLE)


class CalendarSerializer(RuledSerializer):
    resource = "calendars"
    object_type = "calendar"

    class Meta:
        model = Calendar
        fields: ClassVar = ["name", "description", "organization", "zone"]
        extra_kwargs: ClassVar = {
            "name": {"help_text": "Unique among the calendars of one organization."},
            "organization": {"help_text": "Whose members may attach it to schedules."},
            "zone": {"help_text": "The time zone in which its entries are read."},
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {
            "import": f"{self.get_url(obj)}import/",
            "organization": f"/api/v2/organizations/{obj.organization_id}/",
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        return super().get_summary_fields(obj) | {"organization": of_organization(obj.organization)}

    def validate_zone(self, name: str) -> str:
        if zones.find(name) is None:
            raise ValidationError(f"{name} is not the name of a time zone.")
        return name


class CalendarViewSet(Resource):
    """Named times, such as public holidays, at which the schedules that share them launch nothing."""

    queryset = CALENDARS
    serializer_class = CalendarSerializer
    named_by = (("name",), ("organization__name",))


@extend_schema_field({"type": "string", "pattern": f"^{WALL_TIME}$"})
class WallTimeField(serializers.TimeField):
    """A time of day without a zone: that of the calendar counts."""

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(WALL_TIME, value):
            self.fail("invalid", format="hh:mm[:ss]")
        return super().to_internal_value(value)


class CalendarEntrySerializer(RuledSerializer):
    resource = "calendar_entries"
    object_type = "calendar_entry"

    last_day = serializers.DateField(
        required=False, help_text="The last day, itself included; by default the first."
    )
    from_time = WallTimeField(
        required=False,
        allow_null=True,
        help_text="When it begins on the first day; null for the whole day.",
    )
    until_time = WallTimeField(
        required=False,
        allow_null=True,
        help_text="When it is over on the last day; null for the whole day.",
    )

    class Meta:
        model = CalendarEntry
        fields: ClassVar = [
            *("name", "description", "calendar", "first_day", "from_time", "last_day", "until_time"),
            "imported",
        ]
        read_only_fields: ClassVar = ["imported"]
        extra_kwargs: ClassVar = {
            "name": {"help_text": "What the ledger says of occurrences that it excludes."},
            "first_day": {"help_text": "The first day, in the calendar's zone."},
            "imported": {"help_text": "Whether it came from a file, and goes with the next one."},
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {"calendar": f"/api/v2/calendars/{obj.calendar_id}/"}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        names = ("id", "name", "description")
        return super().get_summary_fields(obj) | {
            "calendar": {name: getattr(obj.calendar, name) for name in names}
        }

    def validate_calendar(self, calendar: Calendar) -> Calendar:
        if isinstance(self.instance, CalendarEntry) and self.instance.calendar != calendar:
            raise ValidationError("An entry stays in its calendar.")
        if self.instance is None and calendar.entries.count() >= MOST_ENTRIES:
            raise ValidationError(f"A calendar may have {MOST_ENTRIES} entries.")
        return calendar

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            attrs.setdefault("last_day", attrs["first_day"])
        entry = copy(self.instance) if isinstance(self.instance, CalendarEntry) else CalendarEntry()
        entry.__dict__.pop("bounds", None)
        for name, value in attrs.items():
            setattr(entry, name, value)
        try:
            start, end = entry.bounds
        except OverflowError:
            raise ValidationError({"last_day": ["The date is out of range."]}) from None
        if start >= end:
            raise ValidationError({"__all__": ["An entry may not end before it begins."]})
        return attrs


class CalendarEntryViewSet(Resource):
    """Days, ranges of days and ranges of times at which a calendar's schedules launch nothing."""

    queryset = ENTRIES
    serializer_class = CalendarEntrySerializer


class CalendarEntries(Sublist):
    """The entries of one calendar."""

    queryset = ENTRIES
    serializer_class = CalendarEntrySerializer
    parents = Calendar.objects.all()
    parent_relation: ClassVar[str] = "calendar"
    parent_field: ClassVar[str] = "calendar"


class CalendarSchedules(ReadOnlySublist):
    """The schedules that keep to one calendar."""

    queryset = SCHEDULES
    serializer_class = ScheduleSerializer
    unfilterable = PROMPT_NAMES
    parents = Calendar.objects.all()
    parent_relation: ClassVar[str] = "calendars"


class ScheduleCalendars(AttachSublist):
    """The calendars that one schedule keeps to: nothing is launched for what is due at their times."""

    queryset = CALENDARS
    serializer_class = CalendarSerializer
    parents = Schedule.objects.select_related("unified_job_template")
    parent_relation: ClassVar[str] = "schedules"
    relation = "calendars"
    creates = False

    def check_attach(self, parent: Any, child: Calendar) -> None:
        if parent.calendars.count() >= MOST_CALENDARS:
            raise ValidationError({"msg": f"A schedule may have {MOST_CALENDARS} calendars."})

    def attach(self, parent: Any, child: Any) -> None:
        settle(parent)
        super().attach(parent, child)

    def detach(self, parent: Any, child: Any) -> None:
        settle(parent)
        super().detach(parent, child)


class CalendarFileParser(BaseParser):
    """An iCalendar file as the body itself."""

    media_type = "text/calendar"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Mapping[str, Any]:
        return {"icalendar": read(stream, parser_context)}


class ImportSerializer(serializers.Serializer[Any]):
    icalendar = serializers.CharField(
        max_length=LONGEST_FILE,
        trim_whitespace=False,
        style={"base_template": "textarea.html"},
        help_text="The text of an iCalendar file.",
    )


class ImportedSerializer(serializers.Serializer[Any]):
    imported = serializers.IntegerField(help_text="How many entries the calendar has of the file.")
    left_out = serializers.IntegerField(
        help_text="How many events stand for none: canceled, without length, or over for more than a year."
    )


class CalendarImport(OneObject):
    """POST fills a calendar from an iCalendar file: what an earlier file put there goes, other entries stay.

    The body is the file itself (`Content-Type: text/calendar`), or JSON with its text as `icalendar`. What repeats is
    entered for the next five years.
    """

    action = "import"
    queryset = CALENDARS
    serializer_class = ImportSerializer
    parser_classes = [JSONObjectParser, CalendarFileParser]

    @OpenApi(responses={200: ImportedSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        calendar = self.get_object()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        lock(Calendar.objects.filter(pk=pk))
        before = calendar.entries.filter(imported=True).count()
        try:
            imported, left_out = import_entries(
                calendar, given.validated_data["icalendar"], now=timezone.now()
            )
        except InvalidCalendarFile as error:
            raise ValidationError({"icalendar": [str(error)]}) from None
        announce_value(request, calendar, "imported entries", before, imported)
        return Response({"imported": imported, "left_out": left_out})
