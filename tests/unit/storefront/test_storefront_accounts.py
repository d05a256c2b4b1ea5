import pytest
from pydantic import ValidationError

from apps.storefront.accounts.authentication import (
    hash_password,
    is_correct_password,
    safe_redirect_path,
)
from apps.storefront.accounts.schemas import SignUpForm
from apps.storefront.forms import messages

GOOD = {
    "user_name": " Ada Byron ",
    "email": "Ada.Byron@Example.ORG",
    "password": "a tidy engine",
    "preferences": ["Books", "Home&Kitchen", "Books"],
}


def problems(**changes: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        SignUpForm.model_validate({**GOOD, **changes})
    return messages(caught.value)


def test_a_good_sign_up_is_tidied() -> None:
    form = SignUpForm.model_validate(GOOD)
    assert form.user_name == "Ada Byron"
    assert form.email == "Ada.Byron@example.org"
    assert tuple(form.preferences) == ("Books", "Home&Kitchen")


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada@localhost", "a@b@c.org", "a\x00@b.org"])
def test_an_address_that_is_none_is_named(email: str) -> None:
    assert problems(email=email) == {"email": "Enter an e-mail address such as ada@example.org."}


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("too short", "Use at least 10 characters."),
        ("x" * 129, "Use at most 128 characters."),
        ("aaaaaaaaaaaa", "This password is easy to guess. Choose another one."),
        ("Password123", "This password is easy to guess. Choose another one."),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    assert problems(password=password) == {"password": why}


def test_a_password_that_holds_the_address_is_refused() -> None:
    assert "e-mail address" in problems(password="my ada.byron 1815")[""]


def test_six_preferences_are_too_many() -> None:
    assert problems(preferences=list("abcdef")) == {"preferences": "Choose at most 5."}


def test_a_preference_with_the_separator_is_refused() -> None:
    assert problems(preferences=["Books|Novels"]) == {
        "preferences": "Choose from the departments of the shop."
    }


@pytest.mark.parametrize("name", ["", "   ", None])
def test_a_name_is_needed(name: str | None) -> None:
    sent = {key: value for key, value in {**GOOD, "user_name": name}.items() if value is not None}
    with pytest.raises(ValidationError) as caught:
        SignUpForm.model_validate(sent)
    assert messages(caught.value) == {"user_name": "Please fill in this field."}


@pytest.mark.parametrize("year", ["1990", " 2001 ", 1900])
def test_a_year_of_birth_may_be_stated(year: object) -> None:
    assert SignUpForm.model_validate({**GOOD, "birth_year": year}).birth_year == int(str(year))
    assert SignUpForm.model_validate({**GOOD, "birth_year": " "}).birth_year is None
    assert SignUpForm.model_validate(GOOD).birth_year is None


@pytest.mark.parametrize("year", ["1899", "2999", "90", "199O", "1e3", "1990.5", "\x00"])
def test_a_year_in_which_nobody_was_born_is_refused(year: str) -> None:
    why = "Enter a year such as 1990, or leave it empty."
    assert problems(birth_year=year) == {"birth_year": why}


def test_a_nul_in_the_name_is_refused() -> None:
    assert "cannot be stored" in problems(user_name="A\x00da")["user_name"]


def test_only_the_right_password_fits_its_hash() -> None:
    stored = hash_password("a tidy engine")
    assert stored.startswith("$argon2id$")
    assert "tidy" not in stored
    assert is_correct_password("a tidy engine", stored)
    assert not is_correct_password("a tidy engines", stored)


@pytest.mark.parametrize("stored", [None, "", "!", "$argon2id$broken"])
def test_no_password_fits_an_account_without_a_usable_hash(stored: str | None) -> None:
    assert not is_correct_password("", stored)
    assert not is_correct_password("no account has this password", stored)


@pytest.mark.parametrize("target", ["/", "/products/1?from=home&pos=2", "/products?q=a b"])
def test_a_page_of_the_shop_may_be_the_next_one(target: str) -> None:
    assert safe_redirect_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "orders",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "/\\/evil.example",
        "\\\\e",
        "https://evil.example/",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "/orders\r\nSet-Cookie: a=b",
        "/orders\x00",
    ],
)
def test_another_site_is_never_the_next_page(target: str | None) -> None:
    assert safe_redirect_path(target) is None
