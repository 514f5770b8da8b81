"""What can be launched: AWX's unified job templates, with HTTP as the work."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from access.models import CommonModel, Organization
from credentials.models import Credential
from instances.models import ExecutionEnvironment, InstanceGroup
from inventories.models import Group, Host, Inventory
from jobs.models.labels import Label
from jobs.models.policies import WithRunPolicy
from jobs.models.run_state import WithRunState
from jobs.models.webhooks import Webhooked
from jobs.statuses import BreakerPolicy, JobType, OverlapPolicy, Status, TemplateKind


class UnifiedJobTemplate(WithRunState, CommonModel):
    """Anything that can be launched and scheduled. Each kind adds a table of its own (ids are shared, as in AWX)."""

    kind = models.CharField(max_length=32, choices=TemplateKind.choices, editable=False)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    labels = models.ManyToManyField(Label, blank=True, related_name="unified_job_templates")
    # Kept and given back, without effect.
    execution_environment = models.ForeignKey(
        ExecutionEnvironment,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="unified_job_templates",
    )
    # How many of its runs are kept (jobs/history.py); null for all.
    successful_history_limit = models.PositiveIntegerField(null=True, blank=True)
    failed_history_limit = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        indexes: ClassVar = [
            # Read by whoever deletes what is beyond.
            models.Index(
                fields=["id"],
                condition=Q(successful_history_limit__isnull=False) | Q(failed_history_limit__isnull=False),
                name="template_history_limited",
            ),
        ]
        constraints: ClassVar = [
            # Names of these are unique within what they belong to: an inventory, a workflow.
            models.UniqueConstraint(
                fields=["kind", "organization", "name"],
                condition=~Q(
                    kind__in=[TemplateKind.INVENTORY_SOURCE, TemplateKind.WORKFLOW_APPROVAL_TEMPLATE]
                ),
                name="template_name_unique",
            ),
        ]


class Project(UnifiedJobTemplate):
    """A service that owns endpoints: `scm_url` is its base URL."""

    class SourceType(models.TextChoices):
        MANUAL = "", "Manual"
        GIT = "git", "Git"
        SVN = "svn", "Subversion"
        INSIGHTS = "insights", "Red Hat Insights"
        ARCHIVE = "archive", "Remote Archive"

    template = models.OneToOneField(
        UnifiedJobTemplate,
        parent_link=True,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="as_project",
    )
    scm_url = models.CharField(max_length=1024, blank=True, default="")
    # Where the catalogue is: a path under `scm_url`, a whole URL, or empty for `scm_url` itself where there is one.
    catalog_url = models.CharField(max_length=1024, blank=True, default="")
    # A hash of the document that was read last; empty until one was.
    scm_revision = models.CharField(max_length=64, blank=True, default="", editable=False)
    # How the last update ended that made its call; written with the end of that run.
    update_status = models.CharField(
        max_length=20, choices=Status.choices, blank=True, default="", editable=False
    )

    # Limits of the calls that its job templates make, of all workers together; 0 for none.
    max_concurrent_calls = models.PositiveIntegerField(blank=True, default=0)
    max_calls_per_second = models.PositiveIntegerField(blank=True, default=0)
    # Its circuit breaker: how many failures one after the other open it (0: none), and for how many seconds.
    breaker_threshold = models.PositiveIntegerField(blank=True, default=0)
    breaker_cooldown = models.PositiveIntegerField(blank=True, default=60)
    breaker_policy = models.CharField(max_length=8, choices=BreakerPolicy.choices, default=BreakerPolicy.WAIT)

    # AWX's settings of a checkout: kept and given back unchanged, without effect.
    local_path = models.CharField(max_length=1024, blank=True, default="")
    scm_type = models.CharField(max_length=8, choices=SourceType.choices, blank=True, default="")
    scm_branch = models.CharField(max_length=256, blank=True, default="")
    scm_refspec = models.CharField(max_length=1024, blank=True, default="")
    scm_clean = models.BooleanField(default=False)
    scm_track_submodules = models.BooleanField(default=False)
    scm_delete_on_update = models.BooleanField(default=False)
    scm_update_on_launch = models.BooleanField(default=False)
    scm_update_cache_timeout = models.PositiveIntegerField(blank=True, default=0)
    allow_override = models.BooleanField(default=False)
    default_environment = models.ForeignKey(
        ExecutionEnvironment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    timeout = models.IntegerField(blank=True, default=0)

    class Meta:
        # AWX's: in the order in which they were made.
        ordering = ["id"]

    @property
    def has_catalogue(self) -> bool:
        """Whether there is something to fetch; a project without is what AWX calls a manual one."""
        return bool(self.catalog_url or self.scm_type)

    @property
    def has_limits(self) -> bool:
        return bool(self.max_concurrent_calls or self.max_calls_per_second or self.breaker_threshold)


class Catalogue(models.Model):
    """The endpoints that a project's document named last. A table of its own: lists of projects do not read it."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="catalogue"
    )
    # Path or URL → the methods that the document names for it, which may be none.
    endpoints = models.JSONField(default=dict)
    fetched = models.DateTimeField()

    def __str__(self) -> str:
        return f"catalogue of project {self.project_id}"


