{{- /* The plugin that writes backups and the write-ahead log to an object store. */ -}}
{{- define "postgres.backupPlugin" -}}
barman-cloud.cloudnative-pg.io
{{- end }}

{{- /* Whether backups are volume snapshots, which nobody deletes but this chart. */ -}}
{{- define "postgres.prunes" -}}
{{- $backup := (index .Values.sizes .Values.global.size).backup -}}
{{- if and $backup.enabled (eq $backup.method "volumeSnapshot") }}yes{{ end -}}
{{- end }}

{{- /* Whether backups are restored on trial. */ -}}
{{- define "postgres.tests" -}}
{{- $backup := (index .Values.sizes .Values.global.size).backup -}}
{{- if and $backup.enabled $backup.restoreTest }}yes{{ end -}}
{{- end }}

{{- /* The folder of the object store that the database writes to. */ -}}
{{- define "postgres.serverName" -}}
{{ .Values.objectStore.serverName | default .Values.global.names.database }}
{{- end }}

{{- /* A folder of the object store to restore from; takes root and serverName. */ -}}
{{- define "postgres.archive" -}}
- name: {{ .serverName }}
  plugin:
    name: {{ include "postgres.backupPlugin" .root }}
    parameters:
      barmanObjectName: {{ .root.Values.global.names.database }}
      serverName: {{ .serverName }}
{{- end }}
