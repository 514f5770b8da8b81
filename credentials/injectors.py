"""What a credential of a user's own type gives to a call: headers and parameters, as templates of its inputs.

A template is text with `{{ name }}` in it, read by Django's template language, of which nothing else is let in: no
tags, no filters, no attributes. So a template can say what is in the credential, and can do nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import TextNode, VariableNode

from api.values import value_problem
from credentials.exceptions import InvalidInjectors

# `env` is AWX's: kept and given back, without effect on a call.
KINDS = ("extra_vars", "headers", "env")
MAX_TEMPLATE = 8192

_engine = Engine(autoescape=False)


def checked_injectors(sent: object, names: frozenset[str]) -> dict[str, Any]:
    """The injectors of a type that has inputs of these names. Raises InvalidInjectors, in AWX's words."""
    if not isinstance(sent, dict):
        raise InvalidInjectors([f"{type(sent).__name__} provided, expected dict"])
    texts = [problem] if (problem := value_problem(sent)) else list(_problems(sent, names))
    if texts:
        raise InvalidInjectors(texts)
    return sent


def render(templates: object, inputs: Mapping[str, Any]) -> Any:
    """The templates with the inputs put in; an input that was not given is an empty text."""
    if isinstance(templates, str):
        return _engine.from_string(templates).render(Context(dict(inputs), autoescape=False))
    if isinstance(templates, dict):
        return {name: render(value, inputs) for name, value in templates.items()}
    if isinstance(templates, list):
        return [render(value, inputs) for value in templates]
    return templates


def _problems(sent: dict[str, Any], names: frozenset[str]) -> Iterator[str]:
    for kind, injected in sent.items():
        if kind not in KINDS:
            yield (
                f"Additional properties are not allowed ({kind!r:.100} was unexpected): a call takes "
                "'headers' and 'extra_vars'; files are not supported."
            )
        elif not isinstance(injected, dict):
            yield f"{type(injected).__name__} provided in relative path [{kind!r}], expected dict"
        else:
            for name, value in injected.items():
                yield from _template_problems(name, value, names, nested=kind == "extra_vars")


def _template_problems(name: str, value: object, names: frozenset[str], *, nested: bool) -> Iterator[str]:
    if nested and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _template_problems(name, inner, names, nested=True)
        return
    if not isinstance(value, str):
        if not nested:
            yield f"{type(value).__name__} provided for {name[:100]}, expected string"
        return
    if len(value) > MAX_TEMPLATE:
        yield f"{name[:100]} has more than {MAX_TEMPLATE} characters."
        return
    try:
        used = set(_names_in(_engine.from_string(value)))
    except TemplateSyntaxError:
        yield (
            f"Syntax error rendering template for {name[:100]} inside of {value[:100]}: "
            "only {{ name }} is supported, where name is an input"
        )
        return
    for missing in sorted(used - names):
        yield f"{name[:100]} uses an undefined field ('{missing[:100]}' is undefined)"


def _names_in(template: Template) -> Iterator[str]:
    """The inputs that a template names. Raises TemplateSyntaxError where there is anything but text and names."""
    for node in template.nodelist:
        if isinstance(node, TextNode):
            continue
        if not isinstance(node, VariableNode) or node.filter_expression.filters:
            raise TemplateSyntaxError("only names are supported")
        variable = node.filter_expression.var
        lookups = getattr(variable, "lookups", None)
        if not lookups or len(lookups) != 1 or getattr(variable, "translate", False):
            raise TemplateSyntaxError("only names are supported")
        yield lookups[0]
