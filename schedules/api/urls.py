from api.routers import Router
from schedules.api.views import (
    ProjectSchedules,
    ScheduleJobs,
    SchedulePreview,
    ScheduleViewSet,
    SystemJobSchedules,
    SystemTemplateSchedules,
    TemplateSchedules,
    ZoneInfo,
)

router = Router()
router.endpoint("schedules/preview", SchedulePreview)
router.endpoint("schedules/zoneinfo", ZoneInfo)
router.sublist("schedules/<int:parent_pk>/jobs", ScheduleJobs)
router.sublist("job_templates/<int:parent_pk>/schedules", TemplateSchedules)
router.sublist("projects/<int:parent_pk>/schedules", ProjectSchedules)
router.sublist("system_job_templates/<int:parent_pk>/schedules", SystemTemplateSchedules)
router.sublist("system_jobs/<int:parent_pk>/schedules", SystemJobSchedules)
router.register("schedules", ScheduleViewSet)

urlpatterns = router.urls
