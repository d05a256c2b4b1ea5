{{- /* Folders of the user name and password, and of the database's certificate authority. Strimzi mounts
       volumes only below /mnt. */ -}}
{{- define "connect.credentials" -}}
/mnt/database
{{- end }}

{{- define "connect.authority" -}}
/mnt/database-ca
{{- end }}

{{- /* Settings of the connectors that depend on the environment; streams/sink leaves them open. */ -}}
{{- define "connect.connection" -}}
connection.url: jdbc:postgresql://{{ .Values.global.names.database }}-rw:5432/{{ .Values.database }}?sslmode=verify-full&sslrootcert={{ include "connect.authority" . }}/ca.crt
connection.username: ${directory:{{ include "connect.credentials" . }}:username}
connection.password: ${directory:{{ include "connect.credentials" . }}:password}
errors.deadletterqueue.topic.replication.factor: "3"
{{- end }}
