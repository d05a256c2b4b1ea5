{{- /* The most workers that can run at once. */ -}}
{{- define "processor.replicas" -}}
{{- $size := index .Values.sizes .Values.global.size -}}
{{- ternary $size.maxReplicas $size.replicas .Values.scaling.enabled -}}
{{- end }}
