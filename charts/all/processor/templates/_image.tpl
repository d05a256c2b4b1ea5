{{- /* The ImageStream of the release's namespace resolves the short name. */ -}}
{{- define "processor.image" -}}
{{- .Values.global.images.processor | default (printf "processor:%s" .Chart.AppVersion) -}}
{{- end }}
