{{- /* A server of Feast: its resources, and the certificate authority of the database. */ -}}
{{- define "feature-server.server" -}}
resources:
  {{- toYaml (index .Values.sizes .Values.global.size).resources | nindent 2 }}
volumeMounts:
  - name: database-ca
    mountPath: /etc/recsys/database
    readOnly: true
{{- end }}
