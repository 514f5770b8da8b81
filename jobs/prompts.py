"""Launch-time answers: which of those that a client sends a template takes, and what becomes of the rest.

A launch ignores what the template does not ask for and says so; a schedule that carries it is refused. Both are
AWX's rules.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from django.db.models import Model

from api.variables import parse_variables
from credentials.models import Credential
from jobs import surveys
from jobs.kinds import kind_of
from jobs.models import JobTemplate, Label, Prompting, UnifiedJobTemplate
from jobs.slices import Slice

# Prompts that are plain values, by their name in a request, and the template's switch for each.
SWITCHES = {
    "job_type": "ask_job_type_on_launch",
    "timeout": "ask_timeout_on_launch",
    "limit": "ask_limit_on_launch",
    "forks": "ask_forks_on_launch",
    "job_tags": "ask_tags_on_launch",
    "skip_tags": "ask_skip_tags_on_launch",
    "verbosity": "ask_verbosity_on_launch",
    "diff_mode": "ask_diff_mode_on_launch",
    "scm_branch": "ask_scm_branch_on_launch",
    "job_slice_count": "ask_job_slice_count_on_launch",
}
# Prompts that are an object each, and lists of them.
OBJECTS = {
    "inventory": "ask_inventory_on_launch",
    "execution_environment": "ask_execution_environment_on_launch",
}
LISTS = {
    "credentials": "ask_credential_on_launch",
    "labels": "ask_labels_on_launch",
    "instance_groups": "ask_instance_groups_on_launch",
}
ALL_SWITCHES = {**SWITCHES, **OBJECTS, **LISTS}

NOT_ASKED = "Field is not configured to prompt on launch."
NOT_ALLOWED = "Field is not allowed on launch."
NO_INVENTORY = "Job Template inventory is missing or undefined."


@dataclass(frozen=True, slots=True)
class LaunchAnswers:
    """What was taken: `prompts` has values, objects and lists of objects by name.

    `extra_vars` are as they are stored: answers to password questions, and what `secrets` names, encrypted.
    `ignored` has what was not taken, `refusals` why, for those who do not pass over that, and `errors` what nobody
    passes over.
    """

    extra_vars: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    prompts: dict[str, Any] = field(default_factory=dict)
    ignored: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    # What a schedule says otherwise than the template of the runs' policy: jobs.policies.RunPolicy's names.
    run_policy: Mapping[str, Any] = field(default_factory=dict)
    # Which slice the run shall be; None where the template decides whether it is cut.
    slice: Slice | None = None

    def variables(self, template: Prompting) -> dict[str, Any]:
        """The parameters of a run of `template`, as they are stored: its own, its survey's defaults, the answers."""
        own = surveys.sealed(parse_variables(template.extra_vars), surveys.password_names(template))
        return own | surveys.defaults(template) | self.extra_vars

    def values(self, template: UnifiedJobTemplate) -> dict[str, Any]:
        """The plain values that a run of `template` is launched with, answered or not."""
        return {
            name: self.prompts.get(name, getattr(template, name))
            for name in SWITCHES
            if hasattr(template, name)
        }

    @property
    def credentials(self) -> list[Credential] | None:
        return self.prompts.get("credentials")

    @property
    def labels(self) -> list[Label] | None:
        return self.prompts.get("labels")


class _Sorting(NamedTuple):
    """What was not taken, and why: see LaunchAnswers."""

    ignored: dict[str, Any]
    refusals: dict[str, list[str]]
    errors: dict[str, list[str]]


def accept(
    template: UnifiedJobTemplate,
    *,
    extra_vars: Mapping[str, Any] | None = None,
    prompts: Mapping[str, Any] | None = None,
    secrets: Collection[str] = (),
) -> LaunchAnswers:
    """Sort what was sent. A prompt of None was not answered; one that repeats the template's own value is no change.

    `template` is of its own class (a JobTemplate, not its base). Values must have been checked for type before.
    `secrets` names the parameters that come from the database and are encrypted there.
    """
    sorting = _Sorting({}, {}, {})
    taken = _sort_variables(template, dict(extra_vars or {}), secrets, sorting)
    accepted = {
        name: value
        for name, value in (prompts or {}).items()
        if value is not None and _takes(template, name, value, sorting)
    }
    if "credentials" in accepted:
        assert isinstance(template, JobTemplate)
        own = {credential.pk for credential in template.credentials.all()}
        accepted["credentials"] = [one for one in accepted["credentials"] if one.pk not in own]
    if lacks_inventory(template) and "inventory" not in accepted:
        sorting.errors["resources_needed_to_start"] = [NO_INVENTORY]
    return LaunchAnswers(taken, frozenset(secrets), accepted, *sorting)


