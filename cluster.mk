# The targets that work on a cluster. Run them through ./pattern.sh: its container has oc, helm and
# the playbooks of the framework.
CLUSTER := .state/cluster/$(or $(PATTERN_CONTEXT),host)
RESULTS ?= .state/interop
PLAYBOOK := ANSIBLE_STDOUT_CALLBACK=rhvp.cluster_utils.readable ansible-playbook $(EXTRA_PLAYBOOK_OPTS) rhvp.cluster_utils.
PREFLIGHT := $(CLUSTER)/bin/python -m apps.cluster.preflight
NAMESPACE_OF := $(CLUSTER)/bin/python -m apps.cluster.framework
FRAMEWORK := show operator-deploy validate-prereq validate-origin validate-cluster validate-schema argo-healthcheck

# By default the playbooks use the name of the folder, but a clone may have any name.
export PATTERN_NAME ?= recsys

# Argo CD creates the Applications of the pattern. With this setting it waits until one wave is healthy
# before it syncs the next. The operator reads it in its own namespace, which may not exist yet.
WAIT_FOR_WAVES = { oc create namespace $$PATTERNS_OPERATOR_NAMESPACE --dry-run=client --output yaml && echo --- \
  && oc create configmap patterns-operator-config --namespace $$PATTERNS_OPERATOR_NAMESPACE \
  --from-literal=gitops.applicationHealthCheckEnabled=true --dry-run=client --output yaml; } \
  | oc apply --server-side --field-manager $(PATTERN_NAME) --filename - >/dev/null

# The Prometheus for user workloads reads the metrics of the shop. An existing configuration is kept.
MONITOR = oc get configmap cluster-monitoring-config --namespace openshift-monitoring >/dev/null 2>&1 \
  || oc create configmap cluster-monitoring-config --namespace openshift-monitoring \
  --from-literal=config.yaml='enableUserWorkload: true' >/dev/null

# pattern.sh starts a container that has oc, except where it runs in a container without podman itself.
ifeq ($(PATTERN_CONTEXT),cluster)
GET_OC = this container has neither oc nor podman; install oc (https://mirror.openshift.com/pub/openshift-v4/clients/ocp/), or run ./pattern.sh on a machine with podman, outside of the container
else
GET_OC = run this through ./pattern.sh, whose container has it: ./pattern.sh make $(or $(MAKECMDGOALS),install)
endif

.PHONY: install uninstall load-secrets rotate interop cluster-status cluster-validate $(FRAMEWORK)

$(CLUSTER)/.ready: pyproject.toml constraints.txt
	@command -v oc >/dev/null || { echo "oc is missing: $(GET_OC)"; exit 1; }
	@python3 -m venv --clear $(CLUSTER)
	@$(CLUSTER)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt .
	@touch $@

install: $(CLUSTER)/.ready ## Install the pattern on OpenShift, or bring it up to date (through ./pattern.sh)
	@$(PREFLIGHT) --purpose install
	@$(MONITOR)
	@PATTERNS_OPERATOR_NAMESPACE=$$($(NAMESPACE_OF) operator) && export PATTERNS_OPERATOR_NAMESPACE \
	  && $(WAIT_FOR_WAVES) && $(PLAYBOOK)install

# Newer operators refuse to delete a Pattern that does not have this annotation.
DELETE = patterns.gitops.hybrid-cloud-patterns.io/prune=true

uninstall: $(CLUSTER)/.ready ## Remove the pattern from the cluster (through ./pattern.sh)
	@$(PREFLIGHT) --purpose uninstall
	@PATTERNS_OPERATOR_NAMESPACE=$$($(NAMESPACE_OF) pattern) && export PATTERNS_OPERATOR_NAMESPACE \
	  && if [ -n "$$PATTERNS_OPERATOR_NAMESPACE" ]; \
	  then oc annotate patterns.gitops.hybrid-cloud-patterns.io $(PATTERN_NAME) \
	    --namespace $$PATTERNS_OPERATOR_NAMESPACE --overwrite $(DELETE) >/dev/null && $(PLAYBOOK)uninstall; \
	  else echo "$(PATTERN_NAME) is not installed: nothing was changed"; fi

load-secrets: $(CLUSTER)/.ready ## Load the secrets into the cluster's Vault (through ./pattern.sh)
	@$(PREFLIGHT) --purpose load-secrets
	@$(PLAYBOOK)load_secrets

rotate: $(CLUSTER)/.ready ## Change one secret and restart what reads it: SECRET=name FIELD=name (through ./pattern.sh)
	@$(PREFLIGHT) --purpose load-secrets
	@$(CLUSTER)/bin/python -m apps.cluster.rotation '$(SECRET)' '$(FIELD)'

interop: $(CLUSTER)/.ready ## Test the installed pattern; RESULTS=folder for JUnit's report and the result (through ./pattern.sh)
	@$(CLUSTER)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pytest
	@$(CLUSTER)/bin/python -m pytest --config-file tests/interop/pytest.ini tests/interop \
	  --junit-xml '$(RESULTS)/interop.xml' --results '$(RESULTS)'

cluster-status: $(CLUSTER)/.ready
	@$(CLUSTER)/bin/python -m apps.cluster.status

cluster-validate: $(CLUSTER)/.ready
	@$(PREFLIGHT) --purpose install
	@$(PLAYBOOK)validate_schema

$(FRAMEWORK):
	@$(PLAYBOOK)$(subst -,_,$@)
