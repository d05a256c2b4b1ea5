{{- /* The plugin that writes backups and the write-ahead log to an object store. */ -}}
{{- define "postgres.backupPlugin" -}}
barman-cloud.cloudnative-pg.io
{{- end }}
