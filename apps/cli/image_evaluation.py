"""`recsys evaluate --images`: how well encoders of pictures find alike photos."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from apps.cli.progress import err, out

if TYPE_CHECKING:
    from ml.images.evaluation import ImageFigures

ENCODERS = "efficientnet-lite0,descriptor"


def evaluate_images(folder: Path, models: Sequence[str], seed: int) -> dict[str, Any]:
    """Measure, print a table, and return the figures."""
    from ml.images.evaluation import LabelledPhotos, evaluate
    from ml.images.loading import load_image_encoder

    photos = LabelledPhotos.read(folder)
    err.print(f"{len(photos.images):,} photos of {len(set(photos.labels))} classes")
    found = []
    for model in models:
        encoder = load_image_encoder(model)
        err.print(f"encoding with {encoder.name}")
        found.append(evaluate(encoder, photos, seed))
    out.print(_table(found))
    return {"images": [asdict(each) for each in found], "seed": seed}


def _table(found: Sequence["ImageFigures"]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("")
    for each in found:
        table.add_column(each.encoder, justify="right")
    table.add_row(
        "precision@5, each photo left out",
        *(f"{each.precision:.3f} ± {each.error:.3f}" for each in found),
    )
    table.add_row(
        "precision@5, half of the photos", *(f"{each.half_precision:.3f}" for each in found)
    )
    for name in found[0].copies if found else ():
        table.add_row(f"found first: {name}", *(f"{each.copies[name]:.3f}" for each in found))
    return table
