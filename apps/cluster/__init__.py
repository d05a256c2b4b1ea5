"""Pre-flight checks and status of a cluster; needs `oc`, and none of the other packages."""
