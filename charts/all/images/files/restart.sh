#!/usr/bin/env bash
# Starts a build of every image that is missing and not being built. BUILDS has a word for each image:
# BUILDCONFIG=IMAGESTREAM:TAG.
set -euo pipefail

for each in $BUILDS; do
  config=${each%%=*} image=${each#*=}
  phases=$(oc get builds --selector="openshift.io/build-config.name=$config" \
    --output=jsonpath='{.items[*].status.phase}')
  pushed=$(oc get imagestream "${image%:*}" --ignore-not-found \
    --output=jsonpath="{.status.tags[?(@.tag==\"${image#*:}\")].items[0].image}")
  # Without a complete build the tag is of an earlier BuildConfig, for another commit or another PyTorch.
  if [[ " $phases " =~ \ (New|Pending|Running)\  ]]; then
    echo "$config: is being built"
  elif [[ " $phases " == *" Complete "* && -n $pushed ]]; then
    echo "$config: $image is built"
  else
    oc start-build "$config"
  fi
done
