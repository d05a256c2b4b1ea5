"""Liveness and readiness."""

from collections.abc import Mapping

import psycopg
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from apps.storefront.services import Services
from streams.errors import UnavailableError

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> ResponseReturnValue:
    """The worker answers."""
    return jsonify(status="alive")


@blueprint.get("/ready")
def ready() -> ResponseReturnValue:
    """The shop can serve pages."""
    try:
        return jsonify(readiness(Services.of_this_app()))
    except UnavailableError:
        return jsonify(status="not ready", database="unavailable"), 503


def readiness(services: Services) -> Mapping[str, str]:
    """How the shop's dependencies are, if it can serve.

    Without Kafka events wait in the outbox, however many; without Feast a simpler list is
    recommended.

    Raises:
        UnavailableError: it cannot serve, for its database does not answer.
    """
    try:
        with services.database.connection() as connection:
            connection.execute("select 1")
    except psycopg.Error as error:
        raise UnavailableError(f"PostgreSQL does not answer: {error}") from error
    return {
        "status": "ready",
        "database": "up",
        "kafka": "up" if services.events.kafka_answers else "unavailable",
        "recommendations": services.recommender.status().source,
    }
