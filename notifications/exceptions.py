"""What can be wrong with a notification, in words for people; none of them holds a secret."""


class InvalidConfiguration(Exception):
    """A configuration is not what its type asks for."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class CannotRender(Exception):
    """A message could not be rendered within its bounds."""


class NotDelivered(Exception):
    """A notification was not sent; the message says why. What is `final` would fail again."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final
