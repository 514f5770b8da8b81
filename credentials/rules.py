"""Who may do what with credentials and their types."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from access.models import Organization, Team, User
from access.role_rules import administers, named_object
from access.roles import ADMIN, ORGANIZATION, READ, USE, holding, holds, holds_somewhere
from access.rules import Rules, accessible, may_change
from credentials.models import Credential, CredentialInputSource, CredentialType
from credentials.roles import CREDENTIAL, CREDENTIAL_ADMIN


class CredentialTypeRules(Rules):
    """Everybody reads them; superusers alone make, change and delete them (AWX's rules)."""

    def readable(self, user: User) -> Q:
        return Q()

    def may_act(self, user: User, obj: CredentialType, action: str) -> bool:
        """Whoever administers credentials may test what one would find: it calls whatever he names."""
        return action == "test" and holds_somewhere(user, ORGANIZATION, CREDENTIAL_ADMIN)


class CredentialRules(Rules):
    """Who administers a credential changes it and gives its roles; who may use it attaches it. Nobody reads secrets."""

    def readable(self, user: User) -> Q:
        return holding(user, CREDENTIAL, READ, organization="organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        """For himself and whom he administers, for teams of his, for organizations whose credentials he administers.

        Of an owner that is not there it says nothing.
        """
        owners = {"user": User, "team": Team, "organization": Organization}
        named = {name: named_object(model, data[name]) for name, model in owners.items() if data.get(name)}
        return all(self._may_own_for(user, owner) for owner in named.values() if owner) and (
            bool(named) or not data
        )

    @staticmethod
    def _may_own_for(user: User, owner: User | Team | Organization) -> bool:
        if isinstance(owner, User):
            return owner.pk == user.pk or administers(user, owner)
        if isinstance(owner, Team):
            return may_change(user, owner, {})
        return holds(user, owner, CREDENTIAL_ADMIN)

    def may_change(self, user: User, obj: Credential, data: Mapping[str, Any]) -> bool:
        return holds(user, obj, ADMIN) and self._may_move(user, obj, data)

    @staticmethod
    def _may_move(user: User, obj: Credential, data: Mapping[str, Any]) -> bool:
        """Out of an organization and into one only with its role, both ways."""
        if "organization" not in data or str(data["organization"]) == str(obj.organization_id):
            return True
        wanted = named_object(Organization, data["organization"])
        concerned = [one for one in (wanted, obj.organization) if one is not None]
        return all(holds(user, one, CREDENTIAL_ADMIN) for one in concerned)

    def may_delete(self, user: User, obj: Credential) -> bool:
        return holds(user, obj, ADMIN)

    def may_act(self, user: User, obj: Credential, action: str) -> bool:
        match action:
            case "use":
                return holds(user, obj, USE)
            case "copy":
                return holds(user, obj, ADMIN)
            case "test":
                return holds(user, obj, USE)
            case _:
                return False


class InputSourceRules(Rules):
    """Who sees a credential sees what is looked up for it; who administers it decides, with what he may use."""

    def readable(self, user: User) -> Q:
        return Q(target_credential__in=accessible(Credential.objects.order_by(), user).values("pk"))

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        """Of credentials that are not there it says nothing."""
        target, source = (
            named_object(Credential, data.get(name)) for name in ("target_credential", "source_credential")
        )
        return (target is None or holds(user, target, ADMIN)) and (source is None or holds(user, source, USE))

    def may_change(self, user: User, obj: CredentialInputSource, data: Mapping[str, Any]) -> bool:
        """With other metadata another secret is looked up: that is a use of the source."""
        return (
            holds(user, obj.target_credential, ADMIN)
            and (not data or holds(user, obj.source_credential, USE))
            and self.may_add(user, data)
        )

    def may_delete(self, user: User, obj: CredentialInputSource) -> bool:
        return holds(user, obj.target_credential, ADMIN)
