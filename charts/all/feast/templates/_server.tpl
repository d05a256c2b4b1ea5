{{- /* A server of Feast: its size, and the authority that the database's certificate comes from. */ -}}
{{- define "feast.server" -}}
resources:
  {{- toYaml (index .Values.sizes .Values.global.size).resources | nindent 2 }}
volumeMounts:
  - name: database-ca
    mountPath: /etc/recsys/database
    readOnly: true
{{- end }}
