"""Who may do what: one set of rules for each model, closed where a model has none of its own.

Whoever is a superuser may do everything, a system auditor may read everything, and who comes with a token of scope
`read` may change nothing; a model's rules say what is open to the rest. Most ask access/roles.py who holds which role.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet

from access.held import remembering
from access.models import User

Row = TypeVar("Row", bound=Model)
Asker = User | AnonymousUser

NOTHING = Q(pk__in=[])


class Rules:
    """What users who are neither superuser nor system auditor may do with the objects of a model: nothing."""

    def readable(self, user: User) -> Q:
        """The condition on rows that `user` may read."""
        return NOTHING

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        return False

    def may_change(self, user: User, obj: Any, data: Mapping[str, Any]) -> bool:
        """Whether `user` may store `data` in `obj`; with empty data, whether he may change it at all."""
        return False

    def may_delete(self, user: User, obj: Any) -> bool:
        return False

    def may_act(self, user: User, obj: Any, action: str) -> bool:
        """Whether `user` may do what is more than a change, such as "launch", "cancel" or "copy"."""
        return False

    def may_attach(self, user: User, parent: Any, child: Model, relation: str) -> bool:
        """Whether `user` may attach `child` to the list that `parent` has under the name `relation`, or detach it."""
        return self.may_change(user, parent, {}) and may_read(user, child)


_rules: dict[type, Rules] = {}


def register(model: type[Model], rules: Rules) -> None:
    """Give a model its rules; called from the `ready` of its app."""
    _rules[model] = rules


def rules_for(model: type[Model]) -> Rules:
    """The rules of a model, or of the nearest model that it is a proxy or kind of."""
    return next((_rules[base] for base in model.__mro__ if base in _rules), Rules())


def reads_everything(user: User) -> bool:
    return user.is_superuser or user.is_system_auditor


def sees_all(user: Asker | None) -> bool:
    """Whether nothing is hidden from whoever asks; from nobody all is."""
    return isinstance(user, User) and reads_everything(user)


def accessible(queryset: QuerySet[Row], user: Asker) -> QuerySet[Row]:
    """The rows of `queryset` that `user` may read; no row for nobody."""
    if not isinstance(user, User):
        return queryset.none()
    if reads_everything(user):
        return queryset
    # Most rules are made of others.
    with remembering():
        return queryset.filter(rules_for(queryset.model).readable(user))


def may_read(user: Asker, obj: Model) -> bool:
    if not isinstance(user, User):
        return False
    if reads_everything(user):
        return True
    return accessible(QuerySet(type(obj)), user).filter(pk=obj.pk).exists()


def may_add(user: Asker, model: type[Model], data: Mapping[str, Any]) -> bool:
    return _changes(user) and (user.is_superuser or rules_for(model).may_add(_known(user), data))


def may_change(user: Asker, obj: Model, data: Mapping[str, Any]) -> bool:
    return _changes(user) and (user.is_superuser or rules_for(type(obj)).may_change(_known(user), obj, data))


def may_delete(user: Asker, obj: Model) -> bool:
    return _changes(user) and (user.is_superuser or rules_for(type(obj)).may_delete(_known(user), obj))


def may_act(user: Asker, obj: Model, action: str) -> bool:
    return _changes(user) and (user.is_superuser or rules_for(type(obj)).may_act(_known(user), obj, action))


def may_attach(user: Asker, parent: Model, child: Model, relation: str) -> bool:
    return _changes(user) and (
        user.is_superuser or rules_for(type(parent)).may_attach(_known(user), parent, child, relation)
    )


def means_true(value: object) -> bool:
    """Whether a boolean field would read `value` as true, however it is spelled."""
    return str(value).strip().lower() in {"true", "t", "yes", "y", "on", "1", "1.0"}


def _changes(user: Asker) -> bool:
    return isinstance(user, User) and not user.is_limited_to_reading


def _known(user: Asker) -> User:
    assert isinstance(user, User)
    return user
