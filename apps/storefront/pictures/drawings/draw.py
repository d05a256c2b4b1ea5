"""The drawing of a product: the same one for the same product, always."""

import hashlib
from dataclasses import dataclass
from random import Random

from apps.storefront.pictures.drawings.backdrop import draw_backdrop
from apps.storefront.pictures.drawings.colours import COLOURS, colour_named, grounds_for
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.kinds import KIND_NAMES, form_of, kind_of
from apps.storefront.pictures.drawings.sketch import Sketch

VERSION = 1
"""Part of every address; raise it when drawings change, or browsers keep the old ones."""

_BY_NAME = tuple(sorted(COLOURS))
_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-240 -200 480 400" width="480" height="400">'
    '<defs>{gradients}<radialGradient id="shadow"><stop offset="0.35" stop-color="#000000"'
    ' stop-opacity="0.07"/><stop offset="1" stop-color="#000000" stop-opacity="0"/>'
    "</radialGradient></defs>{parts}</svg>"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a drawing is made of."""

    item_id: str
    name: str
    category: str
    about: str = ""


def ground_of(subject: Subject) -> str:
    """The name of the ground that a product's picture has; its description is not needed."""
    fitting = grounds_for(COLOURS[_colour(subject)])
    return fitting[_seed("ground", subject.item_id) % len(fitting)]


def draw(subject: Subject) -> str:
    """The picture as SVG, 480 by 400."""
    kind = kind_of(subject.category, subject.name)
    random = Random(_seed("drawing", subject.item_id))  # noqa: S311 - a picture is no secret
    form = form_of(kind, subject.name) or kind.forms[random.randrange(len(kind.forms))]
    words = f"{subject.name}\n{subject.about}".lower()
    return _drawn(form, Sketch(COLOURS[_colour(subject)], words, random), ground_of(subject))


def draw_kind(name: str) -> str:
    """A picture that stands for all products of a kind, by the name in KIND_NAMES."""
    kind = KIND_NAMES[name]
    return draw(Subject(_sample_id(kind), f"{kind.forms[-1].word} {name}", name))


def kind_ground(name: str) -> str:
    """The ground of `draw_kind`."""
    kind = KIND_NAMES[name]
    return ground_of(Subject(_sample_id(kind), f"{kind.forms[-1].word} {name}", name))


def _sample_id(kind: Kind) -> str:
    return f"kind {kind.name}"


def _drawn(form: Form, sketch: Sketch, ground: str) -> str:
    draw_backdrop(sketch, ground, form.stance)
    lies = form.stance == "lies"
    turn = sketch.between(-24, 24) if lies else 0
    scale = sketch.between(0.94, 1.04 if form.stance == "stands" else 1.1)
    stretch = sketch.between(0.95, 1.06)
    flip = sketch.chance(0.5)
    # What stands is scaled from its foot, so that it keeps standing on the floor.
    foot = 120 * (1 - scale) if form.stance == "stands" else 0
    with sketch.moved(
        sketch.between(-8, 8), foot, turn=turn, scale=scale, stretch=stretch, flip=flip
    ):
        form.draw(sketch)
    return _FRAME.format(gradients="".join(sketch.gradients.values()), parts="".join(sketch.parts))


def _colour(subject: Subject) -> str:
    named = colour_named(subject.name)
    return named or _BY_NAME[_seed("colour", subject.item_id) % len(_BY_NAME)]


def _seed(purpose: str, item_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{purpose} {item_id}".encode()).digest()[:8])
