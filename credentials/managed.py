"""The types that come with Belfry: its own, which a call uses, and AWX's, so that its clients find them.

A credential of one of AWX's types can be kept and attached like any other; a call takes nothing from it.
"""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import connections


@dataclass(frozen=True, slots=True)
class ManagedType:
    namespace: str
    name: str
    kind: str
    fields: tuple[dict[str, Any], ...]
    required: tuple[str, ...] = ()
    injectors: dict[str, Any] = field(default_factory=dict)
    # Of an external kind: what says which secret an input is looked up from.
    metadata: tuple[dict[str, Any], ...] = ()

    @property
    def inputs(self) -> dict[str, Any]:
        inputs: dict[str, Any] = {"fields": [dict(described) for described in self.fields]}
        if self.metadata:
            inputs["metadata"] = [dict(described) for described in self.metadata]
        return inputs | ({"required": list(self.required)} if self.required else {})


def text(name: str, label: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "label": label, "type": "string", **more}


def secret(name: str, label: str, **more: Any) -> dict[str, Any]:
    return text(name, label, secret=True, **more)


def flag(name: str, label: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "label": label, "type": "boolean", **more}


USERNAME = text("username", "Username")
PASSWORD = secret("password", "Password")
ASKED = {"ask_at_runtime": True}
KEY = secret("ssh_key_data", "SSH Private Key", format="ssh_private_key", multiline=True)
UNLOCK = secret("ssh_key_unlock", "Private Key Passphrase")
VERIFY = flag("verify_ssl", "Verify SSL", default=True)
CA = text(
    *("ca", "Certificate Authority"),
    format="certificates",
    multiline=True,
    help_text="PEM; who is trusted instead.",
)

BEARER, BASIC, HEADER = "http_bearer", "http_basic", "http_header"
HMAC, CLIENT_CREDENTIALS, MTLS = "http_hmac", "oauth2_client_credentials", "mtls"
AUTHORITY = "certificate_authority"

HTTP_TYPES = (
    ManagedType(
        BEARER,
        "HTTP Bearer Token",
        "net",
        (secret("token", "Token", help_text="Sent as `Authorization: Bearer …`."),),
        ("token",),
    ),
    ManagedType(BASIC, "HTTP Basic Authentication", "net", (USERNAME, PASSWORD), ("username", "password")),
    ManagedType(
        HEADER,
        "HTTP Header",
        "net",
        (
            text("name", "Header Name", default="X-API-Key"),
            secret("value", "Value", help_text="Sent as the value of the header."),
        ),
        ("name", "value"),
    ),
    ManagedType(
        HMAC,
        "HTTP HMAC Signature",
        "net",
        (
            secret(
                "secret",
                "Signing Secret",
                help_text="Each call is signed as Standard Webhooks say: webhook-id, webhook-timestamp, "
                "webhook-signature. `whsec_…` is read as base64.",
            ),
        ),
        ("secret",),
    ),
    ManagedType(
        CLIENT_CREDENTIALS,
        "OAuth 2.0 Client Credentials",
        "net",
        (
            text("token_url", "Token URL"),
            text("client_id", "Client ID"),
            secret("client_secret", "Client Secret"),
            text("scope", "Scope"),
            text("audience", "Audience"),
            text("client_auth", "Client Authentication", choices=["basic", "body"], default="basic"),
        ),
        ("token_url", "client_id", "client_secret"),
    ),
    ManagedType(
        MTLS,
        "mTLS Certificate",
        "net",
        (
            text("certificate", "Client Certificate", multiline=True, help_text="PEM, with its chain."),
            secret("private_key", "Private Key", multiline=True, help_text="PEM."),
            secret("passphrase", "Private Key Passphrase"),
            CA,
        ),
        ("certificate", "private_key"),
    ),
    ManagedType(AUTHORITY, "Private Certificate Authority", "net", (CA,), ("ca",)),
)

HASHIVAULT_KV = "hashivault_kv"

