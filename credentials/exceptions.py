class InvalidInputs(ValueError):
    """What is wrong with inputs or with the description of a type, for the client: texts, or texts by input."""

    def __init__(self, problem: "list[str] | dict[str, list[str]]") -> None:
        super().__init__(str(problem))
        self.problem = problem


class InvalidInjectors(InvalidInputs):
    """What is wrong with a type's injectors."""


class UnusableCredential(Exception):
    """A call cannot use a credential; the message says why and holds no secret."""


class LookupRefused(Exception):
    """A secret cannot be had from where it is kept; the message says why and holds no secret."""
