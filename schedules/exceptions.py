class InvalidRule(ValueError):
    """A recurrence rule that is refused, cannot be read, or cannot be searched within bounds.

    `messages` are sentences for a person, ready to stand under `rrule` in the body of a 400.
    """

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)

    def __str__(self) -> str:
        return " ".join(self.messages)


class InvalidBackfill(ValueError):
    """A backfill that is refused: `field` is what is wrong, `message` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class InvalidCalendarFile(ValueError):
    """An iCalendar file that cannot be read, or asks for more than can be kept; the message is for a person."""
