"""What the account forms may hold."""

from datetime import UTC, datetime
from typing import Annotated, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from streams.contracts.category import SEPARATOR
from streams.contracts.new_user import MAX_PREFERENCES
from streams.contracts.text import Key, Storable

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 128
MIN_BIRTH_YEAR = 1900
_MIN_DIFFERENT_CHARACTERS = 5
_MIN_TELLING_LENGTH = 4  # a shorter name may occur in a password by chance
_WELL_KNOWN = frozenset(
    {
        "1234567890",
        "0123456789",
        "1q2w3e4r5t",
        "password12",
        "password123",
        "passwordpassword",
        "qwertyuiop",
        "qwerty12345",
        "iloveyou12",
        "letmein123",
        "welcome123",
        "changeme123",
    }
)


def _email(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("Enter an e-mail address such as ada@example.org.") from None


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), Storable
]
Preference = Annotated[str, StringConstraints(min_length=1, max_length=100), Storable]


def _distinct(values: list[str]) -> tuple[str, ...]:
    if any(SEPARATOR in value for value in values):
        raise ValueError("Choose from the departments of the shop.")
    return tuple(dict.fromkeys(values))


def _birth_year(value: object) -> object:
    if value is None or not str(value).strip():
        return None
    try:
        year = int(str(value))
    except ValueError:
        year = 0
    if not MIN_BIRTH_YEAR <= year <= datetime.now(UTC).year:
        raise ValueError("Enter a year such as 1990, or leave it empty.")
    return year


BirthYear = Annotated[int | None, BeforeValidator(_birth_year)]
Preferences = Annotated[
    list[Preference], Field(max_length=MAX_PREFERENCES), AfterValidator(_distinct)
]


class LogInForm(BaseModel):
    """An e-mail address and a password, whatever they are."""

    email: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254), Storable
    ]
    password: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD_LENGTH)]


class SampleForm(BaseModel):
    """The sample shopper to continue as."""

    user_id: Key


class PreferencesForm(BaseModel):
    """What a shopper says of themselves."""

    preferences: Preferences
    """Departments that they like."""
    birth_year: BirthYear = None
    """None: not stated."""


class SignUpForm(PreferencesForm):
    """A new account."""

    user_name: Name
    email: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_email)
    ]
    password: Annotated[
        str, StringConstraints(min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH)
    ]

    @field_validator("password")
    @classmethod
    def _is_hard_to_guess(cls, value: str) -> str:
        if value.lower() in _WELL_KNOWN or len(set(value)) < _MIN_DIFFERENT_CHARACTERS:
            raise ValueError("This password is easy to guess. Choose another one.")
        return value

    @model_validator(mode="after")
    def _does_not_tell_the_address(self) -> Self:
        name = self.email.partition("@")[0].lower()
        if len(name) >= _MIN_TELLING_LENGTH and name in self.password.lower():
            raise ValueError("Choose a password that does not contain your e-mail address.")
        return self
