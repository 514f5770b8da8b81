"""How runs went on hosts, in AWX's counts: each host of a run is called once, so each count is 0 or 1."""

from collections import Counter

from django.db.models import BooleanField, Case, Count, IntegerField, Q, QuerySet, Value, When

from jobs.models import JobHostSummary, UnifiedJob
from jobs.statuses import Outcome

# Ansible's word for hosts that cannot be reached.
DARK = (Outcome.CONNECT, Outcome.TLS, Outcome.TIMEOUT)
# Ansible has more ways to end than a call has.
NEVER = ("changed", "processed", "skipped", "ignored", "rescued")
COUNTS = ("changed", "dark", "failures", "ok", "processed", "skipped", "ignored", "rescued")
COMPUTED = (*COUNTS, "failed")

_OK = Q(outcome=Outcome.SUCCESS)
_DARK = Q(outcome__in=DARK)


def with_counts(summaries: QuerySet[JobHostSummary]) -> QuerySet[JobHostSummary]:
    """Each with the names in COMPUTED."""
    counted = {"ok": _OK, "dark": _DARK, "failures": ~_OK & ~_DARK}
    return summaries.annotate(
        **{name: Value(0, IntegerField()) for name in NEVER},
        **{name: _one_if(condition) for name, condition in counted.items()},
        failed=Case(When(_OK, then=Value(False)), default=Value(True), output_field=BooleanField()),  # noqa: FBT003
    )


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def status_counts(run: UnifiedJob) -> dict[str, int]:
    """How many hosts a run ended how on: AWX's words, only those that occur."""
    counts: Counter[str] = Counter()
    outcomes = JobHostSummary.objects.order_by().filter(job=run).values("outcome")
    for row in outcomes.annotate(number=Count("pk")):
        counts[_word(row["outcome"])] += row["number"]
    return dict(counts)


def _word(outcome: str) -> str:
    if outcome == Outcome.SUCCESS:
        return "ok"
    return "dark" if outcome in DARK else "failures"


def failed_hosts(run: UnifiedJob) -> list[str]:
    """The names of the hosts on which a run failed, in the order of its calls."""
    failed = JobHostSummary.objects.filter(job=run).exclude(_OK)
    return list(failed.order_by("number").values_list("host_name", flat=True))
