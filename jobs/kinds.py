"""The kinds of unified job template, each with what differs between them: how it is read, launched and opened to users.

An app names its kinds in its `ready`. Launching, the poller, schedules and the mixed lists go through this registry
and know no kind by name.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.query import ModelIterable

from access.models import User
from access.roles import EXECUTE, READ, holding, holds, holds_somewhere, kind_named
from inventories.querysets import WITH_TOTALS
from jobs.models import UnifiedJob, UnifiedJobTemplate
from jobs.statuses import JobKind, TemplateKind

if TYPE_CHECKING:
    from jobs.prompts import LaunchAnswers


class LaunchableKind:
    """One kind of unified job template, and the kind of run that a launch of it makes.

    `template` is always an object of the kind's own class.
    """

    name: ClassVar[TemplateKind]
    job_kind: ClassVar[JobKind]
    model: ClassVar[type[UnifiedJobTemplate]]
    # Dotted paths of the serializers that show a template and a run of it in mixed lists.
    serializer: ClassVar[str]
    job_serializer: ClassVar[str]
    # What of the template's own relations its serializer reads, for `select_related` and `prefetch_related`.
    relations: ClassVar[tuple[str, ...]] = ()
    lists: "ClassVar[tuple[str | Prefetch[Any], ...]]" = ()
    # The sub-list of a run that holds its events.
    events: ClassVar[str] = "events"
    # Whether its templates stand on their own, among all that can be launched.
    is_listed: ClassVar[bool] = True
    # The role that lets a user launch and schedule it.
    launch_role: ClassVar[str] = EXECUTE

    @property
    def accessor(self) -> str:
        """From a UnifiedJobTemplate to the object of its own class."""
        return f"as_{self.name}"

    def for_launch(self) -> "QuerySet[Any]":
        """The templates of the kind, with all that `missing` and `build` read of them."""
        return self.model._default_manager.all()

    def missing(self, template: Any) -> list[str]:
        """What a run of `template` would lack, in words; empty when it can be launched."""
        raise NotImplementedError

    def why_not_scheduled(self, template: Any) -> str | None:
        """Why `template` can have no schedule; None where it can."""
        return None

    def take_variables(self, template: Any, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """What runs take of parameters, and why not the rest. Not asked of templates that have prompts."""
        return {}, ["Field is not allowed on launch."]

    def build(self, template: Any, answers: "LaunchAnswers") -> UnifiedJob:
        """A run, not saved, with what is this kind's own; jobs.launching fills in what all runs have."""
        raise NotImplementedError

    def inserted(self, runs: Sequence[UnifiedJob]) -> None:
        """Whatever belongs to new runs besides their rows: set-based, in the transaction that inserted them."""

    def holding(self, user: User, role_field: str, *, path: str = "") -> Q:
        """The condition on UnifiedJobTemplates of the kind, at an ORM path, of which `user` has this role."""
        kind = kind_named(self.name)
        if kind is None or role_field not in kind.fields:
            return Q(pk__in=[])
        return holding(user, self.name, role_field, own=f"{path}id", organization=f"{path}organization_id")

    def holds(self, user: User, template: Any, role_field: str) -> bool:
        """Whether `user` has this role of `template`."""
        kind = kind_named(self.name)
        return kind is not None and role_field in kind.fields and holds(user, template, role_field)

    def may_launch_some(self, user: User) -> bool:
        """Whether there may be a template of the kind that `user` can launch."""
        return kind_named(self.name) is not None and holds_somewhere(user, self.name, self.launch_role)


_kinds: dict[str, LaunchableKind] = {}


def register_launchable(kind: LaunchableKind) -> None:
    _kinds[kind.name] = kind


def launchable_kinds() -> Iterable[LaunchableKind]:
    return _kinds.values()


def kind_of(template: UnifiedJobTemplate) -> LaunchableKind:
    return _kinds[template.kind]


def kind_of_run(run: UnifiedJob) -> LaunchableKind:
    return next(kind for kind in _kinds.values() if kind.job_kind == run.kind)


def own_of(template: UnifiedJobTemplate) -> UnifiedJobTemplate | None:
    """A template as an object of its own class; None if it is gone meanwhile."""
    if type(template) is not UnifiedJobTemplate:
        return template
    own: UnifiedJobTemplate | None = getattr(template, kind_of(template).accessor, None)
    return own


def templates_for_launch(ids: Collection[int]) -> dict[int, UnifiedJobTemplate]:
    """By id, objects of their own classes, ready to be launched: one statement, and those of each kind among them."""
    kinds = UnifiedJobTemplate.objects.filter(pk__in=ids).order_by().values_list("kind", "pk")
    by_kind: dict[str, list[int]] = {}
    for name, pk in kinds:
        by_kind.setdefault(name, []).append(pk)
    return {
        pk: template
        for name, pks in by_kind.items()
        for pk, template in _kinds[name].for_launch().in_bulk(pks).items()
    }


class TemplatesWithOwn(QuerySet[UnifiedJobTemplate]):
    """Templates that come with the objects of their own classes and what serializers read of these.

    One statement more for each kind among them. Joined, the tables of all kinds take the database longer to plan than
    to read.
    """

    def _fetch_all(self) -> None:
        if self._result_cache is None and self._iterable_class is ModelIterable:
            rows: list[UnifiedJobTemplate] = list(ModelIterable(self))
            _add_own(rows)
            self._result_cache = rows
        super()._fetch_all()


def _add_own(templates: Sequence[UnifiedJobTemplate]) -> None:
    for kind in _kinds.values():
        ids = [template.pk for template in templates if template.kind == kind.name]
        own = kind.model._default_manager.select_related(*kind.relations).order_by().in_bulk(ids)
        relation: Any = UnifiedJobTemplate._meta.get_field(kind.accessor)
        for template in templates:
            found = own.get(template.pk)
            relation.set_cached_value(template, found)
            if found is not None:
                relation.field.set_cached_value(found, template)


def with_own(path: str) -> "Prefetch[Any]":
    """For `prefetch_related` of what has a template at an ORM path."""
    return Prefetch(path, TemplatesWithOwn(UnifiedJobTemplate).order_by())


def with_own_lists() -> "list[str | Prefetch[Any]]":
    """For `prefetch_related` of UnifiedJobTemplates: what the kinds' serializers read in lists."""
    return [_below(kind.accessor, one) for kind in _kinds.values() for one in kind.lists]


def with_own_inventories(path: str) -> "list[Prefetch[Any]]":
    """For `prefetch_related` of what has templates at an ORM path: the inventories of those that have one."""
    found: list[Prefetch[Any]] = []
    for kind in _kinds.values():
        if any(field.name == "inventory" for field in kind.model._meta.fields):
            prefetch: Prefetch[Any] = copy(WITH_TOTALS)
            prefetch.add_prefix(f"{path}__{kind.accessor}")
            found.append(prefetch)
    return found


def _below(accessor: str, one: "str | Prefetch[Any]") -> "str | Prefetch[Any]":
    if isinstance(one, str):
        return f"{accessor}__{one}"
    prefixed = copy(one)
    prefixed.add_prefix(accessor)
    return prefixed


def readable_templates(user: User, *, path: str = "") -> Q:
    """The condition on templates of any kind, at an ORM path, that `user` may read."""
    condition = Q(pk__in=[])
    for kind in _kinds.values():
        condition |= Q(**{f"{path}kind": kind.name}) & kind.holding(user, READ, path=path)
    return condition
