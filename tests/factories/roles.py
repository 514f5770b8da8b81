from django.db.models import Model

from access.models import Team, User
from access.roles import grant, role_of
from tests.factories.access import make_organization, make_user


def give(obj: Model, role_field: str, to: User | Team) -> None:
    grant(role_of(obj, role_field), to)


def holder(obj: Model, role_field: str, username: str = "") -> User:
    """A new user who has one role."""
    user = make_user(username)
    give(obj, role_field, user)
    return user


def make_team(name: str = "Team", **values: object) -> Team:
    values = {"organization": make_organization()} | values if "organization" not in values else values
    return Team.objects.create(name=name, **values)
