from access.api.activity import show_owner
from api.routers import Router
from jobs.audit.reading import add_source
from jobs.kinds import launchable_kinds
from jobs.statuses import TemplateKind
from schedules.api.attached import ScheduleCredentials, ScheduleGroups, ScheduleLabels
from schedules.api.backfills import (
    BackfillCancel,
    BackfillJobs,
    BackfillViewSet,
    ScheduleBackfill,
    ScheduleBackfills,
)
from schedules.api.calendars import (
    CalendarEntries,
    CalendarEntryViewSet,
    CalendarImport,
    CalendarSchedules,
    CalendarViewSet,
    ScheduleCalendars,
)
from schedules.api.crontab import CrontabImport
from schedules.api.forecast import Forecast, ForecastClashes, QuietSpans
from schedules.api.from_runs import JobCreateSchedule
from schedules.api.occurrences import ScheduleOccurrence, ScheduleOccurrences
from schedules.api.previews import SchedulePreview, StoredPreview
from schedules.api.rollback import ScheduleRollback
from schedules.api.views import ScheduleJobs, ScheduleViewSet, SystemJobSchedules, ZoneInfo, schedules_of
from schedules.audit_facts import known_of_schedules

show_owner("schedule", "unified_job_template", with_path=True)

add_source(known_of_schedules)

router = Router()
router.endpoint("jobs/<int:pk>/create_schedule", JobCreateSchedule)
router.endpoint("schedules/preview", SchedulePreview)
router.endpoint("schedules/crontab", CrontabImport)
router.endpoint("schedules/<int:pk>/preview", StoredPreview)
router.endpoint("schedules/<int:pk>/rollback", ScheduleRollback)
router.endpoint("schedules/zoneinfo", ZoneInfo)
router.sublist("schedules/<int:parent_pk>/jobs", ScheduleJobs)
router.sublist("system_jobs/<int:parent_pk>/schedules", SystemJobSchedules)
router.sublist("schedules/<int:parent_pk>/credentials", ScheduleCredentials)
router.sublist("schedules/<int:parent_pk>/labels", ScheduleLabels)
router.sublist("schedules/<int:parent_pk>/instance_groups", ScheduleGroups)
router.sublist("schedules/<int:parent_pk>/calendars", ScheduleCalendars)
router.sublist("schedules/<int:parent_pk>/occurrences", ScheduleOccurrences)
router.endpoint("schedules/<int:pk>/occurrences/<int:number>", ScheduleOccurrence)
router.endpoint("forecast", Forecast, name="forecast")
router.endpoint("forecast/clashes", ForecastClashes)
router.endpoint("forecast/quiet", QuietSpans)
router.endpoint("calendars/<int:pk>/import", CalendarImport)
router.sublist("calendars/<int:parent_pk>/entries", CalendarEntries)
router.sublist("calendars/<int:parent_pk>/schedules", CalendarSchedules)
for kind in launchable_kinds():
    if kind.name != TemplateKind.WORKFLOW_APPROVAL_TEMPLATE:
        router.sublist(f"{kind.name}s/<int:parent_pk>/schedules", schedules_of(kind))
router.endpoint("schedules/<int:pk>/backfill", ScheduleBackfill)
router.sublist("schedules/<int:parent_pk>/backfills", ScheduleBackfills)
router.endpoint("backfills/<int:pk>/cancel", BackfillCancel)
router.sublist("backfills/<int:parent_pk>/jobs", BackfillJobs)
router.register("schedules", ScheduleViewSet)
router.register("backfills", BackfillViewSet)
router.register("calendars", CalendarViewSet)
router.register("calendar_entries", CalendarEntryViewSet)

urlpatterns = router.urls
