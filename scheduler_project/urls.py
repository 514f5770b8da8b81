from django.urls import include, path
from django.views.generic import TemplateView

index = TemplateView.as_view(template_name="index.html")

urlpatterns = [
    path("", index, name="index"),
    # AWX shows the page of its UI at whatever is not below /api/; clients ask for these.
    path("api", index),
    path("favicon.ico", index),
    path("api/", include("api.urls")),
    path("api/", include("access.api.session_urls")),
    path("api/o/", include("access.oauth.urls")),
    path("api/v2/", include("access.api.urls")),
    path("api/v2/", include("observability.api.urls")),
    path("api/v2/", include("credentials.api.urls")),
    path("api/v2/", include("inventories.api.urls")),
    path("api/v2/", include("instances.api.urls")),
    path("api/v2/", include("jobs.api.urls")),
    path("api/v2/", include("schedules.api.urls")),
    path("api/v2/", include("workflows.api.urls")),
    path("api/v2/", include("notifications.api.urls")),
]

handler400 = "api.errors.bad_request"
handler403 = "api.errors.permission_denied"
handler404 = "api.errors.not_found"
handler500 = "api.errors.server_error"
