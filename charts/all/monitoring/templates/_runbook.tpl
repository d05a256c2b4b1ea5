{{- /* Where docs/troubleshooting.md tells of an alert: its heading there is the alert's name. */ -}}
{{- define "monitoring.runbook" -}}
{{- $root := index . 0 -}}
{{- $address := $root.Values.global.repoURL | trimSuffix ".git" -}}
{{- $page := regexReplaceAll "^git@([^:]+):" $address "https://${1}/" -}}
{{ $page }}/blob/{{ $root.Values.global.targetRevision }}/docs/troubleshooting.md#{{ index . 1 | lower }}
{{- end }}
