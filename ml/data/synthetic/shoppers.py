"""The shoppers of the synthetic shop: their names, their taste and the preferences they state."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.ground_truth import Floats
from ml.data.synthetic.vocabulary import BRANDS, DEPARTMENTS, FIRST_NAMES, KINDS, LAST_NAMES, LEVELS
from streams.contracts import NewUser, category
from streams.contracts.new_user import MAX_PREFERENCES

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LENGTH = 26
_N_FAVOURITES_PROBABILITIES = (0.35, 0.4, 0.25)
"""Of one, two and three favourite departments."""
_NEW_USER_PROBABILITY = 0.3
"""Probability that a user signs up within the period, rather than before it."""
_ACTIVITY_SIGMA = 0.9


@dataclass(frozen=True, slots=True)
class Shoppers:
    """Users and, in the same order, their taste and activity."""

    users: list[NewUser]
    category_taste: Floats
    """(users, categories)"""
    brand_taste: Floats
    """(users, brands)"""
    preferred_level: Floats
    """(users,)"""
    activity: Floats
    """(users,): share of all events, log-normally distributed."""


def make_shoppers(config: SyntheticConfig, random: np.random.Generator) -> Shoppers:
    """Draw the users.

    A user has one to three favourite departments and likes some of their categories more than
    others. A user states one to `MAX_PREFERENCES` departments. Each of them is a favourite with a
    probability of .7 to .9, which differs between users, and another department otherwise.
    """
    count = config.n_users
    department_of = np.array([DEPARTMENTS.index(kind.department) for kind in KINDS])
    favourites = 1 + random.choice(
        len(_N_FAVOURITES_PROBABILITIES), size=count, p=_N_FAVOURITES_PROBABILITIES
    )
    rank = random.random((count, len(DEPARTMENTS))).argsort(axis=1).argsort(axis=1)
    is_favourite = rank < favourites[:, None]
    department_taste = np.where(is_favourite, random.uniform(2.5, 4.0, rank.shape), 0.0)
    deviation = random.normal(0, 1.0, (count, len(KINDS))) * is_favourite[:, department_of]
    noise = random.normal(0, 0.3, (count, len(KINDS)))
    category_taste = config.category_weight * (
        department_taste[:, department_of] + deviation + noise
    )
    brand_taste = config.brand_weight * random.normal(0, 1, (count, len(BRANDS)))
    activity = random.lognormal(0, _ACTIVITY_SIGMA, count)
    users = [_user(config, is_favourite[at], random) for at in range(count)]
    return Shoppers(
        users=users,
        category_taste=np.round(category_taste, 6),
        brand_taste=np.round(brand_taste, 6),
        preferred_level=np.round(random.uniform(0, len(LEVELS) - 1, count), 6),
        activity=activity / activity.sum(),
    )


def _user(
    config: SyntheticConfig, is_favourite: np.ndarray, random: np.random.Generator
) -> NewUser:
    period = timedelta(days=config.days)
    if random.random() < _NEW_USER_PROBABILITY:
        before_end = period * float(random.uniform(0.05, 1))
    else:
        before_end = period + timedelta(days=float(random.uniform(0, 365)))
    signup = config.ends_at - timedelta(minutes=before_end // timedelta(minutes=1))
    letters = random.integers(len(_CROCKFORD), size=_ID_LENGTH)
    return NewUser(
        user_id="".join(_CROCKFORD[letter] for letter in letters),
        user_name=f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}",
        preferences=category.SEPARATOR.join(_stated_preferences(is_favourite, random)),
        signup_date=signup,
    )


def _stated_preferences(is_favourite: np.ndarray, random: np.random.Generator) -> list[str]:
    favourite_probability = random.uniform(0.7, 0.9)
    favourites = random.permutation(np.flatnonzero(is_favourite)).tolist()
    others = random.permutation(np.flatnonzero(~is_favourite)).tolist()
    length = int(random.integers(1, MAX_PREFERENCES + 1))
    stated = []
    for _ in range(length):
        from_favourites = random.random() < favourite_probability
        if from_favourites and not favourites:
            break
        stated.append((favourites if from_favourites else others).pop())
    return [DEPARTMENTS[at] for at in stated]
