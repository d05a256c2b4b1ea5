"""What the order pages may be asked."""

from typing import Annotated

from pydantic import BaseModel, Field


class HistoryQuery(BaseModel):
    """Which page of the purchase history."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1
