"""A caller of the shop's API, with a key of its own."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apps.storefront.api.keys import repository
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.keys.secret import Secret


def new_key(database_url: str, *scopes: Scope, expires_at: datetime | None = None) -> Secret:
    """A key with these scopes; with all of them if none is named."""
    secret = Secret.new()
    with psycopg.connect(database_url) as connection:
        repository.add(
            connection,
            key_id=secret.key_id,
            name="a test",
            secret_hash=secret.hash,
            scopes=scopes or list(Scope),
            expires_at=expires_at,
        )
    return secret


class Caller:
    """Sends requests with a key."""

    def __init__(self, shop: Flask, key: Secret) -> None:
        self._client: FlaskClient = shop.test_client()
        self._headers = {"Authorization": f"Bearer {key.text}"}

    def get(self, path: str) -> TestResponse:
        return self._client.get(f"/api/v1{path}", headers=self._headers)

    def delete(self, path: str) -> TestResponse:
        return self._client.delete(f"/api/v1{path}", headers=self._headers)

    def post(self, path: str, sent: object) -> TestResponse:
        return self._client.post(f"/api/v1{path}", json=sent, headers=self._headers)

    def post_bytes(
        self, path: str, body: bytes, mimetype: str, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        return self._client.post(
            f"/api/v1{path}",
            data=body,
            headers={**self._headers, "Content-Type": mimetype, **(headers or {})},
        )


def content(answer: TestResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.data
    return json.loads(answer.data)
