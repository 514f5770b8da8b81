from django.urls import URLPattern, URLResolver, path

from access.api.sessions import Login, Logout

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", Logout.as_view(), name="logout"),
]
