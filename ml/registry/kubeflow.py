"""Kubeflow Model Registry: one RegisteredModel; a version is a ModelVersion with a ModelArtifact.

Custom properties hold what a `Registration` has. Versions of other authors are left alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar

import aiohttp
from anyio.from_thread import BlockingPortal, start_blocking_portal
from model_registry.core import ModelRegistryAPIClient
from model_registry.exceptions import StoreError
from model_registry.types import ListOptions, ModelArtifact, ModelVersion, RegisteredModel
from mr_openapi import ArtifactState, ModelVersionState
from mr_openapi.exceptions import ApiException, OpenApiException

from ml.registry.registration import Registration
from ml.settings import MlSettings
from streams.errors import ConfigurationError, UnavailableError

AUTHOR = "recsys"
"""Of the versions that are written here."""
_FORMAT = "recsys-bundle"
_REQUEST_SECONDS = 30.0
_PAGE = 100
_ERROR_CHARACTERS = 300
_DESCRIPTION = "Recommendations of the shop: two towers and what ranks their lists."
_FAILURES = (
    aiohttp.ClientError,
    OSError,
    OpenApiException,
    StoreError,
    ValueError,  # an answer that is no JSON, or not that of a model registry
    AssertionError,  # by which the client checks an answer
)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class KubeflowModelRegistry:
    """The versions of one registered model.

    The client is asynchronous and runs in a thread of its own, so that callers with a running event
    loop, such as a notebook, can use this too.
    """

    def __init__(
        self, client: ModelRegistryAPIClient, url: str, model: str, portal: BlockingPortal
    ) -> None:
        self._client = client
        self._url = url
        self._portal = portal
        self._name = model
        self._model_id: str | None = None

    @classmethod
    @contextmanager
    def open(cls, settings: MlSettings) -> Iterator[Self]:
        """The registry of the settings.

        Raises:
            ConfigurationError: the settings name none.
            UnavailableError: the file with its token is missing.
        """
        if settings.model_registry_url is None:
            raise ConfigurationError("no model registry is named: set RECSYS_MODEL_REGISTRY_URL")
        with start_blocking_portal() as portal:
            url = str(settings.model_registry_url).rstrip("/")
            yield cls(client_of(settings), url, settings.model_registry_model, portal)

    def versions(self) -> dict[str, Registration]:
        """What it holds; archived ones have no `uri`."""
        return self._call(self._versions)

    def write(self, registration: Registration) -> None:
        """Add a version, or make the one of that name equal to this."""
        self._call(self._write, registration)

    async def _versions(self) -> dict[str, Registration]:
        found = {}
        async for each in self._every_version(await self._model()):
            archived = each.state == ModelVersionState.ARCHIVED
            artifact = None if archived else await self._artifact(each)
            uri = artifact.uri or "" if artifact else ""
            found[each.name] = Registration(
                each.name, uri, dict(each.custom_properties or {}), archived
            )
        return found

    async def _every_version(self, model_id: str) -> AsyncIterator[ModelVersion]:
        options = ListOptions.order_by_id(limit=_PAGE)
        while True:
            for each in await _soon(self._client.get_model_versions(model_id, options)):
                if each.author == AUTHOR:
                    yield each
            if not options.next_page_token:
                return

    async def _write(self, wanted: Registration) -> None:
        model_id = await self._model()
        version = await _soon(self._client.get_model_version_by_params(model_id, wanted.version))
        if version and wanted.archived:  # first, so that a copy that ends here is repeated
            await self._write_artifact(version, wanted)
        version = await _soon(
            self._client.upsert_model_version(version_of(wanted, version), model_id)
        )
        if not wanted.archived:
            await self._write_artifact(version, wanted)

    async def _write_artifact(self, version: ModelVersion, wanted: Registration) -> None:
        found = await self._artifact(version)
        artifact = artifact_of(wanted, self._name, found)
        if found:
            await _soon(self._client.upsert_model_artifact(artifact))
        elif not wanted.archived:
            await _soon(self._client.upsert_model_version_artifact(artifact, _id(version)))

    async def _artifact(self, version: ModelVersion) -> ModelArtifact | None:
        found: ModelArtifact | None = await _soon(
            self._client.get_model_artifact_by_params(self._name, _id(version))
        )
        return found

    async def _model(self) -> str:
        if self._model_id is None:
            model = await _soon(self._client.get_registered_model_by_params(self._name))
            if model is None:
                new = RegisteredModel(name=self._name, owner=AUTHOR, description=_DESCRIPTION)
                model = await _soon(self._client.upsert_registered_model(new))
            self._model_id = _id(model)
        return self._model_id

    def _call(
        self,
        request: Callable[Parameters, Awaitable[Result]],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Result:
        try:
            return self._portal.call(partial(request, *arguments, **named))
        except ApiException as error:
            told = f"{error.status} {error.reason}: {error.body or ''}"[:_ERROR_CHARACTERS]
            raise UnavailableError(f"{self._url} refuses: {told}") from error
        except _FAILURES as error:
            told = (str(error) or type(error).__name__)[:_ERROR_CHARACTERS]
            raise UnavailableError(f"{self._url} does not answer: {told}") from error


def client_of(settings: MlSettings) -> ModelRegistryAPIClient:
    """The client; nothing is connected yet.

    Raises:
        UnavailableError: the file with the token is missing.
    """
    url = settings.model_registry_url
    assert url
    address, port = str(url).rstrip("/"), url.port or 443
    token_file = settings.model_registry_token_file
    try:
        token = token_file.read_text(encoding="utf-8").strip() if token_file else None
    except OSError as error:
        raise UnavailableError(f"the token of the model registry is missing: {error}") from error
    if url.scheme == "http":
        return ModelRegistryAPIClient.insecure_connection(address, port, token)
    ca_file = settings.model_registry_ca_file
    return ModelRegistryAPIClient.secure_connection(
        address, port, user_token=token or "", custom_ca=str(ca_file) if ca_file else None
    )


def version_of(wanted: Registration, found: ModelVersion | None) -> ModelVersion:
    """The ModelVersion to write.

    Args:
        wanted: what it must be.
        found: the one that the registry has, or None.
    """
    state = ModelVersionState.ARCHIVED if wanted.archived else ModelVersionState.LIVE
    return ModelVersion(
        id=found.id if found else None,
        name=wanted.version,
        author=AUTHOR,
        state=state,
        description=str(wanted.properties.get("gate_reason", "")) or None,
        custom_properties=dict(wanted.properties),
    )


def artifact_of(wanted: Registration, name: str, found: ModelArtifact | None) -> ModelArtifact:
    """The ModelArtifact to write.

    Args:
        wanted: whose files it names.
        name: of the artifact.
        found: the one that the registry has, or None.
    """
    return ModelArtifact(
        id=found.id if found else None,
        name=name,
        uri=wanted.uri or (found.uri if found else None),
        state=ArtifactState.DELETED if wanted.archived else ArtifactState.LIVE,
        model_format_name=_FORMAT,
        model_format_version="1",
    )


async def _soon(request: Coroutine[Any, Any, Result]) -> Result:
    return await asyncio.wait_for(request, _REQUEST_SECONDS)


def _id(found: RegisteredModel | ModelVersion) -> str:
    assert found.id  # of all that a registry returns
    return str(found.id)
