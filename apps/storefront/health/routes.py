"""Liveness and readiness."""

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
    """The shop can serve pages: it needs its database, and says how the others are.

    Without Kafka events wait in the outbox, however many; without Feast a simpler list is
    recommended.
    """
    services = Services.of_this_app()
    try:
        with services.database.connection() as connection:
            connection.execute("select 1")
    except (psycopg.Error, UnavailableError):
        return jsonify(status="not ready", database="unavailable"), 503
    return jsonify(
        status="ready",
        database="up",
        kafka="up" if services.events.kafka_answers else "unavailable",
        recommendations=services.recommender.status().source,
    )
