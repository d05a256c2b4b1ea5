#!/usr/bin/env bash
# Builds the Go tools of the GitOps tests and fetches the Go modules whose files the lab reads: all of
# them, or those in the arguments. It skips what is already present in the right version.
set -euo pipefail
cd "$(dirname "$0")"
bin=${RECSYS_GITOPS_BIN:-$PWD/../../../.state/gitops/bin}
requested=" $* "

command -v go >/dev/null || {
  echo "Go is missing: the GitOps tests build Kubernetes, Argo CD and Helm from their modules; install Go 1.26 or newer (https://go.dev/dl)" >&2
  exit 1
}
mkdir -p "$bin" "$bin/../modules"
bin=$(cd "$bin" && pwd)
modules=$(cd "$bin/../modules" && pwd)
sources=${bin%/*}/sources
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath" GOBIN=$bin

# version MODULE [FILE]: the version that go.mod names
version() { awk -v module="$1" '$1 == module && $2 ~ /^v/ { print $2; exit }' "${2:-go.mod}"; }

# folder MODULE@VERSION: where the files of a module are, once fetched
folder() { go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'; }

# tool NAME PACKAGE[@VERSION] [VARIABLE=VALUE...]: a package with a version is not in go.mod, because
# its dependencies would change those of Kubernetes; the linker sets the variables
tool() {
  local name=$1 package=$2 started=$SECONDS stamp flags="-s -w"
  shift 2
  [[ $requested == "  " || $requested == *" $name "* ]] || return 0
  for variable in "$@"; do flags+=" -X $variable"; done
  stamp="$(go env GOVERSION) $package $flags"
  [[ $package == *@* ]] || stamp+=" $(cat go.mod cmd/*/*.go | sha256sum)"
  if [[ -x $bin/$name && -f $bin/.$name && $(<"$bin/.$name") == "$stamp" ]]; then
    echo "$name: ready"
    return
  fi
  echo "$name: building"
  if [[ $package == *@* ]]; then
    go install -ldflags "$flags" "$package"
  else
    go build -ldflags "$flags" -o "$bin/$name" "$package"
  fi
  echo "$stamp" >"$bin/.$name"
  echo "$name: built in $((SECONDS - started)) s"
}

# operators: builds the commands of operators/list.txt, with the versions of operators/go.mod. Each is
# built from a copy of its module, which operators/NAME.sh edits.
operators() {
  local started=$SECONDS stamp name module package
  [[ $requested == "  " || $requested == *" operators "* ]] || return 0
  stamp="$(go env GOVERSION) $(cat operators/* | sha256sum)"
  if [[ -f $bin/.operators && $(<"$bin/.operators") == "$stamp" ]]; then
    echo "operators: ready"
    return
  fi
  echo "operators: building"
  rm -rf "$sources"
  mkdir "$sources"
  cp operators/go.mod operators/go.sum "$sources"
  while read -r name module package; do
    cp -r --no-preserve=mode "$(folder "$module@$(version "$module" operators/go.mod)")" "$sources/$name"
    (cd "$sources/$name" && bash "$OLDPWD/operators/$name.sh")
  done <operators/list.txt
  while read -r name module package; do
    go build -C "$sources" -ldflags "-s -w" -o "$bin/$name" "$module$package"
  done <operators/list.txt
  echo "$stamp" >"$bin/.operators"
  echo "operators: built in $((SECONDS - started)) s"
}

# module NAME MODULE@VERSION: fetches the module and links its files
module() {
  local name=$1 module=$2 folder
  [[ $requested == "  " || $requested == *" $name "* ]] || return 0
  if [[ -f $modules/.$name && $(<"$modules/.$name") == "$module" && -d $modules/$name ]]; then
    echo "$name: ready"
    return
  fi
  folder=$(folder "$module") || {
    echo "$name: $module cannot be fetched: its kinds are missing, unless RECSYS_CRDS names a folder that has them" >&2
    return 0
  }
  ln -sfn "$folder" "$modules/$name"
  echo "$module" >"$modules/.$name"
  echo "$name: fetched"
}

# definitions: fetches the files of operators.lock, if no folder of definitions is given
definitions() {
  [[ $requested == "  " || $requested == *" definitions "* ]] || return 0
  PYTHONPATH=../.. RECSYS_GITOPS_BIN=$bin python3 -m support.lab.fetch
}

kubernetes=$(version k8s.io/kubernetes)
kubernetes_version=(
  "k8s.io/component-base/version.gitVersion=$kubernetes"
  "k8s.io/component-base/version.gitMajor=1"
  "k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$kubernetes")"
)

kwok=v0.8.0

tool helm helm.sh/helm/v3/cmd/helm "helm.sh/helm/v3/internal/version.version=$(version helm.sh/helm/v3)"
tool kubectl k8s.io/kubernetes/cmd/kubectl "${kubernetes_version[@]}"
tool argocd github.com/argoproj/argo-cd/v3/cmd "github.com/argoproj/argo-cd/v3/common.version=$(version github.com/argoproj/argo-cd/v3)"
tool kubelab ./cmd/kubelab "${kubernetes_version[@]}"
tool kwok "sigs.k8s.io/kwok/cmd/kwok@$kwok"
tool kubectl-validate sigs.k8s.io/kubectl-validate@v0.0.4
tool helm-docs github.com/norwoodj/helm-docs/cmd/helm-docs@v1.14.2
tool versitygw github.com/versity/versitygw/cmd/versitygw@v1.8.0
tool helm-unittest github.com/helm-unittest/helm-unittest/cmd/helm-unittest@v1.0.0

operators

module argo-cd "github.com/argoproj/argo-cd/v3@$(version github.com/argoproj/argo-cd/v3)"
module kwok-stages "sigs.k8s.io/kwok@$kwok"
module openshift github.com/openshift/api@v0.0.0-20251020135558-286504b695bc
module olm github.com/operator-framework/api@v0.37.0
module keda github.com/kedacore/keda/v2@v2.19.0
module keda-newer github.com/kedacore/keda/v2@v2.21.0
module grafana github.com/grafana/grafana-operator/v5@v5.24.0
module prometheus github.com/prometheus-operator/prometheus-operator@v0.85.0
module cloudnative-pg github.com/cloudnative-pg/cloudnative-pg@v1.30.0
module snapshots github.com/kubernetes-csi/external-snapshotter/client/v8@v8.4.0
module external-secrets github.com/external-secrets/external-secrets@v1.3.2
module barman-cloud github.com/cloudnative-pg/plugin-barman-cloud@v0.15.0

definitions
