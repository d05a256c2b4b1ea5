{{- define "storefront.labels" -}}
{{ include "storefront.selector" . }}
app.kubernetes.io/part-of: {{ .Values.global.pattern }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "storefront.selector" -}}
app.kubernetes.io/name: {{ .Values.global.names.storefront }}
app.kubernetes.io/component: shop
{{- end }}