class Prompting(models.Model):
    """What job templates and workflow job templates have in common: prompts, switches for them, and a survey."""

    inventory = models.ForeignKey(
        Inventory, null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss"
    )
    limit = models.TextField(blank=True, default="")
    scm_branch = models.CharField(max_length=1024, blank=True, default="")
    job_tags = models.TextField(blank=True, default="")
    skip_tags = models.TextField(blank=True, default="")
    extra_vars = models.TextField(blank=True, default="")

    survey_enabled = models.BooleanField(default=False)
    # {"name", "description", "spec": [question, …]}; defaults of password questions are encrypted (jobs/surveys.py).
    survey_spec = models.JSONField(blank=True, default=dict, editable=False)

    ask_variables_on_launch = models.BooleanField(blank=True, default=False)
    ask_inventory_on_launch = models.BooleanField(blank=True, default=False)
    ask_limit_on_launch = models.BooleanField(blank=True, default=False)
    ask_scm_branch_on_launch = models.BooleanField(blank=True, default=False)
    ask_labels_on_launch = models.BooleanField(blank=True, default=False)
    ask_tags_on_launch = models.BooleanField(blank=True, default=False)
    ask_skip_tags_on_launch = models.BooleanField(blank=True, default=False)

    class Meta:
        abstract = True

    @staticmethod
    def of(template: Any) -> "Prompting | None":
        """The template as one of these, if its kind is."""
        return template if isinstance(template, Prompting) else None

    @property
    def questions(self) -> list[dict[str, Any]]:
        """Those of the survey; none while it is switched off."""
        spec: list[dict[str, Any]] = self.survey_spec.get("spec", []) if self.survey_enabled else []
        return spec


