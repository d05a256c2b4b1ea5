#!/usr/bin/env bash
# Runs a command in the framework's utility container, which has oc, helm and Ansible:
#   ./pattern.sh make install | uninstall | status | validate | load-secrets | rotate | interop
set -euo pipefail

fail() {
  echo "pattern.sh: $*" >&2
  exit 1
}

[[ $# -gt 0 ]] || fail "name a command to run, for example: ./pattern.sh make install"
cd "$(dirname "${BASH_SOURCE[0]}")"

# Tells the Makefile that a target means the cluster, not this machine.
export PATTERN_CONTEXT=cluster

# In a container without podman, such as the utility container, the command runs directly.
if [[ -n ${KUBERNETES_SERVICE_HOST:-} || -f /run/.containerenv || -f /.dockerenv ]]; then
  command -v podman >/dev/null || exec "$@"
fi

command -v podman >/dev/null ||
  fail "podman is missing: install it (https://podman.io/docs/installation)"
version=$(podman --version)
version=${version##* }
[[ $(printf '%s\n' 4.3.0 "$version" | sort --version-sort | head -n 1) == 4.3.0 ]] ||
  fail "podman $version is too old: 4.3.0 or newer keeps your user's id in the container"

# Only the home directory and this one are mounted.
home=$(cd "$HOME" && pwd -P)
mounted() { # NAME PATH: checks that the container can read the file that the variable NAME names
  [[ -f $2 ]] || fail "$1 names $2, which does not exist"
  case $(realpath "$2") in
    "$home"/* | "$PWD"/*) ;;
    *) fail "$1 names $2, outside of $HOME: the container cannot read it; move it into your home directory" ;;
  esac
}
while IFS= read -r -d : file; do
  [[ -z $file ]] || mounted KUBECONFIG "$file"
done <<<"${KUBECONFIG:-}:"
[[ -z ${VALUES_SECRET:-} ]] || mounted VALUES_SECRET "$VALUES_SECRET"

# A cluster without internet access gets the container and the charts from a mirror.
if [[ -n ${PATTERN_DISCONNECTED_HOME:-} ]]; then
  export PATTERN_UTILITY_CONTAINER=${PATTERN_UTILITY_CONTAINER:-$PATTERN_DISCONNECTED_HOME/utility-container}
  export PATTERN_INSTALL_CHART=${PATTERN_INSTALL_CHART:-oci://$PATTERN_DISCONNECTED_HOME/pattern-install}
fi

options=(
  --rm
  --pull=newer
  --security-opt label=disable
  --user "$(id -u):$(id -g)"
  --userns "keep-id:uid=$(id -u),gid=$(id -g)"
  --passwd-entry "$(id -un):x:$(id -u):$(id -g)::/pattern-home:/bin/bash"
  --volume "$PWD:$PWD"
  --volume "$home:$home"
  --volume "$home:/pattern-home"
  --workdir "$PWD"
)
[[ $HOME == "$home" ]] || options+=(--volume "$home:$HOME")
# Without a terminal, as in CI, there are no prompts.
[[ -t 0 && -t 1 ]] && options+=(--interactive --tty)

# Certificate authorities of this machine. A podman machine has its own files.
if [[ $(podman system connection list --format '{{.Name}}' 2>/dev/null | wc -l) -eq 0 ]]; then
  for certificates in /etc/pki/tls /etc/ssl /usr/share/ca-certificates; do
    [[ -d $certificates ]] || continue
    certificates=${certificates%/tls}
    options+=(--volume "$certificates:$certificates:ro")
    break
  done
fi

for variable in "${!PATTERN_@}" "${!TARGET_@}" "${!K8S_AUTH_@}" KUBECONFIG VALUES_SECRET EXTRA_HELM_OPTS \
  EXTRA_PLAYBOOK_OPTS ANSIBLE_STDOUT_CALLBACK DISABLE_VALIDATE_ORIGIN TOKEN_NAMESPACE TOKEN_SECRET UUID_FILE; do
  [[ -n ${!variable:-} ]] && options+=(--env "$variable")
done

# shellcheck disable=SC2206 # several words are several options
options+=(${EXTRA_ARGS:-})

exec podman run "${options[@]}" "${PATTERN_UTILITY_CONTAINER:-quay.io/validatedpatterns/utility-container}" "$@"
