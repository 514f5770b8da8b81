"""AWX's types of notification: what configures each, who is told by it, and what it says by default. Pure."""

from dataclasses import dataclass, field
from typing import Any

REQUIRED = object()

MESSAGE = "{{ job_friendly_name }} #{{ job.id }} '{{ job.name }}' {{ job.status }}: {{ url }}"
BODY = (
    "{{ job_friendly_name }} #{{ job.id }} had status {{ job.status }}, view details at {{ url }}\n\n"
    "{{ job_metadata }}"
)
METADATA = "{{ job_metadata }}"

# What is said of the first success after a failure.
RECOVERY = "{{ job_friendly_name }} #{{ job.id }} '{{ job.name }}' is {{ job.status }} again: {{ url }}"

# What is said of an approval, by how it stands.
APPROVALS = {
    "running": "'{{ approval_node_name }}' waits for approval: {{ workflow_url }}",
    "approved": "'{{ approval_node_name }}' was approved: {{ workflow_url }}",
    "denied": "'{{ approval_node_name }}' was denied: {{ workflow_url }}",
    "timed_out": "'{{ approval_node_name }}' was not decided in time: {{ workflow_url }}",
}
_WITH_METADATA = "{text}\n\n{{{{ job_metadata }}}}"
_AS_OBJECT = '{{% set text %}}{text}{{% endset %}}{{"body": {{{{ text | tojson }}}}}}'


@dataclass(frozen=True)
class Parameter:
    """`kind` is AWX's word for what the value is; without a `default` it must be given."""

    kind: str
    default: Any = REQUIRED


@dataclass(frozen=True)
class NotificationType:
    label: str
    parameters: dict[str, Parameter]
    # The parameters that say who is told, and by whom.
    recipients: str
    sender: str | None = None
    message: str = MESSAGE
    body: str = ""
    # Whether the body is an object, which the text of a message spells in JSON.
    sends_object: bool = False
    secrets: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = frozenset(name for name, one in self.parameters.items() if one.kind == "password")
        object.__setattr__(self, "secrets", names)

    def usual(self, notice: str) -> tuple[str, str]:
        """The templates of the message and the body that stand in where a notice has none of its own."""
        if notice == "recovery":
            body = _WITH_METADATA.format(text=RECOVERY) if self.body and not self.sends_object else self.body
            return (RECOVERY if self.message else ""), body
        text = APPROVALS.get(notice)
        if text is None:
            return self.message, self.body
        body = (_AS_OBJECT if self.sends_object else _WITH_METADATA).format(text=text) if self.body else ""
        return (text if self.message else ""), body


TYPES: dict[str, NotificationType] = {
    "email": NotificationType(
        "Email",
        {
            "host": Parameter("string"),
            "port": Parameter("int"),
            "username": Parameter("string"),
            "password": Parameter("password"),
            "use_tls": Parameter("bool"),
            "use_ssl": Parameter("bool"),
            "sender": Parameter("string"),
            "recipients": Parameter("list"),
            "timeout": Parameter("int", 30),
        },
        recipients="recipients",
        sender="sender",
        body=BODY,
    ),
    "slack": NotificationType(
        "Slack", {"token": Parameter("password"), "channels": Parameter("list")}, recipients="channels"
    ),
    "twilio": NotificationType(
        "Twilio",
        {
            "account_sid": Parameter("string"),
            "account_token": Parameter("password"),
            "from_number": Parameter("string"),
            "to_numbers": Parameter("list"),
        },
        recipients="to_numbers",
        sender="from_number",
    ),
    "pagerduty": NotificationType(
        "Pagerduty",
        {
            "subdomain": Parameter("string"),
            "token": Parameter("password"),
            "service_key": Parameter("string"),
            "client_name": Parameter("string"),
        },
        recipients="service_key",
        sender="client_name",
        body=METADATA,
        sends_object=True,
    ),
    "grafana": NotificationType(
        "Grafana",
        {"grafana_url": Parameter("string"), "grafana_key": Parameter("password")},
        recipients="grafana_url",
        body=METADATA,
        sends_object=True,
    ),
    "webhook": NotificationType(
        "Webhook",
        {
            "url": Parameter("string"),
            "http_method": Parameter("string", "POST"),
            "disable_ssl_verification": Parameter("bool", default=False),
            "username": Parameter("string", ""),
            "password": Parameter("password", ""),
            "headers": Parameter("object"),
        },
        recipients="url",
        message="",
        body=METADATA,
        sends_object=True,
    ),
    "mattermost": NotificationType(
        "Mattermost",
        {"mattermost_url": Parameter("string"), "mattermost_no_verify_ssl": Parameter("bool")},
        recipients="mattermost_url",
    ),
    "rocketchat": NotificationType(
        "Rocket.Chat",
        {"rocketchat_url": Parameter("string"), "rocketchat_no_verify_ssl": Parameter("bool")},
        recipients="rocketchat_url",
    ),
    "irc": NotificationType(
        "IRC",
        {
            "server": Parameter("string"),
            "port": Parameter("int"),
            "nickname": Parameter("string"),
            "password": Parameter("password"),
            "use_ssl": Parameter("bool"),
            "targets": Parameter("list"),
        },
        recipients="targets",
    ),
    "awssns": NotificationType(
        "AWS SNS",
        {
            "aws_region": Parameter("string", ""),
            "aws_access_key_id": Parameter("string", ""),
            "aws_secret_access_key": Parameter("password", ""),
            "aws_session_token": Parameter("password", ""),
            "sns_topic_arn": Parameter("string", ""),
        },
        recipients="sns_topic_arn",
        body=METADATA,
    ),
}
CHOICES = [(name, one.label) for name, one in TYPES.items()]
