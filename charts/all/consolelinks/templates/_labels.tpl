{{- define "consolelinks.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/part-of: {{ .Values.global.pattern }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- /* The host that OpenShift gives to a Route of the release's namespace. */ -}}
{{- define "consolelinks.host" -}}
{{ .route }}-{{ .root.Release.Namespace }}.{{ .root.Values.global.localClusterDomain }}
{{- end }}
