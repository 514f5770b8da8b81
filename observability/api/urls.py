from django.urls import URLPattern, URLResolver

from api.routers import Router
from observability.api.metrics import Metrics

router = Router()
router.endpoint("metrics", Metrics, name="metrics")

urlpatterns: list[URLPattern | URLResolver] = router.urls
