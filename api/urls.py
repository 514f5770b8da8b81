from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from api.root import Ping, Root, VersionRoot
from api.routers import Router

router = Router()
router.endpoint("ping", Ping, name="ping")
router.endpoint("schema", SpectacularAPIView)
router.endpoint("docs", SpectacularSwaggerView)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", Root.as_view(), name="api-root"),
    path("v2/", VersionRoot.as_view(), name="api-v2-root"),
    *[path(f"v2/{pattern.pattern}", pattern.callback, name=pattern.name) for pattern in router.urls],
]
