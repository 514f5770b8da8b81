import math
from datetime import timedelta


class LastSuperuser(Exception):
    """Nobody would be left who may do everything."""


class CannotGrant(Exception):
    """A role cannot be held by whom it is given to."""


class TooManyFailures(Exception):
    """So many wrong passwords were given that none is looked at until `wait` has passed."""

    def __init__(self, *, wait: timedelta) -> None:
        self.seconds = max(1, math.ceil(wait.total_seconds()))
        super().__init__(f"Too many wrong passwords. Try again in {self.seconds} seconds.")
