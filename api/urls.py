from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from api.root import Root, VersionRoot

# drf-spectacular's views bring the test tools of Django and REST framework: they are read when somebody asks for them.


@csrf_exempt
def schema(request: HttpRequest) -> HttpResponseBase:
    from drf_spectacular.views import SpectacularAPIView  # noqa: PLC0415

    answer: HttpResponseBase = SpectacularAPIView.as_view()(request)
    return answer


@csrf_exempt
def docs(request: HttpRequest) -> HttpResponseBase:
    from drf_spectacular.views import SpectacularSwaggerView  # noqa: PLC0415

    answer: HttpResponseBase = SpectacularSwaggerView.as_view()(request)
    return answer


urlpatterns: list[URLPattern | URLResolver] = [
    path("", Root.as_view(), name="api-root"),
    path("v2/", VersionRoot.as_view(), name="api-v2-root"),
    path("v2/schema/", schema, name="schema"),
    path("v2/docs/", docs, name="docs"),
]
