"""A picture for a product that has no photograph: the same one for the same product, always."""

import hashlib

from markupsafe import Markup

from apps.storefront.catalog.pictograms import drawing_for

_TILE = """\
<svg class="tile" viewBox="0 0 240 200" preserveAspectRatio="xMidYMid slice" aria-hidden="true" \
focusable="false">\
<rect width="240" height="200" fill="hsl({hue} 42% 93%)"/>\
<circle cx="{x1}" cy="{y1}" r="{r1}" fill="hsl({hue} 48% 86%)"/>\
<circle cx="{x2}" cy="{y2}" r="{r2}" fill="hsl({second} 52% 84%)" fill-opacity=".75"/>\
<rect x="{x3}" y="{y3}" width="86" height="86" rx="20" fill="hsl({second} 45% 89%)" \
fill-opacity=".8" transform="rotate({turn} {x3} {y3})"/>\
<g transform="translate(72 52) scale(2)" fill="none" stroke="hsl({hue} 38% 30%)" \
stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="{drawing}"/></g></svg>"""


def tile(category: str, name: str) -> Markup:
    """An inline SVG: the department gives the hue, the category the drawing, the name the rest."""
    department = category.partition("|")[0]
    # Departments differ in hue; within one, its categories do a little.
    hue = (_digest(department or name)[0] * 360 // 256 + _digest(category)[1] % 56 - 28) % 360
    shape = _digest(name)
    return Markup(  # noqa: S704 - numbers and a drawing of our own, nothing that anyone typed
        _TILE.format(
            hue=hue,
            second=(hue + 24 + shape[0] % 32) % 360,
            x1=shape[1] % 240,
            y1=shape[2] % 90,
            r1=50 + shape[3] % 40,
            x2=shape[4] % 240,
            y2=130 + shape[5] % 70,
            r2=40 + shape[6] % 40,
            x3=shape[7] % 200,
            y3=40 + shape[8] % 100,
            turn=shape[9] % 90,
            drawing=drawing_for(category),
        )
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
