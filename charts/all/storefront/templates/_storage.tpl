{{- /* Where the models' files are kept. Without a host it is the MinIO of the pipelines' operator, which names
that Service, its Secret and the Secret's fields. The Secret may appear after the shop has started. */ -}}
{{- define "storefront.storage" -}}
{{- $pipelines := .Values.global.names.pipelines -}}
{{- with .Values.global.objectStorage -}}
- name: RECSYS_ARTIFACTS_URL
  value: s3://{{ .bucket }}/models
- name: RECSYS_ARTIFACTS_ENDPOINT
  value: {{ if .host }}{{ .scheme }}://{{ .host }}:{{ .port }}{{ else }}http://minio-{{ $pipelines }}.{{ $.Release.Namespace }}.svc:9000{{ end }}
- name: RECSYS_ARTIFACTS_REGION
  value: {{ .region }}
- name: RECSYS_ARTIFACTS_ACCESS_KEY_FILE
  value: /etc/recsys/object-storage/{{ if .host }}access-key{{ else }}accesskey{{ end }}
- name: RECSYS_ARTIFACTS_SECRET_KEY_FILE
  value: /etc/recsys/object-storage/{{ if .host }}secret-key{{ else }}secretkey{{ end }}
{{- end }}
{{- end }}

{{- define "storefront.storageVolume" -}}
- name: object-storage
  secret:
    secretName: {{ if .Values.global.objectStorage.host }}{{ .Values.global.names.pipelines }}-storage{{ else }}ds-pipeline-s3-{{ .Values.global.names.pipelines }}{{ end }}
    optional: true
{{- end }}
