{{- define "feature-server.labels" -}}
app.kubernetes.io/name: {{ .Values.global.names.feast }}
app.kubernetes.io/part-of: {{ .Values.global.pattern }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
