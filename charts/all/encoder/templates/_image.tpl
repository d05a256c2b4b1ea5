{{- /* The ImageStream of the release's namespace resolves the short name. */ -}}
{{- define "encoder.image" -}}
{{- .Values.global.images.pipeline | default (printf "pipeline:%s" .Chart.AppVersion) -}}
{{- end }}
