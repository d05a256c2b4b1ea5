{{- /* The ImageStream of the release's namespace resolves the short name. */ -}}
{{- define "storefront.image" -}}
{{- .Values.global.images.storefront | default (printf "storefront:%s" .Chart.AppVersion) -}}
{{- end }}
