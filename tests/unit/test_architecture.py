"""The floors: imports go down only, and nothing imports itself by a detour.

import-linter checks the layers that pyproject.toml names (`make imports`). Here grimp looks for
circles of files and of packages, including imports that only type checkers see.
"""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

ROOMS = ("apps", "ml", "pipelines", "streams")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOMS, cache_dir=None)


def circle_of_files(graph: grimp.ImportGraph) -> list[str]:
    """Modules of which each imports the one before it, the first and the last being the same."""
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def circles_of_packages(graph: grimp.ImportGraph) -> dict[str, list[tuple[str, str]]]:
    """By package, the imports that close a circle among its children."""
    breakers = {
        package: sorted(graph.nominate_cycle_breakers(package))
        for package in graph.modules
        if graph.find_children(package)
    }
    return {package: imports for package, imports in breakers.items() if imports}


def circles_of_rooms(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    """Pairs of rooms that import each other."""
    down = {
        (upper, lower)
        for upper in ROOMS
        for lower in ROOMS
        if upper != lower
        and graph.find_matching_direct_imports(import_expression=f"{upper}.** -> {lower}.**")
    }
    return sorted(pair for pair in down if pair[::-1] in down)


def test_no_file_imports_itself_by_a_detour(graph: grimp.ImportGraph) -> None:
    assert circle_of_files(graph) == []


def test_no_packages_import_each_other(graph: grimp.ImportGraph) -> None:
    assert circles_of_packages(graph) == {}
    assert circles_of_rooms(graph) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("apps.storefront.app", "apps.storefront.wsgi"),
        ("ml.evaluation.metrics", "ml.card.model_card"),
        ("streams.contracts.event", "streams.contracts.topics"),
        ("streams.contracts.event", "ml.dataset"),
    ],
)
def test_an_import_turned_round_is_found(importer: str, imported: str) -> None:
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    assert {importer, imported} <= graph.modules
    graph.add_import(importer=importer, imported=imported)
    assert circle_of_files(graph) or circles_of_packages(graph) or circles_of_rooms(graph)
