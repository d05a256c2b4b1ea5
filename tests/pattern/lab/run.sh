#!/usr/bin/env bash
# Builds the tools of the GitOps tests, then runs the tests in separate namespaces of the network, because
# Argo CD's controllers serve their metrics on every interface, and of mounts, in which the API server has
# the name that pods know it by. All addresses of pods are this machine's. Arguments go to pytest (PYTEST:
# its path).
set -euo pipefail
cd "$(dirname "$0")/../../.."

for tool in openssl git unshare setpriv ip; do
  command -v "$tool" >/dev/null || { echo "the GitOps tests need $tool: install it (Debian: openssl, git, util-linux, iproute2)" >&2; exit 1; }
done
command -v redis-server >/dev/null ||
  { [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null && apt-get update --quiet && apt-get install --yes --quiet redis-server; } ||
  { echo "the GitOps tests need Redis, for the cache of Argo CD: install it (Debian: apt-get install redis-server)" >&2; exit 1; }
tests/support/tools/build.sh

as_root=()
[[ $(id -u) == 0 ]] || as_root=(--map-root-user)
hosts=$(mktemp)
echo "127.0.0.1 localhost kubernetes.default" >"$hosts"
# shellcheck disable=SC2016 # the inner shell expands it
exec unshare --net --mount "${as_root[@]}" bash -c \
  'ip link set lo up && ip route add local 10.0.0.0/24 dev lo && mount --bind "$1" /etc/hosts && rm "$1" && exec "${@:2}"' -- "$hosts" \
  "${PYTEST:-pytest}" tests/pattern/lab -m gitops "$@"
