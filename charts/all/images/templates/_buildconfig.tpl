{{- /* The build arguments of an image, as a map. */ -}}
{{- define "images.arguments" -}}
{{- $values := .root.Values }}
{{- if and (eq .image "pipeline") $values.global.gpu }}
TORCH_BACKEND: {{ $values.cudaBackend }}
{{- else if eq .image "connect" }}
KAFKA_IMAGE: {{ $values.global.connect.base }}
{{- with $values.mavenSettings }}
MAVEN_SETTINGS: {{ include "images.maven" $ }}/settings.xml
{{- end }}
{{- end }}
{{- end }}

{{- /* Folder of Maven's settings in a build. */ -}}
{{- define "images.maven" -}}
/run/maven
{{- end }}

{{- /*
The name of an image's BuildConfig. A ConfigChange trigger builds when a BuildConfig is created, not when it
is changed, so another version, repository, revision or build argument makes another BuildConfig.
*/ -}}
{{- define "images.buildconfig" -}}
{{- $global := .root.Values.global }}
{{- $what := list $global.repoURL $global.targetRevision (include "images.arguments" .) .root.Chart.AppVersion }}
{{- .image }}-{{ join " " $what | sha256sum | trunc 8 }}
{{- end }}

{{- /*
ImageStream and tag of an image: the tag is the version of the pattern. Connect's also changes with its base, which an
update of the operator brings. Its ImageStream is not `connect`: earlier versions had that one in the chart connect,
and Argo CD deletes it there.
*/ -}}
{{- define "images.output" -}}
{{- if eq .image "connect" -}}
kafka-connect:{{ .root.Chart.AppVersion }}-{{ .root.Values.global.connect.base | sha256sum | trunc 8 }}
{{- else -}}
{{ .image }}:{{ .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* BUILDCONFIG=IMAGESTREAM:TAG of every image that is built in the cluster, separated by spaces. */ -}}
{{- define "images.builds" -}}
{{- $builds := list }}
{{- range $name, $_ := .Values.containerfiles }}
{{- if not (index $.Values.global.images $name) }}
{{- $image := dict "root" $ "image" $name }}
{{- $builds = append $builds (printf "%s=%s" (include "images.buildconfig" $image) (include "images.output" $image)) }}
{{- end }}
{{- end }}
{{- join " " $builds }}
{{- end }}
