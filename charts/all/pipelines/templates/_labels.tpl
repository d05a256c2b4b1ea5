{{- define "pipelines.labels" -}}
app.kubernetes.io/name: {{ .Values.global.names.pipelines }}
app.kubernetes.io/part-of: {{ .Values.global.pattern }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
