"""Which credentials go together: AWX's rules for templates and launches, in its words."""

from collections.abc import Collection, Iterable

from credentials.models import Credential
from jobs.models import JobTemplate

# Those that a run may use; others belong to what AWX's other resources do.
KINDS = frozenset({"ssh", "vault", "cloud", "net", "kubernetes"})


def why_not_attached(credential: Credential, others: Iterable[Credential]) -> str | None:
    """Why `credential` cannot join `others`; None where it can."""
    kind = credential.credential_type.kind
    if kind not in KINDS:
        return f"Cannot assign a Credential of kind `{kind}`."
    if any(other.slot == credential.slot and other.pk != credential.pk for other in others):
        return f"Cannot assign multiple {credential.slot_name} credentials."
    return None


def merged(template: Iterable[Credential], given: Iterable[Credential] | None) -> list[Credential]:
    """The credentials of a run: the template's, of which those that were given at launch replace their like."""
    by_slot = {credential.slot: credential for credential in template}
    by_slot |= {credential.slot: credential for credential in given or ()}
    return list(by_slot.values())


def launch_problems(
    template: JobTemplate,
    *,
    sent: list[Credential] | None,
    accepted: list[Credential] | None,
    passwords: Collection[str],
) -> dict[str, list[str]]:
    """What is wrong with launching `template` with these credentials and passwords.

    Of `sent`, `accepted` are those that the launch takes beside the template's.
    """
    errors: dict[str, list[str]] = {}
    present, added = list(template.credentials.all()), accepted or []
    texts = [text for n, one in enumerate(added) if (text := why_not_attached(one, added[:n]))]
    if sent is not None:
        filled = {credential.slot for credential in sent}
        texts += [
            f"Removing {one.slot_name} credential at launch time without replacement is not supported. "
            f"Provided list lacked credential(s): {one.name}-{one.pk}."
            for one in present
            if one.slot not in filled
        ]
    if texts:
        errors["credentials"] = texts
    needed = [name for one in merged(present, accepted) for name in one.passwords_needed]
    lacking = [name for name in needed if name not in passwords]
    if lacking:
        errors["passwords_needed_to_start"] = lacking
    return errors
