"""Which hosts an inventory has: those that are in it, or those that a smart inventory's filter finds."""

from urllib.parse import unquote

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet

from access.models import User
from api.exposure import BadLookup
from api.lookups import apply, parse_query
from inventories.host_filters import Expression, InvalidHostFilter, Lookup, parse
from inventories.models import Group, Host, Inventory

Kind = Inventory.Kind

# A smart inventory shows everybody the same, so its filter may look at no more than a host's own surroundings.
WITHIN_REACH = (Group, Inventory)


def hosts_of(inventory: Inventory) -> QuerySet[Host]:
    if inventory.kind == Kind.SMART:
        return Host.objects.filter(found_by(inventory))
    return Host.objects.filter(inventory=inventory)


def found_by(inventory: Inventory) -> Q:
    """The condition on the hosts that a smart inventory's filter finds in its organization: of each name the oldest."""
    nothing = Q(pk__in=[])
    if inventory.organization_id is None:
        return nothing
    try:
        chosen = matching(inventory.host_filter or "", None)
    except InvalidHostFilter:
        # It could be read when it was stored.
        return nothing
    hosts = Host.objects.filter(
        chosen,
        inventory__organization=inventory.organization_id,
        inventory__kind=Kind.NORMAL,
        inventory__pending_deletion=False,
    )
    return Q(pk__in=hosts.order_by("name", "pk").distinct("name").values("pk"))


def matching(host_filter: str, user: User | None) -> Q:
    """The condition on hosts that a filter means, as far as `user` may know; None is a smart inventory's.

    Raises InvalidHostFilter.
    """
    return _condition(parse(unquote(host_filter)), user)


def _condition(expression: Expression, user: User | None) -> Q:
    if isinstance(expression, Lookup):
        return _lookup(expression, user)
    combined = _condition(expression.parts[0], user)
    for part in expression.parts[1:]:
        other = _condition(part, user)
        combined = combined & other if expression.by == "and" else combined | other
    return combined


def _lookup(lookup: Lookup, user: User | None) -> Q:
    if lookup.name == "search":
        return Q(name__icontains=lookup.value) | Q(description__icontains=lookup.value)
    try:
        query = parse_query(Host, [(lookup.name, [lookup.value])])
    except ValidationError as error:
        raise InvalidHostFilter(" ".join(error.messages)) from None
    except (BadLookup, PermissionDenied, ValueError, TypeError, ArithmeticError) as error:
        raise InvalidHostFilter(str(error)) from None
    conditions = list(query.conditions())
    if not conditions:
        raise InvalidHostFilter(f"Host has no field named '{lookup.name}'")
    if user is None:
        crossed = {model for condition in conditions for _, model in condition.crossed}
        if not crossed <= set(WITHIN_REACH):
            raise InvalidHostFilter(f"The filter of a smart inventory cannot look at {lookup.name}.")
        user = User(is_superuser=True)
    return Q(pk__in=apply(query, Host.objects.order_by(), user).values("pk"))


def smart_inventories_with(host: Host) -> QuerySet[Inventory]:
    """The smart inventories that find a host, in one statement for all that could."""
    smart = Inventory.objects.filter(kind=Kind.SMART, organization__inventories__hosts=host).distinct()
    counts = {f"n{one.pk}": Count("pk", filter=Q(pk=host.pk) & found_by(one)) for one in smart}
    found = Host.objects.aggregate(**counts) if counts else {}
    return Inventory.objects.filter(pk__in=[int(name[1:]) for name, count in found.items() if count])


def totals_of_smart(inventories: list[Inventory]) -> dict[int, int]:
    """How many hosts smart inventories have, by their ids; one statement for all."""
    counts = {f"n{one.pk}": Count("pk", filter=found_by(one)) for one in inventories}
    found = Host.objects.aggregate(**counts) if counts else {}
    return {int(name[1:]): count for name, count in found.items()}
