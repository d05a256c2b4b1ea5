"""Where pictures of products come from, besides the shop's own drawings."""

from typing import TYPE_CHECKING, Protocol

from apps.storefront.pictures.repository import Illustrated
from ml.pictures.generator import PictureGenerator
from ml.pictures.prompt import prompt_of
from ml.untrusted_images.fetching import LinkFetcher
from ml.untrusted_images.opening import opened

if TYPE_CHECKING:
    from PIL.Image import Image


class PictureSource(Protocol):
    """Makes pictures of products."""

    @property
    def name(self) -> str:
        """As shop.picture_attempts has it."""
        ...

    def made_from(self, product: Illustrated) -> str | None:
        """What the picture depends on; None: the source has none of this product."""
        ...

    def make(self, product: Illustrated) -> "Image":
        """The picture.

        Raises:
            ContractError: there is none.
        """
        ...


class LinkedPictures:
    """Pictures that the links of a catalogue lead to; the guard of links fetches them."""

    name = "link"

    def __init__(self, fetcher: LinkFetcher) -> None:
        self._fetcher = fetcher

    def made_from(self, product: Illustrated) -> str | None:
        """The link, if it leads to a web server."""
        link = product.img_link.strip()
        return link if link.startswith(("http://", "https://")) else None

    def make(self, product: Illustrated) -> "Image":
        """The picture behind the link: only its pixels."""
        return opened(self._fetcher.fetch(product.img_link.strip()))


class GeneratedPictures:
    """Pictures by a diffusion model, from names and descriptions."""

    name = "generated"

    def __init__(self, generator: PictureGenerator) -> None:
        self._generator = generator

    def made_from(self, product: Illustrated) -> str | None:
        """A digest of the prompt and the model."""
        return self._generator.made_from(_prompt(product))

    def make(self, product: Illustrated) -> "Image":
        """A picture of the product."""
        return self._generator.generate(product.item_id, _prompt(product))


def _prompt(product: Illustrated) -> str:
    return prompt_of(product.name, product.category, product.about)
