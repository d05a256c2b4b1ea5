"""What shoppers were shown. An answer of the API is an impression only if its caller says so."""

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.impressions.schemas import NewImpression, NotedImpression
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.services import Services

blueprint = Blueprint("api_impressions", __name__, tag="Impressions")


@blueprint.post("/impressions")
@blueprint.auth_required(auth, roles=[Scope.INTERACTIONS_WRITE])
@blueprint.input(NewImpression)
@blueprint.output(NotedImpression, status_code=202)
def note(json_data: NewImpression) -> NotedImpression:
    """Say that a shopper was shown a list.

    It is sent in the background and, unlike an interaction, may be lost while Kafka is unavailable.
    """
    Services.of_this_app().impressions.send([json_data])
    return NotedImpression(impression_id=json_data.impression_id)
