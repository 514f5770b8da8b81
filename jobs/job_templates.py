"""Job templates as what can be launched: a run of one makes its call."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from credentials.models import Credential
from inventories.querysets import WITH_TOTALS
from jobs.attaching import merged
from jobs.endpoints import is_absolute, misfits
from jobs.exceptions import CannotLaunch
from jobs.kinds import LaunchableKind
from jobs.models import JobTemplate, UnifiedJob
from jobs.policies import RunPolicy
from jobs.prompts import LaunchAnswers
from jobs.slices import WHOLE
from jobs.statuses import Completion, JobKind, JobType, OverlapPolicy, TemplateKind


class JobTemplateKind(LaunchableKind):
    name = TemplateKind.JOB_TEMPLATE
    job_kind = JobKind.JOB
    model = JobTemplate
    serializer = "jobs.api.serializers.job_templates.JobTemplateSerializer"
    job_serializer = "jobs.api.serializers.jobs.JobListSerializer"
    relations = ("project__default_environment", "webhook_credential__credential_type")
    lists = ("credentials__credential_type", WITH_TOTALS)
    events = "job_events"

    def for_launch(self) -> QuerySet[Any]:
        return JobTemplate.objects.select_related(
            "project__service", "organization", "inventory"
        ).prefetch_related(
            "credentials__credential_type",
            "labels",
            "group_places",
            "inventory__group_places",
            "organization__group_places",
        )

    def missing(self, template: JobTemplate) -> list[str]:
        if not template.endpoint:
            return ["Job Template endpoint is missing or undefined."]
        if not is_absolute(template.endpoint) and not (template.project and template.project.scm_url):
            return [
                "Job Template endpoint is a path, and no project with a base URL (scm_url) says where it leads."
            ]
        unfit = misfits_of(template, has_inventory=template.inventory_id is not None)
        return [sentence for sentences in unfit.values() for sentence in sentences]

    def build(self, template: JobTemplate, answers: LaunchAnswers) -> UnifiedJob:
        unfit = misfits_of(template, has_inventory=answers.prompts.get("inventory") is not None)
        if unfit:
            raise CannotLaunch(unfit)
        prompts = answers.values(template)
        credentials = merged(template.credentials.all(), answers.credentials)
        allow_simultaneous = template.overlap_policy == OverlapPolicy.ALLOW
        if _is_to_be_cut(template, answers):
            return UnifiedJob(
                kind=JobKind.WORKFLOW_JOB,
                is_sliced_job=True,
                extra_vars=answers.variables(template),
                request={
                    "credentials": [credential.pk for credential in credentials],
                    "policy_overrides": dict(answers.run_policy),
                },
                prompts=prompts,
                allow_simultaneous=allow_simultaneous,
            )
        job_type, timeout = prompts.pop("job_type"), prompts.pop("timeout")
        own = answers.slice or WHOLE
        return UnifiedJob(
            job_type=job_type or JobType.RUN,
            extra_vars=answers.variables(template),
            request=request_of(template, credentials, answers.run_policy),
            prompts=prompts | {"job_slice_count": 1} | own.as_prompts(),
            timeout=timeout,
            # The slices of one run go together.
            allow_simultaneous=allow_simultaneous or own != WHOLE,
        )


def _is_to_be_cut(template: JobTemplate, answers: LaunchAnswers) -> bool:
    has_inventory = answers.prompts.get("inventory") is not None or template.inventory_id is not None
    return answers.slice is None and has_inventory and answers.values(template)["job_slice_count"] > 1


def misfits_of(template: JobTemplate, *, has_inventory: bool) -> dict[str, list[str]]:
    """What runs of `template` would ask for that its endpoint cannot do: by field, in words."""
    return misfits(
        template.project.scm_url if template.project else "",
        template.endpoint,
        has_inventory=has_inventory,
        awaits_reports=template.completion == Completion.CALLBACK,
    )


def request_of(
    template: JobTemplate,
    credentials: Iterable[Credential] = (),
    run_policy: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """What a run keeps of its template to make the call. Secret header values stay encrypted.

    `run_policy` is what is said otherwise than by the template's own policy: a relaunch says the same.
    Of credentials it keeps the ids: they are opened when the call is made.
    """
    return {
        "base_url": template.project.scm_url if template.project else "",
        "endpoint": template.endpoint,
        "method": template.http_method,
        "headers": template.http_headers,
        "body": template.http_body,
        "success_status": template.success_status,
        "success_json": template.success_json,
        "verify_ssl": template.verify_ssl,
        "follow_redirects": template.follow_redirects,
        "credentials": [credential.pk for credential in credentials],
        "policy": RunPolicy.of_template(template, run_policy).as_dict(),
        "policy_overrides": dict(run_policy),
    }
