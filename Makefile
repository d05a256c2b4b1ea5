# Every target works in a fresh clone: it makes its environment first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := streams,storefront,ml,pictures,evaluation,pipelines,registry,migrations,local,dev

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status test lint types imports browser validate charts-docs test-gitops test-faults test-publications test-object-storage test-model-registry test-retraining test-soak quality bench scale format clean

include cluster.mk

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.ready: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv), or name one with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: install a newer one, or name one with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make environments: install its venv package (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "making the environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

setup: $(VENV)/.ready ## Make the environment

demo: setup ## Run the whole system; ONCE=1 [REPLAY=log.csv [TEST=held_out.csv]] [DATASET=file-or-URL] [TOWERS=file] [REPORT=path] [KILL=component]
	@$(BIN)/recsys demo $(if $(ONCE),--once) $(if $(REPLAY),--replay '$(REPLAY)') $(if $(TEST),--test '$(TEST)') \
	  $(if $(DATASET),--dataset '$(DATASET)') $(if $(REPORT),--report '$(REPORT)') $(foreach component,$(KILL),--kill $(component)) \
	  $(if $(USERS),--users $(USERS)) $(if $(ITEMS),--items $(ITEMS)) $(if $(INTERACTIONS),--interactions $(INTERACTIONS)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(LAST_DAY),--last-day $(LAST_DAY)) $(if $(TOWERS),--towers '$(TOWERS)')

up: setup ## Start the components and leave them running
	@$(BIN)/recsys up

down: setup ## Stop the components
	@$(BIN)/recsys down

ifeq ($(PATTERN_CONTEXT),cluster) # as pattern.sh sets it
status: cluster-status
validate: cluster-validate
else
status: setup ## Show the components; through ./pattern.sh those of the cluster
	@$(BIN)/recsys status

validate: setup ## Check charts, values and scripts of the pattern
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest tests/pattern/lint tests/pattern/parity
endif

# Half of the time a test waits, for Kafka or a process that starts: three workers keep two cores busy.
test: lint types imports browser ## Lint, types, unit, integration and browser tests; [WORKERS=3]
	@OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest --numprocesses $(or $(WORKERS),3) --dist loadgroup --no-loadscope-reorder

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

browser:
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update --quiet && apt-get install --yes --quiet chromium; } || \
	  { echo "the browser tests need Chromium: install it (Debian: apt-get install chromium)"; exit 1; }

charts-docs: ## Write the READMEs of the charts from their values
	@tests/support/tools/build.sh helm-docs
	@for chart in charts/all/*/; do (cd $$chart && $(or $(RECSYS_GITOPS_BIN),$(CURDIR)/.state/gitops/bin)/helm-docs --log-level error --template-files ../../README.md.gotmpl); done

test-gitops: setup ## Install the pattern on a real API server with a real Argo CD
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTEST=$(CURDIR)/$(BIN)/pytest tests/pattern/lab/run.sh

test-faults: setup ## Kill every part under load; [EVENTS=200000]
	@RECSYS_TEST_EVENTS=$(or $(EVENTS),200000) $(BIN)/pytest tests/faults/test_kills.py && cat .state/kills.json

test-publications: setup ## Publish and kill publications while shoppers read; [PUBLICATIONS=20]
	@RECSYS_TEST_PUBLICATIONS=$(or $(PUBLICATIONS),20) $(BIN)/pytest tests/integration/ml/test_publications_under_load.py && cat .state/publications.json

test-object-storage: setup ## Publish to a real S3 server, stop it and damage what it holds (needs Go)
	@tests/support/tools/build.sh versitygw
	@$(BIN)/pytest tests/integration/ml/test_artifacts_on_s3.py

test-model-registry: setup ## Copy versions to a running Kubeflow Model Registry; URL=http://... (it keeps the test's models)
	@test -n '$(URL)' || { echo "name a running Kubeflow Model Registry: make test-model-registry URL=http://host:port"; exit 1; }
	@RECSYS_TEST_MODEL_REGISTRY_URL='$(URL)' $(BIN)/pytest tests/integration/ml/test_kubeflow_model_registry.py

test-retraining: setup ## Kill a run of the pipeline in each of its steps and repeat it; start runs from the live version
	@$(BIN)/pytest tests/integration/ml/test_pipeline_kills.py tests/integration/ml/test_pipeline_warm_start.py

test-soak: setup ## Keep the shop busy; memory and tables must not grow; [SECONDS=3600]
	@RECSYS_TEST_SECONDS=$(or $(SECONDS),3600) $(BIN)/pytest tests/faults/test_soak.py && cat .state/soak.json

quality: setup ## Train on a log of each kind; recall and NDCG must not fall; [DATA=../shared/data]
	@RECSYS_TEST_DATA=$(or $(DATA),$(RECSYS_TEST_DATA),../shared/data) $(BIN)/pytest -m quality tests/quality tests/integration/ml

bench: setup ## Compare time and memory with other libraries; [PARTS="top_k memory towers million publishing processor sink gate serving spread api lists encoder search autocomplete images personal_search"] [OUT=figures.json]
	@$(BIN)/python tests/bench/run.py '$(or $(OUT),.state/bench.json)' $(PARTS)

scale: setup ## Time and memory of each step of the pipeline on a large shop; [EVENTS=10000000] [PARAMETERS=json] [OUT=figures.json]
	@RECSYS_TEST_EVENTS=$(or $(EVENTS),10000000) RECSYS_TEST_PARAMETERS='$(PARAMETERS)' $(BIN)/python tests/bench/scale.py '$(or $(OUT),.state/scale.json)'

format: setup ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

clean: ## Remove the environment and all local state
	rm -rf $(VENV) .state