def takes_all_variables(template: UnifiedJobTemplate) -> bool:
    """Whether its runs take whatever parameters they are given, as they are."""
    asking = Prompting.of(template)
    return asking is not None and asking.ask_variables_on_launch and not asking.questions


def lacks_inventory(template: UnifiedJobTemplate) -> bool:
    """A job template that does not ask for an inventory may do without: its calls need none."""
    return (
        isinstance(template, JobTemplate)
        and template.ask_inventory_on_launch
        and template.inventory_id is None
    )


def _takes(template: UnifiedJobTemplate, name: str, value: Any, sorting: _Sorting) -> bool:
    """Whether the answer is a change that the template asks for; notes it where the template does not ask."""
    switch = ALL_SWITCHES.get(name, "")
    is_known = hasattr(template, switch)
    if is_known and _is_no_change(template, name, value):
        return False
    if is_known and getattr(template, switch):
        return True
    sorting.ignored[name] = _as_ids(value)
    if is_known:
        sorting.refusals[name] = [NOT_ASKED]
    elif Prompting.of(template) is None:
        # A workflow's schedule may answer what only job templates ask: it is kept, without effect (AWX's way).
        sorting.refusals[name] = [NOT_ALLOWED]
    return False


def _is_no_change(template: UnifiedJobTemplate, name: str, value: Any) -> bool:
    if name in OBJECTS:
        return bool(value.pk == getattr(template, f"{name}_id"))
    if name not in LISTS:
        return bool(value == getattr(template, name))
    given = [one.pk for one in value]
    if name == "instance_groups":
        # They are asked in their order.
        return given == [
            place.instance_group_id for place in cast("JobTemplate", template).group_places.all()
        ]
    # To the other lists a launch can only add.
    return {one.pk for one in getattr(template, name).all()}.issuperset(given)


def _as_ids(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    return [_as_ids(one) for one in value] if isinstance(value, list) else value


def _sort_variables(
    template: UnifiedJobTemplate, given: dict[str, Any], stored_secrets: Collection[str], sorting: _Sorting
) -> dict[str, Any]:
    """What is taken of the parameters, as it is stored."""
    asking = Prompting.of(template)
    if asking is None:
        taken, texts = kind_of(template).take_variables(template, given) if given else ({}, [])
        if texts:
            sorting.ignored["extra_vars"] = {
                name: value for name, value in given.items() if name not in taken
            }
            sorting.refusals["extra_vars"] = texts
        return taken
    plain = given | {name: surveys.opened(given[name]) for name in stored_secrets if name in given}
    problems = surveys.problems(asking, plain, hidden=stored_secrets)
    if problems:
        sorting.errors["variables_needed_to_start"] = [text for texts in problems.values() for text in texts]
    rest = _not_asked_for(asking, given)
    if rest:
        sorting.ignored["extra_vars"] = rest
        text = (
            f"Variables {', '.join(rest)} are not allowed on launch. Check the Prompt on Launch setting "
            f"on the {str(template._meta.verbose_name).title()} to include Extra Variables."
        )
        sorting.refusals["extra_vars"] = [text]
    asked = {question["variable"] for question in asking.questions}
    taken = {
        name: value
        for name, value in given.items()
        if name not in problems and (asking.ask_variables_on_launch or name in asked)
    }
    return surveys.sealed(taken, surveys.password_names(asking) - set(stored_secrets))


def _not_asked_for(template: Prompting, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that are neither answers to questions nor what the template says itself."""
    if template.ask_variables_on_launch:
        return {}
    asked = {question["variable"] for question in template.questions}
    own = parse_variables(template.extra_vars)
    return {
        name: value
        for name, value in given.items()
        if name not in asked and not (name in own and own[name] == value)
    }
