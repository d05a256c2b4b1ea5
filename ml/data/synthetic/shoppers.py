"""The shoppers of the synthetic shop: their names, what they like and what they say they like."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from ml.data.planted import Floats
from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.vocabulary import BRANDS, DEPARTMENTS, FIRST_NAMES, KINDS, LAST_NAMES, LEVELS
from streams.contracts import NewUser, category
from streams.contracts.new_user import MAX_PREFERENCES

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LENGTH = 26
_FAVOURITES = (0.35, 0.4, 0.25)
"""Probability of one, two and three favourite departments."""
_SHARE_OF_NEW = 0.3
_ACTIVITY_SPREAD = 0.9


@dataclass(frozen=True, slots=True)
class Shoppers:
    """Users and, in the same order, their taste and how active they are."""

    users: list[NewUser]
    category_taste: Floats
    """(users, categories)"""
    brand_taste: Floats
    """(users, brands)"""
    wanted_level: Floats
    """(users,)"""
    activity: Floats
    """(users,): share of all events; log-normal, so that few users make many."""


def make_shoppers(config: SyntheticConfig, random: np.random.Generator) -> Shoppers:
    """Draw the users.

    Everyone has one to three favourite departments and, in them, likes some categories more than
    others. They state one to five departments, each with the user's own probability of .7 to .9 a
    favourite, else any other.
    """
    count = config.n_users
    department_of = np.array([DEPARTMENTS.index(kind.department) for kind in KINDS])
    favourites = 1 + random.choice(len(_FAVOURITES), size=count, p=_FAVOURITES)
    liking = random.random((count, len(DEPARTMENTS))).argsort(axis=1).argsort(axis=1)
    is_favourite = liking < favourites[:, None]
    strength = np.where(is_favourite, random.uniform(2.5, 4.0, liking.shape), 0.0)
    inside = random.normal(0, 1.0, (count, len(KINDS))) * is_favourite[:, department_of]
    noise = random.normal(0, 0.3, (count, len(KINDS)))
    category_taste = config.category_weight * (strength[:, department_of] + inside + noise)
    brand_taste = config.brand_weight * random.normal(0, 1, (count, len(BRANDS)))
    activity = random.lognormal(0, _ACTIVITY_SPREAD, count)
    users = [_user(config, is_favourite[at], random) for at in range(count)]
    return Shoppers(
        users=users,
        category_taste=np.round(category_taste, 6),
        brand_taste=np.round(brand_taste, 6),
        wanted_level=np.round(random.uniform(0, len(LEVELS) - 1, count), 6),
        activity=activity / activity.sum(),
    )


def _user(
    config: SyntheticConfig, is_favourite: np.ndarray, random: np.random.Generator
) -> NewUser:
    window = timedelta(days=config.days)
    if random.random() < _SHARE_OF_NEW:
        since = window * float(random.uniform(0.05, 1))
    else:
        since = window + timedelta(days=float(random.uniform(0, 365)))
    signup = config.ends_at - timedelta(minutes=since // timedelta(minutes=1))
    letters = random.integers(len(_CROCKFORD), size=_ID_LENGTH)
    return NewUser(
        user_id="".join(_CROCKFORD[letter] for letter in letters),
        user_name=f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}",
        preferences=category.SEPARATOR.join(_stated(is_favourite, random)),
        signup_date=signup,
    )


def _stated(is_favourite: np.ndarray, random: np.random.Generator) -> list[str]:
    honesty = random.uniform(0.7, 0.9)
    favourites = random.permutation(np.flatnonzero(is_favourite)).tolist()
    others = random.permutation(np.flatnonzero(~is_favourite)).tolist()
    length = int(random.integers(1, MAX_PREFERENCES + 1))
    stated = []
    for _ in range(length):
        honest = random.random() < honesty
        if honest and not favourites:
            break
        stated.append((favourites if honest else others).pop())
    return [DEPARTMENTS[at] for at in stated]
