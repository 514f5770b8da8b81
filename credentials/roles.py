"""The roles of credentials (AWX's), and to whom they may be given."""

from access.models import Role, Team, User
from access.roles import ADMIN, AUDITOR, MEMBER, READ, USE, Kind, grant, holds, register_kind, role_of
from credentials.models import Credential

CREDENTIAL = "credential"
CREDENTIAL_ADMIN = "credential_admin_role"
CREDENTIAL_ROLES: dict[str, tuple[str, ...]] = {ADMIN: (), USE: (ADMIN,), READ: (USE,)}


def why_not_given(credential: Credential, to: User | Team, giver: User) -> str | None:
    """Why a role of `credential` cannot be given to `to`, in AWX's words: it stays in its organization."""
    organization = credential.organization
    if isinstance(to, Team):
        if organization is None or organization.pk != to.organization_id:
            return (
                "You cannot grant credential access to a team when the Organization field isn't set, "
                "or belongs to a different organization"
            )
        return None
    if organization is None:
        return None if giver.is_superuser else "You cannot grant private credential access to another user"
    if to.is_superuser or holds(to, organization, MEMBER):
        return None
    return "You cannot grant credential access to a user not in the credentials' organization"


def give_to_user(credential: Credential, user: User) -> Role:
    """Make it his: returns the role that he got."""
    role = role_of(credential, ADMIN)
    grant(role, user)
    return role


def give_to_team(credential: Credential, team: Team) -> Role:
    """Make it a team's: the members use it, and who administers the team administers it. Returns what they all got."""
    role = role_of(credential, USE)
    grant(role, team)
    role_of(credential, ADMIN).ruling_teams.add(team)
    return role


def register_kinds() -> None:
    register_kind(
        Kind(
            CREDENTIAL,
            Credential,
            "credentials",
            CREDENTIAL_ROLES,
            from_organization={ADMIN: (CREDENTIAL_ADMIN,), READ: (AUDITOR,)},
            why_not_given=why_not_given,
        )
    )
