{{- define "analytics.labels" -}}
{{ include "analytics.selector" . }}
app.kubernetes.io/part-of: {{ .Values.global.pattern }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "analytics.selector" -}}
app.kubernetes.io/name: {{ .Values.global.names.analytics }}
app.kubernetes.io/component: analytics
{{- end }}
