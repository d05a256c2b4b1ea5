"""The catalogue against that of the live version."""

from collections.abc import Collection

from ml.checks import Check
from ml.gate.bounds import GateBounds


def keeps_items(items: Collection[str], of_live: Collection[str], bounds: GateBounds) -> Check:
    """Whether most items of the live version are still in the catalogue.

    The items are compared, not their numbers: a catalogue with new ids for all items has lost all.
    """
    gone = len(set(of_live).difference(items))
    share = gone / len(of_live) if of_live else 0.0
    return Check.at_most(
        name="catalogue",
        measured=share,
        bound=bounds.max_items_gone,
        sentence=(
            f"{gone:,} of the live version's {len(of_live):,} items, {share:.0%}, are missing in"
            f" the catalogue; at most {bounds.max_items_gone:.0%} may."
        ),
    )
