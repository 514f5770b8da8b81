import hashlib
import json
from typing import Any

import pytest

from jobs.catalogues import MAX_DOCUMENT, MAX_ENDPOINTS, MAX_SHOWN, InvalidCatalogue, read_catalogue


def endpoints_of(content: Any) -> dict[str, list[str]]:
    return read_catalogue(json.dumps(content).encode()).endpoints


def test_openapi_document_names_its_paths_with_their_methods() -> None:
    content = {
        "openapi": "3.0.3",
        "servers": [{"url": "https://elsewhere.example.com/v1"}],
        "paths": {
            "/jobs/z": {"post": {}, "get": {}, "parameters": [], "summary": "x"},
            "/jobs/a": {"delete": {}},
            "/only/described": {"summary": "no operation"},
            "x-internal": {"post": {}},
        },
    }

    found = endpoints_of(content)

    assert list(found.items()) == [("/jobs/a", ["DELETE"]), ("/jobs/z", ["GET", "POST"])]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([], {}),
        (["/b", "/a", "/b"], {"/a": [], "/b": []}),
        (["POST /a", "get /a"], {"/a": ["GET", "POST"]}),
        (["https://other.example.com/x"], {"https://other.example.com/x": []}),
        ([{"path": "/a", "method": "post"}], {"/a": ["POST"]}),
        ([{"endpoint": "/a", "methods": ["GET", "PUT", "OPTIONS"]}], {"/a": ["GET", "PUT"]}),
        ({"endpoints": ["/a"]}, {"/a": []}),
        ({"openapi": "3.1.0"}, {}),
    ],
)
def test_list_names_its_endpoints(content: Any, found: dict[str, list[str]]) -> None:
    assert endpoints_of(content) == found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "The document is neither an OpenAPI 3 document nor a JSON list of endpoints."),
        ("/a", "The document is neither an OpenAPI 3 document nor a JSON list of endpoints."),
        ({"swagger": "2.0"}, "The document is of Swagger 2; OpenAPI 3 is read, and a JSON list."),
        ({"openapi": "4.0.0"}, "The document is of OpenAPI '4.0.0'; 3 is read."),
        ({"openapi": "3.0.0", "paths": []}, "The document's `paths` is not an object."),
        (
            {"openapi": "3.0.0", "paths": {"jobs": {}}},
            "The path 'jobs' does not begin with a slash.",
        ),
        (
            {"openapi": "3.0.0", "paths": {"/a": None}},
            "The path '/a' has no object of operations.",
        ),
        ([1], "Entry 1 of the list is neither a text nor an object."),
        (["/a", {"name": "x"}], "Entry 2 of the list has no text `path`."),
        ([{"path": "/a", "method": 5}], "Entry 1 of the list names a method that HTTP does not know."),
        ([""], "The list names an empty endpoint."),
        (
            ["/a b"],
            (
                "The endpoint '/a b' cannot be called: "
                "Spaces, backslashes and control characters must be percent-encoded."
            ),
        ),
        (
            ["\ud800"],
            (
                r"The endpoint '\ud800' cannot be called: "
                "Spaces, backslashes and control characters must be percent-encoded."
            ),
        ),
    ],
)
def test_other_documents_are_refused_in_words(content: Any, words: str) -> None:
    with pytest.raises(InvalidCatalogue) as refused:
        endpoints_of(content)

    assert str(refused.value) == words


@pytest.mark.parametrize("document", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"openapi: 3.0.0\n"])
def test_what_is_not_json_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidCatalogue, match=r"^The document is not JSON\.$"):
        read_catalogue(document)


def test_size_is_bounded() -> None:
    with pytest.raises(InvalidCatalogue, match="longer than 2 MiB"):
        read_catalogue(b"[]", truncated=True)
    with pytest.raises(InvalidCatalogue, match="longer than 2 MiB"):
        read_catalogue(b" " * MAX_DOCUMENT + b"[]")
    with pytest.raises(InvalidCatalogue, match=f"more than {MAX_ENDPOINTS} endpoints"):
        endpoints_of([f"/{number}" for number in range(MAX_ENDPOINTS + 1)])


def test_summary_names_the_first_endpoints() -> None:
    document = json.dumps([f"GET /{number:04}" for number in range(MAX_SHOWN + 1)]).encode()

    summary = read_catalogue(document).summary()

    assert summary["revision"] == hashlib.sha256(document).hexdigest()
    assert summary["endpoint_count"] == MAX_SHOWN + 1
    assert summary["endpoints"][:2] == ["GET /0000", "GET /0001"]
    assert len(summary["endpoints"]) == MAX_SHOWN
