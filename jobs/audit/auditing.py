"""The audit of templates: each property is judged from the facts. It only reads: what is changed people decide."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from access.models import User
from jobs.audit.bounded_runtime import bounded_runtime
from jobs.audit.facts import Facts
from jobs.audit.failure_alerting import failure_alerting
from jobs.audit.findings import Finding, Property, Verdict, worst
from jobs.audit.idempotency import idempotency
from jobs.audit.observability import observability
from jobs.audit.reading import facts_of
from jobs.audit.singleton import singleton
from jobs.kinds import own_of
from jobs.models import UnifiedJobTemplate

RULES: dict[Property, Callable[[Facts], Finding]] = {
    Property.IDEMPOTENCY: idempotency,
    Property.SINGLETON: singleton,
    Property.BOUNDED_RUNTIME: bounded_runtime,
    Property.FAILURE_ALERTING: failure_alerting,
    Property.OBSERVABILITY: observability,
}


@dataclass(frozen=True, slots=True)
class Audit:
    template: UnifiedJobTemplate
    facts: Facts
    findings: dict[Property, Finding]

    @property
    def verdict(self) -> Verdict:
        """That of the property which is worst off."""
        return worst(finding.verdict for finding in self.findings.values())


def audit(templates: Iterable[UnifiedJobTemplate], user: User, *, now: datetime) -> list[Audit]:
    """In their order, for a user who may read them; rows of jobs.kinds.TemplatesWithOwn.

    Those that are gone meanwhile are left out. A constant number of statements.
    """
    rows = [(row, own) for row in templates if (own := own_of(row)) is not None]
    facts = facts_of([own for _, own in rows], user, now=now)
    return [Audit(row, facts[row.pk], judge(facts[row.pk])) for row, _ in rows]


def judge(facts: Facts) -> dict[Property, Finding]:
    return {name: rule(facts) for name, rule in RULES.items()}
