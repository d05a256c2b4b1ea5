"""One submission of a form: its effect, its events and its record in one transaction.

Every page gives each of its forms a `form_id`. A form that changes the shop's tables acts inside
`submitted_once`: the first submission records the id together with its effect, and a second one
(a double click, a reload, a repeated request) does nothing and leads to where the first one led.
A form without an id of ours, or one that is too old to be recorded still, is refused as stale.
Forms that change the browser's cookie alone (log in, log out) may be sent twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from psycopg import Connection
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from apps.storefront.services import Services
from apps.storefront.submissions import repository
from streams.contracts import Event, InteractionType, derived_id, new_id

STALE_FORM = "The form has expired or came from another site. Go back, reload and try again."
_MAX_AGE = timedelta(days=30)
_MAX_CLOCK_SKEW = timedelta(minutes=5)


class AlreadySubmittedError(HTTPException):
    """The form acted before; the answer is a redirect to where it led."""


@dataclass(slots=True)
class Submission:
    """The form that acts in this request."""

    form_id: UUID
    connection: Connection[Any]
    """Of the transaction in which everything of the form happens."""
    location: str = ""
    events: list[Event] = field(default_factory=list)
    """To be written to the outbox in the same transaction."""

    def interaction_id(self, kind: InteractionType, item_id: str) -> UUID:
        """The id of the form's interaction with an item: the same if it is made twice."""
        issued = _issued_at(self.form_id)
        return derived_id(issued, "form", str(self.form_id), kind.value, item_id)

    def lead_to(self, location: str) -> Response:
        """The form's answer, now and whenever it is sent again."""
        self.location = location
        return redirect(location)


def new_form_id() -> str:
    """A form's id, made when its page is rendered."""
    return str(new_id())


@contextmanager
def submitted_once(user_id: str | None) -> Iterator[Submission]:
    """The transaction in which the request's form acts; its body says where the form leads.

    A form that leads nowhere, or whose body raises, has not acted: nothing of it is kept.

    Args:
        user_id: who sends the form; None for someone without an account.

    Raises:
        AlreadySubmittedError: the form acted before.
        HTTPException: the account has been deleted meanwhile; the answer leads to the log-in page.
        BadRequest: the form has no id, or a stale one.
    """
    form_id = _form_id(request.form.get("form_id", ""))
    services = Services.of_this_app()
    with services.database.connection() as connection:
        if not repository.claim(connection, form_id, user_id):
            location = repository.location(connection, form_id, user_id)
            if location is None:
                abort(400, STALE_FORM)
            flash("You sent this form more than once. It was counted once.", "warning")
            raise AlreadySubmittedError(response=redirect(location))
        if user_id is not None and not repository.take_turns(connection, user_id):
            abort(redirect(url_for("accounts.log_in")))
        repository.remove_old(connection, _MAX_AGE + _MAX_CLOCK_SKEW)
        submission = Submission(form_id, connection)
        yield submission
        if not submission.location:
            connection.rollback()
            return
        repository.complete(connection, form_id, submission.location)
        services.events.store(connection, submission.events)
    if submission.events:
        services.events.announce()


def _form_id(text: str) -> UUID:
    try:
        form_id = UUID(text)
    except ValueError:
        abort(400, STALE_FORM)
    age = datetime.now(UTC).timestamp() - _seconds(form_id)
    is_ours = form_id.version == 7  # noqa: PLR2004 - RFC 9562
    if not is_ours or not -_MAX_CLOCK_SKEW.total_seconds() <= age < _MAX_AGE.total_seconds():
        abort(400, STALE_FORM)
    return form_id


def _issued_at(form_id: UUID) -> datetime:
    return datetime.fromtimestamp(_seconds(form_id), UTC)


def _seconds(form_id: UUID) -> float:
    return (form_id.int >> 80) / 1000  # the time of a UUIDv7 (RFC 9562, section 5.7)
