"""The pages on which a browser shows the API: they look like Belfry and work without JavaScript."""

import json
from copy import copy
from typing import Any
from urllib.parse import urlsplit

from rest_framework.fields import DictField, ListField
from rest_framework.relations import ManyRelatedField
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.serializers import ListSerializer
from rest_framework.status import HTTP_200_OK, HTTP_405_METHOD_NOT_ALLOWED

from api.documentation import json_as_html, text_as_html
from api.exposure import exposure_of
from api.offering import offer_objects
from api.parsers import PageFormParser
from api.searching import search_fields_of


class Pages(BrowsableAPIRenderer):
    """DRF's browsable API in Belfry's templates. Its forms are read by `PageFormParser`."""

    # DRF's, of the answer that is rendered.
    renderer_context: dict[str, Any]

    def get_content(self, renderer: Any, data: Any, accepted_media_type: Any, renderer_context: Any) -> str:
        content = super().get_content(renderer, data, accepted_media_type, renderer_context)
        return json_as_html(content) if getattr(renderer, "format", "") == "json" else content

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        own = view.parser_classes
        view.parser_classes = [*own, PageFormParser]
        try:
            return super().get_rendered_html_form(data, view, method, request)
        finally:
            view.parser_classes = own

    def render_form_for_serializer(self, serializer: Any) -> Any:
        if hasattr(serializer, "child"):
            return None
        if hasattr(serializer, "initial_data"):
            serializer.is_valid()
        if any(field.required and not fits_a_form(field) for field in serializer.fields.values()):
            return None
        form = copy(serializer)
        form.fields = self._fields_of_form(serializer)
        if self._asked() and not form.fields:
            return None
        for field in form.fields.values():
            # DRF's templates take it for HTML.
            field.help_text = field.help_text and text_as_html(field.help_text)
        offer_objects(form, self.renderer_context["request"].user)
        return self.form_renderer_class().render(
            form.data, "text/html", {"style": {"template_pack": "rest_framework/vertical"}}
        )

    def _fields_of_form(self, serializer: Any) -> dict[str, Any]:
        fields = {name: field for name, field in serializer.fields.items() if fits_a_form(field)}
        asked = self._asked()
        if asked is None:
            return fields
        for name in asked.keys() & fields.keys():
            fields[name].initial = asked[name]
        return {name: field for name, field in fields.items() if name in asked}

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        """The form for a JSON body, filled with what may be written: with what is there where there is something."""
        form = super().get_raw_data_form(data, view, method, request)
        if form is None:
            return None
        content = form.fields["_content"].initial
        asked = self._asked()
        if asked is not None:
            content = json.dumps(asked, indent=4, ensure_ascii=False)
        serializer = getattr(data, "serializer", None)
        if content and serializer is not None and hasattr(serializer, "fields"):
            values = json.loads(content)
            writable = {name for name, field in serializer.fields.items() if not field.read_only}
            if isinstance(values, dict):
                content = json.dumps(
                    {k: v for k, v in values.items() if k in writable}, indent=4, ensure_ascii=False
                )
        form.fields["_content"].initial = content
        return form

    def _asked(self) -> dict[str, Any] | None:
        """The fields that the view's `asked_in_forms` wants in forms, with what stands in them; None for all."""
        ask = getattr(self.renderer_context["view"], "asked_in_forms", None)
        return ask() if ask is not None else None

    def get_breadcrumbs(self, request: Request) -> list[tuple[str, str]]:
        """The pages above this one; those of one object with its number."""
        return [(_numbered(name, path), path) for name, path in super().get_breadcrumbs(request)]

    def get_filter_form(self, data: Any, view: Any, request: Request) -> None:
        return None

    def get_context(self, data: Any, accepted_media_type: Any, renderer_context: Any) -> dict[str, Any]:
        context = super().get_context(data, accepted_media_type, renderer_context)
        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        is_list = getattr(view, "is_list", False)
        if isinstance(data, dict) and response.status_code == HTTP_200_OK and not is_list:
            context["object_name"] = data.get("name") or data.get("username")
        # Opened by a browser, a path that is only posted to is its form, and no error.
        is_not_read = request.method == "GET" and response.status_code == HTTP_405_METHOD_NOT_ALLOWED
        context["is_form_alone"] = is_not_read and (context["post_form"] or context["raw_data_post_form"])
        context["other_filters"] = [
            (name, value)
            for name, values in request.query_params.lists()
            for value in values
            if name not in ("search", "page")
        ]
        if is_list and getattr(view, "queryset", None) is not None:
            exposure = exposure_of(view.queryset.model)
            context["filterable"] = sorted(exposure.shown | set(exposure.aliases))
            context["searched"] = search_fields_of(view)
        context["previous_page"] = context["next_page"] = None
        paginator = context["paginator"]
        if paginator is not None and getattr(paginator, "page", None) is not None:
            context["previous_page"] = paginator.get_previous_link()
            context["next_page"] = paginator.get_next_link()
        return context


def _numbered(name: str, path: str) -> str:
    last = urlsplit(path).path.strip("/").rpartition("/")[2]
    return f"{name} {last}" if last.isdigit() else name


def fits_a_form(field: Any) -> bool:
    """Whether a form can take a field's values; others are sent as JSON."""
    if isinstance(field, ManyRelatedField):
        return bool(field.choices)
    return not isinstance(field, DictField | ListField | ListSerializer)
