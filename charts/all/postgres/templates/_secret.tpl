{{- /* Name of a role's secret; takes root and role. */ -}}
{{- define "postgres.secret" -}}
{{ .root.Values.global.names.database }}-{{ .role }}
{{- end }}

{{- /* Folder at which a pod mounts the database's authority. */ -}}
{{- define "postgres.authority" -}}
/etc/recsys/database
{{- end }}
