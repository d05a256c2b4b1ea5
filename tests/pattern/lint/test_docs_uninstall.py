"""What the page says about uninstalling fits what is installed."""

import re

from support.docs.pages import page
from support.docs.settings import of_group

DEFINITIONS = {
    "amq-streams": {"strimzi.io"},
    "cloud-native-postgresql": {"enterprisedb.io"},
    "rhods-operator": {"opendatahub.io", "feast.dev"},
    "openshift-external-secrets-operator": {"external-secrets.io"},
    "grafana-operator": {"integreatly.org"},
    "openshift-custom-metrics-autoscaler-operator": {"keda.sh"},
}
"""The API groups of each operator's definitions, by their ends."""
FRAMEWORK = {"argoproj.io", "hybrid-cloud-patterns.io"}
MADE = {
    "rhods-operator": {"dscinitialization/default-dsci", "redhat-ods-applications"},
}
"""What an operator makes for itself, so that Argo CD does not delete it."""


def _commands() -> str:
    text = page("docs/install.md").text
    return text[text.index("## Uninstall") :]


def _installed() -> set[str]:
    return {each["name"] for each in of_group()["clusterGroup"]["subscriptions"].values()}


def test_the_definitions_of_every_operator_are_removed() -> None:
    ends = {
        end.replace("\\", "")
        for ends in re.findall(r"grep -E '\((.*?)\)\$'", _commands())
        for end in ends.split("|")
    }
    expected = set().union(*(DEFINITIONS[name] for name in _installed()))
    assert ends == expected | FRAMEWORK


def test_what_operators_made_for_themselves_is_removed() -> None:
    for name, made in MADE.items():
        named = {each for each in made if re.search(rf"[ ]{each}(?=[ ;\n])", _commands())}
        assert named == (made if name in _installed() else set()), name