class InventorySource(UnifiedJobTemplate):
    """Where hosts come from: a JSON feed, from which an update brings an inventory up to date."""

    class Source(models.TextChoices):
        FILE = "file", "File, Directory or Script"
        CONSTRUCTED = "constructed", "Template additional groups and hostvars at runtime"
        SCM = "scm", "Sourced from a Project"
        EC2 = "ec2", "Amazon EC2"
        GCE = "gce", "Google Compute Engine"
        AZURE_RM = "azure_rm", "Microsoft Azure Resource Manager"
        VMWARE = "vmware", "VMware vCenter"
        SATELLITE6 = "satellite6", "Red Hat Satellite 6"
        OPENSTACK = "openstack", "OpenStack"
        RHV = "rhv", "Red Hat Virtualization"
        CONTROLLER = "controller", "Red Hat Ansible Automation Platform"
        INSIGHTS = "insights", "Red Hat Insights"
        TERRAFORM = "terraform", "Terraform State"
        OPENSHIFT = "openshift_virtualization", "OpenShift Virtualization"
        SATELLITE6_SUPPORTED = "satellite6_supported", "Red Hat Satellite 6 (supported)"
        RHV_SUPPORTED = "rhv_supported", "Red Hat Virtualization (supported)"
        CONTROLLER_SUPPORTED = "controller_supported", "Red Hat Ansible Automation Platform (supported)"
        INSIGHTS_SUPPORTED = "insights_supported", "Red Hat Insights (supported)"
        OPENSHIFT_SUPPORTED = "openshift_virtualization_supported", "OpenShift Virtualization (supported)"

    class Verbosity(models.IntegerChoices):
        WARNING = 0, "0 (WARNING)"
        INFO = 1, "1 (INFO)"
        DEBUG = 2, "2 (DEBUG)"

    template = models.OneToOneField(
        UnifiedJobTemplate,
        parent_link=True,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="as_inventory_source",
    )
    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="inventory_sources")
    source = models.CharField(max_length=64, choices=Source.choices)
    # Of source `scm`: the feed is at `source_path` under this project's base URL.
    source_project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="scm_inventory_sources"
    )
    source_path = models.CharField(max_length=1024, blank=True, default="")
    # Of any source: where the feed is.
    feed_url = models.CharField(max_length=1024, blank=True, default="")
    credentials = models.ManyToManyField(Credential, blank=True, related_name="inventory_sources")
    timeout = models.IntegerField(blank=True, default=0)

    # A host is enabled whose variable of this name (dotted) has this value, or any true one where none is given.
    enabled_var = models.TextField(blank=True, default="")
    enabled_value = models.TextField(blank=True, default="")
    # Only hosts whose name this regular expression matches are taken.
    host_filter = models.TextField(blank=True, default="")
    # Whether what the feed no longer names goes, and whether its variables replace others than its own.
    overwrite = models.BooleanField(default=False)
    overwrite_vars = models.BooleanField(default=False)
    # What the last update found; not to be deleted with it.
    hosts = models.ManyToManyField(Host, blank=True, related_name="inventory_sources", editable=False)
    groups = models.ManyToManyField(Group, blank=True, related_name="inventory_sources", editable=False)

    # AWX's settings of an inventory plugin: kept and given back unchanged, without effect.
    source_vars = models.TextField(blank=True, default="")
    scm_branch = models.CharField(max_length=1024, blank=True, default="")
    limit = models.TextField(blank=True, default="")
    verbosity = models.PositiveIntegerField(choices=Verbosity.choices, blank=True, default=Verbosity.INFO)
    update_on_launch = models.BooleanField(default=False)
    update_cache_timeout = models.PositiveIntegerField(blank=True, default=0)

    class Meta:
        ordering = ["name", "id"]


