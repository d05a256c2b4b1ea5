{{- /* The ImageStream of the release's namespace resolves the short name. The tag changes with the base, as in
       the chart images: the operator replaces its pods only if the name of their image changes. */ -}}
{{- define "connect.image" -}}
{{- $tag := printf "%s-%s" .Chart.AppVersion (.Values.global.connect.base | sha256sum | trunc 8) }}
{{- .Values.global.images.connect | default (printf "kafka-connect:%s" $tag) -}}
{{- end }}
