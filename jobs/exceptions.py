"""What can go wrong in this app's domain. `errors` is a field's name → what to tell the client."""


class JobsError(Exception):
    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors


class CannotLaunch(JobsError):
    """The template lacks something that a run needs."""


class StillGoing(Exception):
    """An earlier run of the template is still going, and its overlap policy allows no other."""


class InvalidSurvey(ValueError):
    """What is wrong with a survey that a client sent, in AWX's words."""


class AlreadyFinished(JobsError):
    """The run has ended, so it can no longer be canceled."""


class InvalidAnswers(ValueError):
    """What is wrong with the parameters that a client gave a schedule or a node."""


class ReportRefused(Exception):
    """An endpoint reports of a run, or of an attempt, that is over; the message says which."""
