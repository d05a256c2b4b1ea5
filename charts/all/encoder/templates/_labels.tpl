{{- define "encoder.labels" -}}
{{ include "encoder.selector" . }}
app.kubernetes.io/part-of: {{ .Values.global.pattern }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "encoder.selector" -}}
app.kubernetes.io/name: {{ .Values.global.names.encoder }}
app.kubernetes.io/component: encoder
{{- end }}
