from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "workflows"

    def ready(self) -> None:
        # Models can be imported only now.
        from jobs.rotation import Place, defaults_of_survey, key_of_webhook, places  # noqa: PLC0415
        from workflows import receivers  # noqa: F401, PLC0415
        from workflows.models import (  # noqa: PLC0415
            WorkflowJobNode,
            WorkflowJobTemplate,
            WorkflowJobTemplateNode,
        )
        from workflows.roles import register_kinds_and_rules  # noqa: PLC0415

        register_kinds_and_rules()
        places.append(Place("workflow_job_template", WorkflowJobTemplate, "survey_spec", defaults_of_survey))
        places.append(Place("workflow_job_template", WorkflowJobTemplate, "webhook_key", key_of_webhook))
        for node in (WorkflowJobTemplateNode, WorkflowJobNode):
            places.append(Place(str(node._meta.verbose_name), node, "extra_data", node.secret_holders))
