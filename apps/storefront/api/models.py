"""What all models of the API share."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What the API answers."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Query(BaseModel):
    """What a request asks for; a parameter that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
