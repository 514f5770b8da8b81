"""What can go wrong in this app's domain; the message is for the client."""


class CyclicGroups(ValueError):
    """A group would be below itself."""


class AlreadyBeingDeleted(ValueError):
    """An inventory is deleted once."""
