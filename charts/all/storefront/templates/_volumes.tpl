{{- /* Certificates, and a writable folder. */ -}}
{{- define "storefront.volumes" -}}
{{- $names := .Values.global.names -}}
- name: database-ca
  secret:
    secretName: {{ $names.database }}-ca
    items:
      - {key: ca.crt, path: ca.crt}
- name: kafka
  projected:
    sources:
      - secret:
          name: {{ $names.kafka }}-cluster-ca-cert
          items:
            - {key: ca.crt, path: ca.crt}
      - secret:
          name: {{ $names.kafka }}-storefront
          items:
            - {key: user.crt, path: user.crt}
            - {key: user.key, path: user.key}
- name: tmp
  emptyDir:
    sizeLimit: 1Gi
{{- end }}

{{- define "storefront.volumeMounts" -}}
- name: database-ca
  mountPath: /etc/recsys/database
  readOnly: true
- name: kafka
  mountPath: /etc/recsys/kafka
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- end }}