EXTERNAL_TYPES = (
    ManagedType(
        HASHIVAULT_KV,
        "HashiCorp Vault Secret Lookup",
        "external",
        (
            text("url", "Server URL", format="url", help_text="The URL of the Vault."),
            secret("token", "Token", help_text="What the Vault knows Belfry by."),
            text("cacert", "CA Certificate", multiline=True, help_text="PEM; who is trusted instead."),
            text("role_id", "AppRole role_id", multiline=False, help_text="In place of a token."),
            secret("secret_id", "AppRole secret_id", multiline=False),
            text("namespace", "Namespace name (Vault Enterprise only)", multiline=False),
            text(
                "default_auth_path",
                "Path to Auth",
                multiline=False,
                default="approle",
                help_text="Where AppRoles log in, unless the look-up names another.",
            ),
            text("api_version", "API Version", choices=["v1", "v2"], default="v1"),
        ),
        ("url", "secret_path", "api_version", "secret_key"),
        metadata=(
            text("secret_backend", "Name of Secret Backend", help_text="By default the path's first part."),
            text("secret_path", "Path to Secret"),
            text("auth_path", "Path to Auth"),
            text("secret_key", "Key Name"),
            text("secret_version", "Secret Version (v2 only)", help_text="By default the latest."),
        ),
    ),
)

HOST = text("host", "Host")
SUBSCRIPTION = text("subscription", "Subscription ID")
CLOUD_LOGIN = (text("client", "Client ID"), secret("secret", "Client Secret"), text("tenant", "Tenant ID"))

