from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

# drf-spectacular knows the extensions of modules that are loaded.
from api import schema  # noqa: F401
from api.root import Root, VersionRoot
from api.routers import Router

router = Router()
router.endpoint("schema", SpectacularAPIView)
router.endpoint("docs", SpectacularSwaggerView)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", Root.as_view(), name="api-root"),
    path("v2/", VersionRoot.as_view(), name="api-v2-root"),
    path("v2/", include(router.urls)),
]
