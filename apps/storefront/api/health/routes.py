"""Liveness and readiness; they need no key."""

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.health.schemas import Liveness, Readiness
from apps.storefront.health.routes import readiness
from apps.storefront.services import Services

blueprint = Blueprint("api_health", __name__, tag="Health", url_prefix="/health")


@blueprint.get("/live")
@blueprint.output(Liveness)
def live() -> Liveness:
    """Whether the worker answers."""
    return Liveness(status="alive")


@blueprint.get("/ready")
@blueprint.output(Readiness)
def ready() -> Readiness:
    """Whether the API can serve, and how what it depends on is; 503 if it cannot."""
    return Readiness.model_validate(readiness(Services.of_this_app()))
