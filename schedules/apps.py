from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "schedules"

    def ready(self) -> None:
        # Models can be imported only now.
        from access.rules import register  # noqa: PLC0415
        from api import text_index  # noqa: PLC0415
        from jobs.housekeeping import JobType, add_companion, add_sweep  # noqa: PLC0415
        from jobs.rotation import Place, places  # noqa: PLC0415
        from observability.figures import add_figures  # noqa: PLC0415
        from schedules import receivers  # noqa: F401, PLC0415
        from schedules.calendar_rules import CalendarEntryRules, CalendarRules  # noqa: PLC0415
        from schedules.calendars import Calendar, CalendarEntry  # noqa: PLC0415
        from schedules.figures import tick_figures  # noqa: PLC0415
        from schedules.housekeeping import (  # noqa: PLC0415
            delete_occurrences_of,
            sweep_backfills,
            sweep_occurrences,
        )
        from schedules.models import Backfill, Occurrence, Schedule, ScheduleText  # noqa: PLC0415
        from schedules.rules import BackfillRules, OccurrenceRules, ScheduleRules  # noqa: PLC0415

        register(Schedule, ScheduleRules())
        register(Backfill, BackfillRules())
        register(Occurrence, OccurrenceRules())
        register(Calendar, CalendarRules())
        register(CalendarEntry, CalendarEntryRules())
        texts = text_index.TextIndex(
            ScheduleText,
            "schedule_id",
            "id",
            relation="text",
            beside=("unified_job_template", "enabled"),
            indexed_there=("name", "created", "modified"),
            owner="unified_job_template",
        )
        text_index.register(Schedule, texts)
        add_figures(tick_figures)
        add_companion(delete_occurrences_of)
        add_sweep(JobType.CLEANUP_JOBS, sweep_occurrences)
        add_sweep(JobType.CLEANUP_JOBS, sweep_backfills)
        places.append(Place("schedule", Schedule, "extra_data", Schedule.secret_holders))
