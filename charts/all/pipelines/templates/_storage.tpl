{{- /* Where the models' files are kept, for the steps of the pipeline. Without a host it is the MinIO of the
pipelines' operator, which names that Service, its Secret and the Secret's fields. */ -}}
{{- define "pipelines.storage" -}}
{{- $pipelines := .Values.global.names.pipelines -}}
{{- with .Values.global.objectStorage -}}
- name: RECSYS_ARTIFACTS_URL
  value: s3://{{ .bucket }}/models
- name: RECSYS_ARTIFACTS_ENDPOINT
  value: {{ if .host }}{{ .scheme }}://{{ .host }}:{{ .port }}{{ else }}http://minio-{{ $pipelines }}.{{ $.Release.Namespace }}.svc:9000{{ end }}
- name: RECSYS_ARTIFACTS_REGION
  value: {{ .region }}
- name: RECSYS_ARTIFACTS_SECRET
  value: {{ if .host }}{{ $pipelines }}-storage{{ else }}ds-pipeline-s3-{{ $pipelines }}{{ end }}
- name: RECSYS_ARTIFACTS_KEY_ID_FIELD
  value: {{ if .host }}access-key{{ else }}accesskey{{ end }}
- name: RECSYS_ARTIFACTS_KEY_FIELD
  value: {{ if .host }}secret-key{{ else }}secretkey{{ end }}
{{- end }}
{{- end }}
