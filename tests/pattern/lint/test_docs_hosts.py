"""The list of hosts that a firewall must let through is the list of those that are used."""

import re

from support.docs.hosts import used
from support.docs.pages import page

HOST = re.compile(r"`((?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+)`")


def listed() -> set[str]:
    """The hosts of the table."""
    rows = re.findall(
        r"^\| (`.+?) \|", page("docs/install.md").section("The network"), re.MULTILINE
    )
    return {host for row in rows for host in HOST.findall(row)}


def test_every_host_that_is_used_is_listed() -> None:
    missing = {host: sorted(where) for host, where in used().items() if host not in listed()}
    assert missing == {}


def test_every_host_that_is_listed_is_used() -> None:
    assert listed() - used().keys() == set()


def test_hosts_come_from_charts_images_and_the_framework() -> None:
    """Each way to find a host finds one."""
    where = set().union(*used().values())
    assert {"pattern.sh", "values-hub.yaml", "pipelines/Containerfile"} <= where
    assert {"charts/all/postgres", "Grafana's operator"} <= where


def test_registries_of_packages_are_listed_by_name() -> None:
    section = page("docs/install.md").section("The network")
    assert re.findall(r"^\| (Maven Central|PyPI)\b", section, re.MULTILINE) == [
        "Maven Central",
        "PyPI",
    ]
