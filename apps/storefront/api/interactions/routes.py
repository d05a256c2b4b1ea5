"""What shoppers do, sent by other programs on the way that the shop's own events take."""

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.interactions.schemas import (
    InteractionRows,
    NewInteraction,
    PublishedInteraction,
)
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.rows import CheckedRows, CheckedRowsAnswer
from apps.storefront.services import Services
from streams.contracts import INTERACTIONS
from streams.errors import UnavailableError

blueprint = Blueprint("api_interactions", __name__, tag="Interactions", url_prefix="/interactions")


@blueprint.post("")
@blueprint.auth_required(auth, roles=[Scope.INTERACTIONS_WRITE])
@blueprint.input(NewInteraction)
@blueprint.output(PublishedInteraction, status_code=202)
def publish(json_data: NewInteraction) -> PublishedInteraction:
    """Send one interaction.

    It is durable once this is answered: Kafka has acknowledged it or, while Kafka is unavailable,
    the outbox keeps it.
    """
    event = json_data.identified
    if not Services.of_this_app().events.send(event):
        raise UnavailableError("neither Kafka nor the full outbox takes an interaction")
    return PublishedInteraction(interaction_id=event.interaction_id)


@blueprint.post("/bulk")
@blueprint.auth_required(auth, roles=[Scope.INTERACTIONS_WRITE])
@blueprint.input(InteractionRows)
@blueprint.output(CheckedRowsAnswer, status_code=202)
def publish_many(json_data: CheckedRows[NewInteraction]) -> CheckedRowsAnswer:
    """Send many interactions.

    The rows that keep the contract are durable once this is answered: Kafka has acknowledged them.
    The others are left out and reported. While Kafka is unavailable the answer is 503, and all rows
    may be sent again: a row that states its id or its timestamp adds nothing the second time.
    """
    services = Services.of_this_app()
    services.events.send_all(
        INTERACTIONS,
        [row.identified for row in json_data.valid],
        timeout=services.settings.relay_timeout.total_seconds(),
    )
    return CheckedRowsAnswer.of(json_data)
