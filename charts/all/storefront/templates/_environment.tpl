{{- /* Connection settings for PostgreSQL and Kafka, for the shop's pods and the Job that fills the shop. */ -}}
{{- define "storefront.environment" -}}
{{- $names := .Values.global.names -}}
- name: RECSYS_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ $names.database }}-storefront
      key: url
- name: RECSYS_KAFKA_BOOTSTRAP_SERVERS
  value: {{ $names.kafka }}-kafka-bootstrap:9093
- name: RECSYS_KAFKA_CA_FILE
  value: /etc/recsys/kafka/ca.crt
- name: RECSYS_KAFKA_CERTIFICATE_FILE
  value: /etc/recsys/kafka/user.crt
- name: RECSYS_KAFKA_KEY_FILE
  value: /etc/recsys/kafka/user.key
- name: HOME
  value: /tmp
- name: TMPDIR
  value: /tmp
{{- end }}
