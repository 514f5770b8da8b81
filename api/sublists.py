"""Which lists there are below the objects of each resource: what the routers serve, an object's `related` names."""

# Resource → the names of its sub-lists.
below: dict[str, list[str]] = {}


def paths(resource: str, url: str) -> dict[str, str]:
    """The paths of what is below one object, whose own path is `url`."""
    return {name: f"{url}{name}/" for name in below.get(resource, ())}
