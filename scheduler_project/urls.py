from django.urls import include, path

urlpatterns = [
    path("api/", include("api.urls")),
    path("api/", include("access.api.session_urls")),
    path("api/v2/", include("access.api.urls")),
    path("api/v2/", include("jobs.api.urls")),
    path("api/v2/", include("schedules.api.urls")),
]
