"""The command line of Modelyard, whose server has some addresses more: above all one that does nothing.

Run as a program: `python -m benchmarks.empty_endpoint serve …`. The rate of that one is what framework, middleware,
protocol and load generator leave for work; it shares all of them with the endpoints beside it.
"""

from dataclasses import replace
from unittest import mock

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

import modelyard.__main__
from benchmarks.servers import ANEW, EMPTY_PATH, FOUND_FIRST_PATH
from modelyard.presentation.api.app import Lifespan, create_api
from modelyard.presentation.http.context import Context
from modelyard.presentation.http.recent_answers import RecentAnswers
from modelyard.presentation.http.routing import RegistryRoute


class Nothing(BaseModel):
    """The answer, so that validating and writing one is counted."""

    status: str = "ok"


async def answer_nothing() -> Nothing:
    """Do nothing."""
    return Nothing()


def create_api_with_empty_endpoint(context: Context, lifespan: Lifespan | None = None) -> FastAPI:
    """The API of the product, and the empty endpoint twice.

    Once it is added as any other route is: of the same kind, with the same checks, found after those of the API.
    Once it is put before all others and does without the checks: no endpoint of this framework can answer sooner.
    Below `/anew` stands the API once more, without a memory of recent answers: each read goes to the database.
    """
    router = APIRouter(route_class=RegistryRoute)
    router.add_api_route(EMPTY_PATH, answer_nothing, response_model=Nothing, include_in_schema=False)
    api = create_api(context, lifespan)
    api.router.routes.extend(router.routes)
    api.add_api_route(FOUND_FIRST_PATH, answer_nothing, response_model=Nothing, include_in_schema=False)
    api.router.routes.insert(0, api.router.routes.pop())
    api.mount(ANEW, create_api(replace(context, recent_versions=RecentAnswers(0))))
    return api


def main() -> None:
    """Run a command of Modelyard's."""
    with mock.patch("modelyard.bootstrap.asgi.create_api", create_api_with_empty_endpoint):
        modelyard.__main__.main()


if __name__ == "__main__":
    main()
