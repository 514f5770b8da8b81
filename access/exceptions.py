class LastSuperuser(Exception):
    """Nobody would be left who may do everything."""


class CannotGrant(Exception):
    """A role cannot be held by whom it is given to."""
