"""What the page is asked for."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ml.merchandising import Surface
from streams.contracts.text import Storable

User = Annotated[str, StringConstraints(max_length=320), Storable]
MAX_SHOWN = 50


class _Page(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    surface: Surface = Surface.RECOMMENDATIONS
    limit: Annotated[int, Field(ge=1, le=MAX_SHOWN)] = 20


class Explained(_Page):
    """The query of the page: whose list it explains."""

    user: User = ""
    """An id; empty: the form alone."""


class Search(_Page):
    """The form. It is posted, so that no address or name comes into a log."""

    who: Annotated[User, StringConstraints(min_length=1)]
    """An id, an e-mail address or a name."""
