{{- /* The name of a role's Secret; takes root and role. */ -}}
{{- define "postgres.secret" -}}
{{ .root.Values.global.names.database }}-{{ .role }}
{{- end }}

{{- /* The folder at which a pod mounts the certificate authority of the database. */ -}}
{{- define "postgres.authority" -}}
/etc/recsys/database
{{- end }}
