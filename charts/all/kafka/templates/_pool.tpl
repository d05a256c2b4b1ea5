{{- /* The common specification of controllers and brokers; takes root, pool and size. */ -}}
{{- define "kafka.pool" -}}
resources:
  {{- toYaml .size.resources | nindent 2 }}
jvmOptions:
  -Xms: {{ .size.heap }}
  -Xmx: {{ .size.heap }}
storage:
  type: jbod
  volumes:
    - id: 0
      type: persistent-claim
      size: {{ .size.storage }}
      {{- with .root.Values.global.storageClass }}
      class: {{ . }}
      {{- end }}
      kraftMetadata: shared
      deleteClaim: false
template:
  pod:
    priorityClassName: {{ .root.Values.global.pattern }}-data
    securityContext:
      runAsNonRoot: true
      seccompProfile:
        type: RuntimeDefault
    topologySpreadConstraints:
      {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
      - maxSkew: 1
        topologyKey: {{ . }}
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            strimzi.io/cluster: {{ $.root.Values.global.names.kafka }}
            strimzi.io/pool-name: {{ $.pool }}
      {{- end }}
{{- end }}
