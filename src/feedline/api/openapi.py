"""The OpenAPI 3.1 document, made from the table of routes and the structs in it."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from feedline import __version__
from feedline.api.limits import with_limits
from feedline.api.operation import Call, Operation
from feedline.api.posts import KEY_LONGEST
from feedline.config import Settings
from feedline.errors import CODES
from feedline.wire.answers import Answer, encode
from feedline.wire.credentials import COOKIE
from feedline.wire.problems import PROBLEM_TYPE, Problem

Json = dict[str, Any]
_REFERENCE = "#/components/schemas/{name}"
_PROBLEM = {PROBLEM_TYPE.decode(): {"schema": {"$ref": _REFERENCE.format(name="Problem")}}}
_RETRY = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
_SERVICE = "Made by `feedline token create`."
_SECURITY: dict[str, list[Json]] = {
    "none": [],
    "optional": [{}, {"bearer": []}, {"cookie": []}],
    "required": [{"bearer": []}, {"cookie": []}],
    "service": [{"service": []}],
}


def openapi_operation(table: Sequence[Operation], settings: Settings) -> Operation:
    """The operation that answers with the document, which describes it too."""

    @cache
    def document() -> bytes:
        return encode(openapi([*table, operation], settings))

    async def handler(_call: Call[None, None]) -> Answer:
        return Answer(document())

    operation = Operation(
        method="GET",
        path="/api/openapi.json",
        name="openapi",
        summary="This document",
        tag="operation",
        handler=handler,
        auth="none",
    )
    return operation


def openapi(table: Sequence[Operation], settings: Settings) -> Json:
    """The document for a table of operations, with the limits of an installation."""
    structs = {struct for op in table for struct in (op.body, op.answer) if struct is not None}
    _, schemas = msgspec.json.schema_components({*structs, Problem}, ref_template=_REFERENCE)
    paths: dict[str, Json] = {}
    for operation in table:
        described = _operation(operation, limited=bool(settings.body_limit))
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Feedline",
            "version": __version__,
            "summary": "A self-hosted, real-time post feed.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": with_limits(dict(sorted(schemas.items())), settings),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "service": {"type": "http", "scheme": "bearer", "description": _SERVICE},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _operation(operation: Operation, *, limited: bool) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _SECURITY[operation.auth],
        "parameters": _parameters(operation),
        "responses": {
            str(operation.status): _success(operation),
            **(_of_files(operation) if operation.is_file else {}),
            **_failures(operation, limited=limited),
        },
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        described["requestBody"] = {"required": not operation.body_may_be_empty, "content": content}
    if operation.uploads:
        described["requestBody"] = {"required": True, "content": _FILE}
    return described


def _parameters(operation: Operation) -> list[Json]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    if operation.query is not None:
        (_, components) = msgspec.json.schema_components([operation.query])
        for name, schema in components[operation.query.__name__]["properties"].items():
            parameters.append({"name": name, "in": "query", "schema": schema})
    if operation.may_lag:
        parameters.append(_SEEN_CURSOR)
    if operation.keyed:
        parameters.append(_IDEMPOTENCY_KEY)
    if operation.resumes:
        parameters.append(_LAST_EVENT_ID)
    if operation.is_file:
        parameters += _CONDITIONS
    return parameters


_FILE: Json = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}},
            "required": ["file"],
            "additionalProperties": False,
        }
    }
}

_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A repeat with the same key and body gets the stored answer, byte for byte.",
    "schema": {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": KEY_LONGEST},
}

_SEEN_CURSOR: Json = {
    "name": "Seen-Cursor",
    "in": "header",
    "description": "The newest cursors that the client has; the answer is no older than these.",
    "schema": {"type": "string"},
}

_LAST_EVENT_ID: Json = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The `id` of the last event that came; it wins over `cursor`.",
    "schema": {"type": "string"},
}


_CONDITIONS: list[Json] = [
    {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}
    for name, description in (
        ("Range", "The part that is asked for: `bytes=0-99`."),
        ("If-Range", "The `ETag` of which that is to be a part; else all of it comes."),
        ("If-None-Match", "The `ETag` of what the client has: 304 then."),
    )
]


def _success(operation: Operation) -> Json:
    described: Json = {"description": operation.summary}
    if operation.status != 204:
        schema = {} if operation.answer is None else _reference(operation.answer)
        described["content"] = {operation.media_type.decode(): {"schema": schema}}
    if operation.keyed:
        described["headers"] = {
            "Idempotency-Replayed": {
                "schema": {"const": "true"},
                "description": "There when the answer is a stored one.",
            }
        }
    return described


def _of_files(operation: Operation) -> Json:
    """What is answered where a part was asked for, or the client has it all."""
    content: Json = {operation.media_type.decode(): {"schema": {}}}
    return {
        "206": {"description": "The part of it that was asked for.", "content": content},
        "304": {"description": "The client has it already."},
    }


def _failures(operation: Operation, *, limited: bool) -> dict[str, Json]:
    """Every status an operation may fail with, and the codes that come with it."""
    codes: dict[int, list[str]] = {}
    for code in CODES:
        if code in _codes(operation, limited=limited):
            codes.setdefault(CODES[code].status, []).append(code)
    return {
        str(status): {
            "description": f"Code: {', '.join(f'`{name}`' for name in names)}.",
            "content": _PROBLEM,
            **({"headers": _RETRY} if status in (429, 503) else {}),
        }
        for status, names in sorted(codes.items())
    }


def _codes(operation: Operation, *, limited: bool) -> set[str]:
    codes = {*operation.codes, "internal"}
    if operation.auth != "none":
        codes |= {"unauthenticated", "unavailable"}
    # A page of another origin, a program where a person is asked, or the other way round.
    if operation.signs_in or operation.auth in ("required", "service"):
        codes |= {"forbidden", "unavailable"}
    if operation.body is not None or operation.uploads:
        codes |= {"bad_request", "unsupported_media_type", "validation_failed"}
        codes |= {"payload_too_large"} if limited else set()
    if operation.query is not None or operation.keyed:
        codes.add("validation_failed")
    if operation.keyed:
        codes.add("idempotency_mismatch")
    if operation.is_file:
        codes.add("range_not_satisfiable")
    if "{" in operation.path:
        codes.add("not_found")
    return codes


def _reference(struct: type[msgspec.Struct]) -> Json:
    return {"$ref": _REFERENCE.format(name=struct.__name__)}
