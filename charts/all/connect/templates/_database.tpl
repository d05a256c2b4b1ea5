{{- /* Where the worker finds user name and password, and the database's authority. Strimzi mounts
       volumes below /mnt only. */ -}}
{{- define "connect.credentials" -}}
/mnt/database
{{- end }}

{{- define "connect.authority" -}}
/mnt/database-ca
{{- end }}

{{- /* What the connectors of streams/sink leave to the place where they run. */ -}}
{{- define "connect.place" -}}
connection.url: jdbc:postgresql://{{ .Values.global.names.database }}-rw:5432/{{ .Values.database }}?sslmode=verify-full&sslrootcert={{ include "connect.authority" . }}/ca.crt
connection.username: ${directory:{{ include "connect.credentials" . }}:username}
connection.password: ${directory:{{ include "connect.credentials" . }}:password}
errors.deadletterqueue.topic.replication.factor: "3"
{{- end }}
