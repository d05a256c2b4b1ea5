{{- /* The processor's image, whose short name the ImageStream of the release's namespace resolves. */ -}}
{{- define "analytics.image" -}}
{{- .Values.global.images.processor | default (printf "processor:%s" .Chart.AppVersion) -}}
{{- end }}