AWX_TYPES = (
    ManagedType(
        "ssh",
        "Machine",
        "ssh",
        (
            USERNAME,
            {**PASSWORD, **ASKED},
            KEY,
            secret("ssh_public_key_data", "Signed SSH Certificate", multiline=True),
            {**UNLOCK, **ASKED},
            text("become_method", "Privilege Escalation Method"),
            text("become_username", "Privilege Escalation Username"),
            secret("become_password", "Privilege Escalation Password", **ASKED),
        ),
    ),
    ManagedType("scm", "Source Control", "scm", (USERNAME, PASSWORD, KEY, UNLOCK)),
    ManagedType(
        "vault",
        "Vault",
        "vault",
        (
            secret("vault_password", "Vault Password", **ASKED),
            text("vault_id", "Vault Identifier", format="vault_id"),
        ),
        ("vault_password",),
    ),
    ManagedType(
        "net",
        "Network",
        "net",
        (
            USERNAME,
            PASSWORD,
            KEY,
            UNLOCK,
            flag("authorize", "Authorize"),
            secret("authorize_password", "Authorize Password"),
        ),
        ("username",),
    ),
    ManagedType(
        "aws",
        "Amazon Web Services",
        "cloud",
        (
            text("username", "Access Key"),
            secret("password", "Secret Key"),
            secret("security_token", "STS Token"),
        ),
        ("username", "password"),
    ),
    ManagedType(
        "openstack",
        "OpenStack",
        "cloud",
        (
            USERNAME,
            secret("password", "Password (API Key)"),
            text("host", "Host (Authentication URL)"),
            text("project", "Project (Tenant Name)"),
            text("project_domain_name", "Project (Domain Name)"),
            text("domain", "Domain Name"),
            text("region", "Region Name"),
            VERIFY,
        ),
        ("username", "password", "host", "project"),
    ),
    ManagedType(
        "vmware",
        "VMware vCenter",
        "cloud",
        (text("host", "VCenter Host"), USERNAME, PASSWORD),
        ("host", "username", "password"),
    ),
    ManagedType(
        "satellite6",
        "Red Hat Satellite 6",
        "cloud",
        (text("host", "Satellite 6 URL"), USERNAME, PASSWORD),
        ("host", "username", "password"),
    ),
    ManagedType(
        "gce",
        "Google Compute Engine",
        "cloud",
        (
            text("username", "Service Account Email Address"),
            text("project", "Project"),
            secret("ssh_key_data", "RSA Private Key", format="ssh_private_key", multiline=True),
        ),
        ("username", "ssh_key_data"),
    ),
    ManagedType(
        "azure_rm",
        "Microsoft Azure Resource Manager",
        "cloud",
        (
            SUBSCRIPTION,
            USERNAME,
            PASSWORD,
            *CLOUD_LOGIN,
            text("cloud_environment", "Azure Cloud Environment"),
        ),
        ("subscription",),
    ),
    ManagedType("insights", "Insights", "insights", (USERNAME, PASSWORD), ("username", "password")),
    ManagedType(
        "rhv",
        "Red Hat Virtualization",
        "cloud",
        (
            text("host", "Host (Authentication URL)"),
            USERNAME,
            PASSWORD,
            text("ca_file", "CA File"),
        ),
        ("host", "username", "password"),
    ),
    ManagedType(
        "controller",
        "Red Hat Ansible Automation Platform",
        "cloud",
        (
            text("host", "Red Hat Ansible Automation Platform"),
            USERNAME,
            PASSWORD,
            secret("oauth_token", "OAuth Token"),
            flag("verify_ssl", "Verify SSL"),
        ),
        ("host",),
    ),
    ManagedType(
        "terraform",
        "Terraform backend configuration",
        "cloud",
        (
            secret("configuration", "Backend configuration", multiline=True),
            secret("gce_credentials", "Google Cloud Platform account credentials", multiline=True),
        ),
        ("configuration",),
    ),
    *(
        ManagedType(namespace, name, "token", (secret("token", "Token"),), ("token",))
        for namespace, name in (
            ("github_token", "GitHub Personal Access Token"),
            ("gitlab_token", "GitLab Personal Access Token"),
            ("bitbucket_dc_token", "Bitbucket Data Center HTTP Access Token"),
        )
    ),
    ManagedType(
        "kubernetes_bearer_token",
        "OpenShift or Kubernetes API Bearer Token",
        "kubernetes",
        (
            text("host", "OpenShift or Kubernetes API Endpoint"),
            secret("bearer_token", "API authentication bearer token"),
            VERIFY,
            secret("ssl_ca_cert", "Certificate Authority data", multiline=True),
        ),
        ("host", "bearer_token"),
    ),
    ManagedType(
        "registry",
        "Container Registry",
        "registry",
        (
            text("host", "Authentication URL", default="quay.io"),
            USERNAME,
            secret("password", "Password or Token"),
            VERIFY,
        ),
        ("host",),
    ),
    ManagedType(
        "galaxy_api_token",
        "Ansible Galaxy/Automation Hub API Token",
        "galaxy",
        (
            text("url", "Galaxy Server URL"),
            text("auth_url", "Auth Server URL"),
            secret("token", "API Token"),
        ),
        ("url",),
    ),
    ManagedType(
        "gpg_public_key",
        "GPG Public Key",
        "cryptography",
        (secret("gpg_public_key", "GPG Public Key", multiline=True),),
        ("gpg_public_key",),
    ),
)

# AWX's first: clients take the first of a kind by id for the kind's own.
MANAGED_TYPES = (*AWX_TYPES, *HTTP_TYPES, *EXTERNAL_TYPES)


def ensure_managed_types(*, using: str, apps: Apps = present_apps, **_: Any) -> None:
    """Make what is missing of MANAGED_TYPES and bring the rest up to date: a receiver of `post_migrate`."""
    if "credentials_credentialtype" not in connections[using].introspection.table_names():
        return
    model = apps.get_model("credentials", "CredentialType")
    rows = model._default_manager.using(using)
    known = {row.namespace: row for row in rows.filter(namespace__isnull=False)}
    for managed in MANAGED_TYPES:
        values = {
            "name": managed.name,
            "kind": managed.kind,
            "inputs": managed.inputs,
            "injectors": managed.injectors,
            "managed": True,
        }
        row = known.get(managed.namespace)
        if row is None:
            rows.create(namespace=managed.namespace, **values)
        elif any(getattr(row, name) != value for name, value in values.items()):
            rows.filter(pk=row.pk).update(**values)
