from django.apps import AppConfig
from django.db.models.signals import pre_delete


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        # Models can be imported once all apps are known.
        from access.rules import register  # noqa: PLC0415
        from api import text_index  # noqa: PLC0415
        from instances.models import InstanceGroup  # noqa: PLC0415
        from jobs.figures import breaker_figures, run_figures  # noqa: PLC0415
        from jobs.labels import LabelRules  # noqa: PLC0415
        from jobs.models import Label, RunText, UnifiedJob  # noqa: PLC0415
        from jobs.placing import forget_group  # noqa: PLC0415
        from observability.figures import add_figures  # noqa: PLC0415

        add_figures(run_figures)
        add_figures(breaker_figures)
        register(Label, LabelRules())
        template = "unified_job_template"
        texts = text_index.TextIndex(RunText, "name", "name", beside=(template,), owner=template)
        text_index.register(UnifiedJob, texts)
        pre_delete.connect(forget_group, sender=InstanceGroup, dispatch_uid="runs forget instance groups")
        # Models can be imported only now.
        from jobs.roles import register_kinds_and_rules  # noqa: PLC0415

        register_kinds_and_rules()
