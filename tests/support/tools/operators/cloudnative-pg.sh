#!/usr/bin/env bash
# Edits the copy of the module in the current folder: the names of EDB's fork of it.
set -euo pipefail
find api cmd internal pkg -name '*.go' -exec sed -i -E \
  -e 's/"((clusters|backups|poolers|scheduledbackups)\.)?postgresql\.cnpg\.io/"\1postgresql.k8s.enterprisedb.io/g' \
  -e 's/"(alpha\.)?cnpg\.io/"\1k8s.enterprisedb.io/g' {} +
sed -i config/webhook/manifests.yaml \
  -e 's/postgresql\.cnpg\.io/postgresql.k8s.enterprisedb.io/' \
  -e 's/postgresql-cnpg-io/postgresql-k8s-enterprisedb-io/'
