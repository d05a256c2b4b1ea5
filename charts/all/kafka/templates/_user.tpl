{{- /* A KafkaUser without its ACLs; takes root and user. */ -}}
{{- define "kafka.user" -}}
apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata:
  name: {{ .root.Values.global.names.kafka }}-{{ .user }}
  labels:
    {{- include "kafka.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .user }}
    strimzi.io/cluster: {{ .root.Values.global.names.kafka }}
  annotations:
    argocd.argoproj.io/sync-wave: "1"
spec:
  authentication:
    type: tls
  {{- $size := index .root.Values.sizes .root.Values.global.size }}
  {{- $quotas := index $size.quotas .user }}
  quotas:
    producerByteRate: {{ int64 $quotas.producerByteRate }}
    consumerByteRate: {{ int64 $quotas.consumerByteRate }}
    requestPercentage: {{ int64 $quotas.requestPercentage }}
{{- end }}

{{- /* One ACL; takes type, name, operations and, unless it is literal, pattern. */ -}}
{{- define "kafka.right" -}}
- resource:
    type: {{ .type }}
    name: {{ .name }}
    patternType: {{ .pattern | default "literal" }}
  operations:
    {{- toYaml .operations | nindent 4 }}
{{- end }}
