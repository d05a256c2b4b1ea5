"""API v2 of DataScienceCluster, which OpenShift AI 3 stores.

No definition of it is at hand. It is made from v1 as the operator's own types differ: pipelines are
`aipipelines`, and two components have gone. The lab has no webhook that converts, so the former
name stays, for objects that an earlier version of the pattern wrote as v1.
https://github.com/opendatahub-io/opendatahub-operator/pull/2589
"""

from copy import deepcopy
from typing import Any

Schema = dict[str, Any]

NAME = "datascienceclusters.datasciencecluster.opendatahub.io"
FORMER, PRESENT = "datasciencepipelines", "aipipelines"
GONE = ("codeflare", "modelmeshserving")


def with_v2(definition: Schema) -> Schema:
    """The definition with v2 as the stored version; v1 is still served."""
    made = deepcopy(definition)
    [v1] = made["spec"]["versions"]
    v2 = deepcopy(v1) | {"name": "v2"}
    for part in ("spec", "status"):
        content = v2["schema"]["openAPIV3Schema"]["properties"][part]["properties"]
        components = content["components"]["properties"]
        content["components"]["properties"] = {
            PRESENT: components[FORMER],
            **{name: schema for name, schema in components.items() if name not in GONE},
        }
    v1["storage"] = False
    made["spec"]["versions"].append(v2)
    return made
