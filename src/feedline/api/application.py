"""The API as one ASGI application."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from feedline.api.http import Endpoint
from feedline.api.identity import Gate
from feedline.api.openapi import openapi_operation
from feedline.api.operation import Operation
from feedline.api.page import Docs, Page
from feedline.api.routes import operations
from feedline.api.services import Services

ROUTE = "feedline.route"
"""Where a scope says which path of the table its request was for."""
_ANYWHERE = frozenset({"/healthz", "/readyz", "/metrics"})


class Application:
    """Finds who answers a path: fixed paths at once, the others by Starlette's router.

    Every endpoint answers its own errors, so nothing is wrapped around them.
    """

    def __init__(self, endpoints: Mapping[str, ASGIApp], default: ASGIApp) -> None:
        self._fixed = {path: app for path, app in endpoints.items() if "{" not in path}
        routes = [Route(path, _Routed(path, app)) for path, app in endpoints.items() if "{" in path]
        self._router = Router(routes, redirect_slashes=False, default=default)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._fixed.get(scope["path"]) if scope["type"] == "http" else None
        if app is not None:
            scope[ROUTE] = scope["path"]
        await (app or self._router)(scope, receive, send)


class _Routed:
    """An endpoint whose path has parameters."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        self._path = path
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ROUTE] = self._path
        await self._app(scope, receive, send)


def build_api(services: Services, elsewhere: Mapping[str, ASGIApp] | None = None) -> Application:
    """Everything under /api, the pages for operators, and the page itself.

    ``elsewhere``: the applications that serve operations without a handler, by path.
    """
    table = operations(services)
    table = [*table, openapi_operation(table, services.settings)]
    gate = Gate(services.passes, services.settings.allowed_origins)
    page = Page(services.page)
    endpoints: dict[str, ASGIApp] = {
        path: Endpoint(methods, services, gate) for path, methods in _by_path(table).items()
    }
    return Application({**endpoints, **(elsewhere or {}), "/api/docs": Docs(page)}, default=page)


def build_health(
    services: Services, elsewhere: Mapping[str, ASGIApp], default: ASGIApp
) -> Application:
    """What operators ask any node, beside ``elsewhere``; all that is missing is ``default``'s."""
    table = [operation for operation in operations(services) if operation.path in _ANYWHERE]
    gate = Gate(services.passes, services.settings.allowed_origins)
    endpoints: dict[str, ASGIApp] = {
        path: Endpoint(methods, services, gate) for path, methods in _by_path(table).items()
    }
    return Application({**endpoints, **elsewhere}, default=default)


def _by_path(table: Iterable[Operation]) -> Mapping[str, list[Operation]]:
    paths: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in table:
        if operation.handler is not None:
            paths[operation.path].append(operation)
    return paths
