"""Bodies of many rows, as a JSON array or as lines (NDJSON), each row checked on its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError
from pydantic_core import from_json, to_json
from werkzeug.exceptions import RequestEntityTooLarge

from apps.storefront.api.models import Answer
from apps.storefront.api.problems import InvalidRequestError, Violation, violations

LINES = "application/x-ndjson"
MAX_ROWS = 10_000

Row = TypeVar("Row", bound=BaseModel)


class RejectedRow(Violation):
    """A value of a row that breaks the contract."""

    index: int
    """Of the row, from 0."""


@dataclass(slots=True)
class CheckedRows(Generic[Row]):
    """The rows of one body."""

    valid: list[Row] = field(default_factory=list)
    errors: list[RejectedRow] = field(default_factory=list)
    rejected: int = 0
    """Rows that have errors."""


class CheckedRowsAnswer(Answer):
    """What became of the rows."""

    accepted: int
    """Rows that are kept."""
    rejected: int
    """Rows that break the contract."""
    errors: Sequence[RejectedRow]
    """Each value that is wrong."""

    @classmethod
    def of(cls, rows: CheckedRows[Any]) -> "CheckedRowsAnswer":
        """The answer once the valid rows are kept."""
        return cls(accepted=len(rows.valid), rejected=rows.rejected, errors=rows.errors)


class Rows(RootModel[list[Row]], Generic[Row]):
    """A body of many rows; a subclass names the contract of one."""

    model_config = ConfigDict(json_schema_extra={"maxItems": MAX_ROWS})
    contract: ClassVar[type[BaseModel]]

    @classmethod
    def check(cls, request: Request) -> CheckedRows[Any]:
        """Every row of a request's body, valid or not.

        Raises:
            InvalidRequestError: the body is no JSON array, or it has rows and none is valid.
            RequestEntityTooLarge: it has too many rows.
        """
        found: CheckedRows[Any] = CheckedRows()
        for index, row in enumerate(_rows(request)):
            if index == MAX_ROWS:
                raise RequestEntityTooLarge(f"A request has at most {MAX_ROWS:,} rows.")
            try:
                found.valid.append(cls.contract.model_validate_json(row))
            except ValidationError as error:
                found.rejected += 1
                found.errors += [
                    RejectedRow(index=index, location=each.location, reason=each.reason)
                    for each in violations(error)
                ]
        if found.rejected and not found.valid:
            raise InvalidRequestError(found.errors, "No row is valid.")
        return found


def _rows(request: Request) -> Iterator[bytes]:
    """The rows' JSON texts; a blank line is none."""
    body = request.get_data(cache=False)
    if request.mimetype == LINES:
        yield from filter(bytes.strip, body.splitlines())
        return
    try:
        rows = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequestError([], f"The body is no JSON: {error}") from None
    if not isinstance(rows, list):
        raise InvalidRequestError([], "The body is no JSON array.")
    # Each row again as its text: contracts are strict about the types of JSON.
    yield from map(to_json, rows)
