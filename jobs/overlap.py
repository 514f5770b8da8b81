"""What a launch does while an earlier run of its template is still going: its overlap policy.

Launches by schedules, by people and by webhooks are decided here. A step of a workflow always has its run: it waits,
unless the policy allows it to run beside others. How long a run waits is decided by jobs.execution.admission.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.db.models import Count, Min

from jobs.canceling import cancel_runs_of
from jobs.locks import LET_GO_WHEN_IDLE
from jobs.models import JobTemplate, UnifiedJob, UnifiedJobTemplate
from jobs.statuses import ACTIVE, OverlapPolicy

_LOCK = f"""
SELECT id, {LET_GO_WHEN_IDLE} FROM jobs_unifiedjobtemplate WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 (only our own words are put in)

REPLACED = "Replaced by a later run of its template, as the overlap policy says."


@dataclass(frozen=True, slots=True)
class Overlap:
    """A launch's policy; of a queue, how many runs may wait in it (0 for any number)."""

    policy: OverlapPolicy
    limit: int = 0

    @property
    def asks(self) -> bool:
        """Whether it depends on the runs that are going; of the others those that wait are simply admitted later."""
        return self.policy in (OverlapPolicy.SKIP, OverlapPolicy.REPLACE) or (
            self.policy == OverlapPolicy.QUEUE and self.limit > 0
        )

    def refusal(self, going: "Going") -> str:
        """Why a run is not launched beside those that are going; empty where it is."""
        if self.policy == OverlapPolicy.SKIP and going.number:
            return f"{going} is still going, and the overlap policy is to skip."
        if self.policy == OverlapPolicy.QUEUE and 0 < self.limit < going.number:
            return f"{going} is still going, and no more than {self.limit} may wait for it."
        return ""


@dataclass(slots=True)
class Going:
    """The runs of a template that have not ended, those that are about to be saved among them."""

    number: int = 0
    first: int | None = None

    def __str__(self) -> str:
        return f"Job {self.first} of this template" if self.first else "Another job of this template"


def overlap_of(template: UnifiedJobTemplate, run: UnifiedJob) -> Overlap:
    """The policy of `template`, which is of its own class and of which `run` was built."""
    if isinstance(template, JobTemplate):
        return overlap(template.overlap_policy, template.overlap_limit)
    return overlap(OverlapPolicy.ALLOW if run.allow_simultaneous else OverlapPolicy.QUEUE, 0)


@lru_cache
def overlap(policy: str, limit: int) -> Overlap:
    """What is stored; most launches of a tick have the same."""
    return Overlap(OverlapPolicy(policy), limit)


def settle(launches: Sequence[tuple[UnifiedJob, Overlap]]) -> list[str]:
    """Decide which of these runs, in their order, may be saved: for each "", or why it may not.

    To be called in the transaction that saves them. Until that has ended, nobody else decides about the same
    templates. What is to be replaced is canceled. A constant number of statements; none where no policy asks.
    """
    for run, overlap in launches:
        run.allow_simultaneous = overlap.policy == OverlapPolicy.ALLOW
    asking = {run.unified_job_template_id for run, overlap in launches if overlap.asks}
    going = _going({pk for pk in asking if pk is not None}) if asking else {}
    refusals = [""] * len(launches)
    to_replace: set[int] = set()
    made: dict[int, list[int]] = {}
    for place, (run, overlap) in enumerate(launches):
        template = run.unified_job_template_id
        if template is None or template not in going:
            continue
        if overlap.policy == OverlapPolicy.REPLACE:
            to_replace.add(template)
            for earlier in made.pop(template, []):
                refusals[earlier] = REPLACED
            going[template] = Going()
        refusals[place] = overlap.refusal(going[template])
        if not refusals[place]:
            going[template].number += 1
            made.setdefault(template, []).append(place)
    if to_replace:
        cancel_runs_of(to_replace, explanation=REPLACED)
    return refusals


def _going(templates: Collection[int]) -> dict[int, Going]:
    """By template, locked for decisions. They are counted after the lock, hence two statements."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(templates)])
        going = {row[0]: Going() for row in cursor.fetchall()}
    active = UnifiedJob.objects.filter(unified_job_template__in=going, status__in=ACTIVE).order_by()
    # Slices are their workflow job's.
    active = active.exclude(prompts__has_key="job_slice_number")
    counted = active.values_list("unified_job_template").annotate(Count("pk"), Min("pk"))
    for template, number, first in counted:
        going[template] = Going(number, first)
    return going
