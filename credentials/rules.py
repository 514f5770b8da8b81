"""Who may do what with credentials and their types."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from access.models import User
from access.rules import Rules
from credentials.models import Credential


class CredentialTypeRules(Rules):
    """Everybody reads them; superusers alone make, change and delete them (AWX's rules)."""

    def readable(self, user: User) -> Q:
        return Q()


class CredentialRules(Rules):
    """Each user makes, reads, changes and uses his own. Those of organizations are for who may do everything."""

    def readable(self, user: User) -> Q:
        return Q(owner=user)

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        owners = {name: data.get(name) for name in ("user", "team", "organization") if data.get(name)}
        return set(owners) == {"user"} and str(owners["user"]) == str(user.pk)

    def may_change(self, user: User, obj: Credential, data: Mapping[str, Any]) -> bool:
        return self.may_delete(user, obj) and not data.get("organization")

    def may_delete(self, user: User, obj: Credential) -> bool:
        return obj.owner_id == user.pk and obj.organization_id is None

    def may_act(self, user: User, obj: Credential, action: str) -> bool:
        return action in ("copy", "use") and self.may_delete(user, obj)
