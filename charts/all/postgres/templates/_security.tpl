{{- /* What the restricted pod security standard asks of a pod. */ -}}
{{- define "postgres.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- /* What it asks of a container. */ -}}
{{- define "postgres.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* The image that has the migrations and the programs for backups. */ -}}
{{- define "postgres.image" -}}
{{ .Values.global.images.pipeline | default (printf "pipeline:%s" .Chart.AppVersion) }}
{{- end }}
