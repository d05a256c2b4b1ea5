{{- /* The maximum number of workers that can run at the same time. */ -}}
{{- define "processor.replicas" -}}
{{- $size := index .Values.sizes .Values.global.size -}}
{{- ternary $size.maxReplicas $size.replicas .Values.scaling.enabled -}}
{{- end }}
