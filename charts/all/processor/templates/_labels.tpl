{{- define "processor.labels" -}}
{{ include "processor.selector" . }}
app.kubernetes.io/part-of: {{ .Values.global.pattern }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "processor.selector" -}}
app.kubernetes.io/name: {{ .Values.global.names.processor }}
app.kubernetes.io/component: processor
{{- end }}
