"""CustomResourceDefinitions from a folder, or else from the operators' Go modules and releases."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from support.checkout import REPOSITORY
from support.lab import openshift
from support.lab.places import DEFINITIONS, MODULES

GIVEN = Path(os.environ.get("RECSYS_CRDS") or REPOSITORY.parent / "shared" / "crds")
FOLDER = GIVEN if GIVEN.is_dir() else DEFINITIONS
# Strimzi, EDB, Feast and OpenShift AI have no Go module that holds theirs: tools/releases.txt
IN_MODULES = (
    "argo-cd/manifests/crds/application-crd.yaml",
    "argo-cd/manifests/crds/applicationset-crd.yaml",
    "argo-cd/manifests/crds/appproject-crd.yaml",
    "barman-cloud/config/crd/bases/barmancloud.cnpg.io_objectstores.yaml",
    "external-secrets/config/crds/bases/external-secrets.io_clustersecretstores.yaml",
    "external-secrets/config/crds/bases/external-secrets.io_externalsecrets.yaml",
    "external-secrets/config/crds/bases/external-secrets.io_secretstores.yaml",
    "grafana/config/crd/bases/grafana.integreatly.org_grafanadashboards.yaml",
    "grafana/config/crd/bases/grafana.integreatly.org_grafanadatasources.yaml",
    "grafana/config/crd/bases/grafana.integreatly.org_grafanafolders.yaml",
    "grafana/config/crd/bases/grafana.integreatly.org_grafanas.yaml",
    "keda/config/crd/bases/keda.sh_scaledobjects.yaml",
    "keda/config/crd/bases/keda.sh_triggerauthentications.yaml",
    "olm/crds/operators.coreos.com_operatorgroups.yaml",
    "olm/crds/operators.coreos.com_subscriptions.yaml",
    "openshift/console/v1/zz_generated.crd-manifests/00_consolelinks.crd.yaml",
    "openshift/route/v1/zz_generated.crd-manifests/routes.crd.yaml",
    "prometheus/example/prometheus-operator-crd/*_podmonitors.yaml",
    "prometheus/example/prometheus-operator-crd/*_prometheusrules.yaml",
    "prometheus/example/prometheus-operator-crd/*_servicemonitors.yaml",
)
OPENSHIFT_KINDS = (
    ("build.openshift.io", "BuildConfig"),
    ("build.openshift.io", "Build"),
    ("image.openshift.io", "ImageStream"),
)
NAME = re.compile(r"^metadata:\n(?:  .*\n)*?  name: (\S+)$", re.MULTILINE)


def manifests() -> str:
    """All definitions; if a folder and a module define the same kind, the folder's is used."""
    in_modules = [file for pattern in IN_MODULES for file in sorted(MODULES.glob(pattern))]
    made = {
        each["metadata"]["name"]: json.dumps(each)
        for each in openshift.definitions(OPENSHIFT_KINDS)
    }
    found = {**made, **dict(_read(in_modules)), **dict(_read(sorted(FOLDER.glob("*.yaml"))))}
    return "\n---\n".join(found.values())


def _read(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for file in files:
        for document in re.split(r"^---.*$", file.read_text(), flags=re.MULTILINE):
            if re.search("^kind: CustomResourceDefinition$", document, re.MULTILINE):
                name = NAME.search(document)
                assert name, f"a definition without a name in {file}"
                yield name[1], document
