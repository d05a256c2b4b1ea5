{{- /* The volumes of an instance. */ -}}
{{- define "postgres.volumes" -}}
{{- $size := index .Values.sizes .Values.global.size -}}
storage:
  size: {{ $size.storage }}
  {{- with .Values.global.storageClass }}
  storageClass: {{ . }}
  {{- end }}
walStorage:
  size: {{ $size.walStorage }}
  {{- with .Values.global.storageClass }}
  storageClass: {{ . }}
  {{- end }}
{{- end }}
