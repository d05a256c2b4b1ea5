"""What the form that deletes an account may hold."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from apps.storefront.accounts.schemas import MAX_PASSWORD_LENGTH


class DeleteAccountForm(BaseModel):
    """The password, whatever it is."""

    password: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD_LENGTH)]
