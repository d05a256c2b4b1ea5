{{- /* The URL of an alert's section in docs/troubleshooting.md: its heading there is the alert's name. */ -}}
{{- define "monitoring.runbook" -}}
{{- $root := index . 0 -}}
{{- $address := $root.Values.global.repoURL | trimSuffix ".git" -}}
{{- $page := regexReplaceAll "^git@([^:]+):" $address "https://${1}/" -}}
{{ $page }}/blob/{{ $root.Values.global.targetRevision }}/docs/troubleshooting.md#{{ index . 1 | lower }}
{{- end }}
