"""`recsys pictures`: gives every product a picture."""

from typing import Annotated

import typer
from rich.table import Table

from apps.cli.connections import shop_database_url
from apps.cli.progress import ProgressBar, out

_PART = "pictures"


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(pictures)


def pictures(
    *,
    links: Annotated[
        bool, typer.Option(help="Fetch what the catalogue's links to pictures lead to.")
    ] = True,
    again: Annotated[
        bool, typer.Option("--again", help="Also try what failed before once more.")
    ] = False,
) -> None:
    """Make the pictures of all products that lack one, and show where they come from.

    From the catalogue's link, where it works; else by the model in the folder RECSYS_PICTURE_MODEL,
    if it is set; else drawn. The shop also draws by itself when somebody first looks, so this
    command is only needed for links and models, or to have all drawings ahead. It goes on where it
    was interrupted. The database is that of RECSYS_DATABASE_URL, else that of the running stack.
    """
    import time

    import psycopg

    from apps.filling.picture_sources import GeneratedPictures, LinkedPictures, PictureSource
    from apps.filling.pictures import give_pictures
    from ml.pictures.generator import PictureGenerator
    from ml.pictures.settings import PictureSettings
    from ml.untrusted_images.fetching import LinkFetcher
    from streams.database import postgres_errors

    settings = PictureSettings()
    sources: list[PictureSource] = [LinkedPictures(LinkFetcher())] if links else []
    if settings.picture_model:
        sources.append(GeneratedPictures(PictureGenerator.load(settings)))
    with (
        postgres_errors(),
        psycopg.connect(shop_database_url(), autocommit=True) as connection,
        ProgressBar() as bar,
    ):
        start = time.monotonic()

        def show(done: int, total: int) -> None:
            left = (time.monotonic() - start) / done * (total - done)
            bar.show(1, _PART, done / max(total, done), left)

        counts = give_pictures(connection, sources, tries_again=again, progress=show)
    table = Table("source", "made", "there before", "failed")
    for name in sorted({*(source.name for source in sources), "drawn", *(n for n, _ in counts)}):
        table.add_row(name, *(f"{counts[name, what]:,}" for what in ("made", "kept", "failed")))
    out.print(table)
