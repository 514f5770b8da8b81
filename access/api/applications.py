"""OAuth 2 applications: all of them, and those of one organization."""

from typing import Any, ClassVar

from django.db.models import Count, Window
from django.db.models.functions import RowNumber
from rest_framework import serializers

from access.api.object_roles import page_of
from access.api.serializers import RuledSerializer
from access.models import AccessToken, Application, Organization
from access.oauth.models import make_client_secret
from api.fields import PrimaryKeyField
from api.views import Resource, Sublist

CENSORED = "************"
APPLICATIONS = Application.objects.select_related("organization")
# So many of its tokens are in the summary of an application.
TOKENS_SHOWN = 10


class ApplicationSerializer(RuledSerializer):
    resource = "applications"
    object_type = "o_auth2_application"

    modified = serializers.DateTimeField(source="updated", read_only=True)
    client_secret = serializers.CharField(
        read_only=True, help_text="Shown once, when the application is made; public clients have none."
    )
    organization = PrimaryKeyField(
        queryset=Organization.objects.all(), help_text="The organization that the application belongs to."
    )

    class Meta:
        model = Application
        fields: ClassVar = [
            "created",
            "modified",
            "name",
            "description",
            "client_id",
            "client_secret",
            "client_type",
            "redirect_uris",
            "authorization_grant_type",
            "skip_authorization",
            "organization",
        ]
        read_only_fields: ClassVar = ["client_id"]
        extra_kwargs: ClassVar = {
            "client_id": {"help_text": "By which the application names itself."},
            "client_type": {
                "help_text": "Confidential, if the application can keep a secret; public, if not."
            },
            "redirect_uris": {"help_text": "Where users may be sent back to, separated by spaces."},
            "authorization_grant_type": {"help_text": "How users let the application act for them."},
            "skip_authorization": {"help_text": "Whether users are not asked."},
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {"organization": f"/api/v2/organizations/{obj.organization_id}/"}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        organization = obj.organization
        return {
            "organization": {
                "id": organization.pk,
                "name": organization.name,
                "description": organization.description,
            },
            **super().get_summary_fields(obj),
            "tokens": self._tokens(obj),
        }

    def _tokens(self, obj: Application) -> dict[str, Any]:
        """How many there are, and the first of them: asked once for all applications that are shown together."""
        context: Any = self.context
        known: dict[int, dict[str, Any]] = context.setdefault("tokens_by_application", {})
        if obj.pk not in known:
            known |= tokens_by_application([shown.pk for shown in page_of(self, obj)])
        return known[obj.pk]

    def create(self, validated_data: dict[str, Any]) -> Any:
        self.issued = make_client_secret()
        return super().create(validated_data | {"client_secret": self.issued})

    def to_representation(self, instance: Application) -> dict[str, Any]:
        shown = {
            **super().to_representation(instance),
            "client_secret": getattr(self, "issued", CENSORED),
        }
        if instance.is_public:
            del shown["client_secret"]
        return shown


def tokens_by_application(ids: list[int]) -> dict[int, dict[str, Any]]:
    rows = AccessToken.objects.filter(application__in=ids)
    found: dict[int, dict[str, Any]] = {pk: {"count": 0, "results": []} for pk in ids}
    for pk, count in rows.order_by().values_list("application").annotate(Count("pk")):
        found[pk]["count"] = count
    place = Window(RowNumber(), partition_by="application", order_by="pk")
    shown = rows.annotate(place=place).filter(place__lte=TOKENS_SHOWN).order_by("pk")
    for owner, pk, scope in shown.values_list("application", "pk", "scope"):
        found[owner]["results"].append({"id": pk, "token": CENSORED, "scope": scope})
    return found


class ApplicationViewSet(Resource):
    """Programs that users let act for them. The secret is in the answer that makes one, and nowhere else."""

    queryset = APPLICATIONS
    serializer_class = ApplicationSerializer
    search_fields = ("name", "description")
    named_by = (("name",), ("organization__name",))
    # AWX keeps it elsewhere.
    unfilterable = ("modified",)


class OrganizationApplications(Sublist):
    """The applications of an organization; POST makes one more."""

    queryset = APPLICATIONS
    serializer_class = ApplicationSerializer
    search_fields = ("name", "description")
    parents = Organization.objects.all()
    parent_relation: ClassVar[str] = "organization"
    parent_field: ClassVar[str] = "organization"