class JobTemplate(UnifiedJobTemplate, Prompting, Webhooked, WithRunPolicy):  # noqa: DJ008 (it inherits one)
    """One HTTP request: what is called, with what, and what counts as success."""

    class Method(models.TextChoices):
        GET = "GET"
        HEAD = "HEAD"
        POST = "POST"
        PUT = "PUT"
        PATCH = "PATCH"
        DELETE = "DELETE"

    class Verbosity(models.IntegerChoices):
        NORMAL = 0, "0 (Normal)"
        VERBOSE = 1, "1 (Verbose)"
        MORE_VERBOSE = 2, "2 (More Verbose)"
        DEBUG = 3, "3 (Debug)"
        CONNECTION_DEBUG = 4, "4 (Connection Debug)"
        WINRM_DEBUG = 5, "5 (WinRM Debug)"

    template = models.OneToOneField(
        UnifiedJobTemplate,
        parent_link=True,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="as_job_template",
    )
    job_type = models.CharField(max_length=64, choices=JobType.choices, default=JobType.RUN)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="job_templates"
    )

    credentials = models.ManyToManyField(Credential, blank=True, related_name="job_templates")
    instance_groups = models.ManyToManyField(
        InstanceGroup, through="JobTemplateGroup", blank=True, related_name="job_templates"
    )

    endpoint = models.CharField(max_length=1024, blank=True, default="")
    http_method = models.CharField(max_length=10, choices=Method.choices, default=Method.POST)
    # Values of headers that carry secrets are stored by credentials.encryption.
    http_headers = models.JSONField(blank=True, default=dict)
    # None stands for the default body: the parameters and what Belfry says of the run.
    http_body = models.JSONField(null=True, blank=True, default=None)
    success_status = models.CharField(max_length=200, default="200-299")
    success_json = models.JSONField(blank=True, default=dict)
    verify_ssl = models.BooleanField(default=True)
    follow_redirects = models.BooleanField(default=False)
    timeout = models.IntegerField(blank=True, default=0)

    overlap_policy = models.CharField(
        max_length=8, choices=OverlapPolicy.choices, default=OverlapPolicy.QUEUE
    )
    # How many runs may wait in the queue; 0 for any number.
    overlap_limit = models.PositiveIntegerField(blank=True, default=0)
    # AWX's switch, for lookups: the policy is what is stored.
    allow_simultaneous = models.GeneratedField(
        expression=Q(overlap_policy=OverlapPolicy.ALLOW.value),  # type: ignore[arg-type]  # the stubs leave Q out
        output_field=models.BooleanField(),
        db_persist=True,
    )

    # AWX's settings of an Ansible run: kept and given back unchanged, without effect on an HTTP call.
    forks = models.PositiveIntegerField(blank=True, default=0)
    verbosity = models.PositiveIntegerField(choices=Verbosity.choices, blank=True, default=Verbosity.NORMAL)
    start_at_task = models.CharField(max_length=1024, blank=True, default="")
    force_handlers = models.BooleanField(blank=True, default=False)
    use_fact_cache = models.BooleanField(default=False)
    host_config_key = models.CharField(max_length=1024, blank=True, default="")
    become_enabled = models.BooleanField(default=False)
    diff_mode = models.BooleanField(default=False)
    job_slice_count = models.PositiveIntegerField(blank=True, default=1)
    prevent_instance_group_fallback = models.BooleanField(default=False)

    ask_job_type_on_launch = models.BooleanField(blank=True, default=False)
    ask_timeout_on_launch = models.BooleanField(blank=True, default=False)
    ask_forks_on_launch = models.BooleanField(blank=True, default=False)
    ask_verbosity_on_launch = models.BooleanField(blank=True, default=False)
    ask_diff_mode_on_launch = models.BooleanField(blank=True, default=False)
    ask_job_slice_count_on_launch = models.BooleanField(blank=True, default=False)
    ask_credential_on_launch = models.BooleanField(blank=True, default=False)
    ask_execution_environment_on_launch = models.BooleanField(blank=True, default=False)
    ask_instance_groups_on_launch = models.BooleanField(blank=True, default=False)

    class Meta:
        ordering = ["name", "id"]


class SystemJobTemplate(UnifiedJobTemplate):
    """A kind of housekeeping (jobs/housekeeping.py). There is one of each; nobody makes or changes them."""

    class JobType(models.TextChoices):
        CLEANUP_JOBS = "cleanup_jobs", "Remove jobs older than a certain number of days"
        CLEANUP_ACTIVITY = (
            "cleanup_activitystream",
            "Remove activity stream entries older than a certain number of days",
        )
        CLEANUP_SESSIONS = "cleanup_sessions", "Removes expired browser sessions from the database"
        CLEANUP_TOKENS = "cleanup_tokens", "Removes expired OAuth 2 access tokens and refresh tokens"

    template = models.OneToOneField(
        UnifiedJobTemplate,
        parent_link=True,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="as_system_job_template",
    )
    job_type = models.CharField(max_length=32, choices=JobType.choices, unique=True)

    class Meta:
        ordering = ["name", "id"]


class JobTemplateGroup(models.Model):
    """An instance group of a job template; which was attached first is asked first."""

    job_template = models.ForeignKey(JobTemplate, on_delete=models.CASCADE, related_name="group_places")
    instance_group = models.ForeignKey(
        InstanceGroup, on_delete=models.CASCADE, related_name="job_template_places"
    )

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["job_template", "instance_group"], name="job_template_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.instance_group_id} of job template {self.job_template_id}"
