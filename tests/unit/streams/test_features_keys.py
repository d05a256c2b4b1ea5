import pytest
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import StringList, Value
from hypothesis import given
from hypothesis import strategies as st

from streams import feature_encoding
from streams.features.keys import VersionKeys, user_key, user_of, version_of
from streams.features.store import ENTITY_KEY_VERSION

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def by_feast(**values: str) -> bytes:
    key = EntityKey(
        join_keys=list(values), entity_values=[Value(string_val=each) for each in values.values()]
    )
    return serialize_entity_key(key, ENTITY_KEY_VERSION)


@given(TEXTS, TEXTS)
def test_keys_are_those_of_feast_and_tell_of_what_they_are(version: str, user: str) -> None:
    keys = VersionKeys(version)
    key = keys.key(user)
    assert key == by_feast(user_id=user, model_version=version)
    assert (version_of(key), user_of(key)) == (version, user)
    assert keys.first < key < keys.end
    assert user_key(user) == by_feast(user_id=user)
    assert user_of(user_key(user)) == user


@given(TEXTS, TEXTS, TEXTS)
def test_a_version_s_range_holds_no_key_of_another(one: str, other: str, user: str) -> None:
    keys = VersionKeys(one)
    assert (keys.first <= VersionKeys(other).key(user) < keys.end) == (one == other)


@pytest.mark.parametrize("user", ["", "a" * 300, "\U0001f600"])
def test_long_and_empty_users_have_keys(user: str) -> None:
    assert user_of(VersionKeys("v").key(user)) == user


@given(st.lists(TEXTS))
def test_lists_of_texts_are_decoded_as_feast_encodes_them(texts: list[str]) -> None:
    value = Value(string_list_val=StringList(val=texts))
    assert feature_encoding.strings(value.SerializeToString()) == tuple(texts)


def test_a_value_of_another_type_or_none_has_no_texts() -> None:
    assert feature_encoding.strings(Value(int64_val=7).SerializeToString()) == ()
    assert feature_encoding.strings(b"") == ()
