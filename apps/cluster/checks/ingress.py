"""The certificate that browsers see; no obstacle to an installation."""

from apps.cluster.oc import Oc
from streams.errors import ConfigurationError


def certificate(oc: Oc) -> str:
    """Whether the router has a certificate of the company's own, and whether it exists.

    No part of the pattern calls another by the address of a Route, so none needs its authority.
    """
    found = oc.resource(
        "ingresscontrollers.operator.openshift.io", "default", "openshift-ingress-operator"
    )
    named = (found or {}).get("spec", {}).get("defaultCertificate", {}).get("name")
    if not named:
        return "has the router's own certificate: browsers warn of it (docs/install.md)"
    if oc.resource("secrets", named, "openshift-ingress") is None:
        raise ConfigurationError(
            f"the router's certificate is to be in Secret {named} of the namespace"
            " openshift-ingress, which does not exist: create it, or no Route has HTTPS"
        )
    return f"has the certificate of Secret {named}"
