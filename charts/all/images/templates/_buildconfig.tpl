{{- /*
The name of an image's BuildConfig. A ConfigChange trigger builds when a BuildConfig is created, not when it
is changed, so another version, repository, revision or PyTorch build makes another BuildConfig.
*/ -}}
{{- define "images.buildconfig" -}}
{{- $global := .root.Values.global }}
{{- $what := list $global.repoURL $global.targetRevision $global.gpu .root.Chart.AppVersion }}
{{- .image }}-{{ join " " $what | sha256sum | trunc 8 }}
{{- end }}

{{- /* BUILDCONFIG=IMAGESTREAM:TAG of every image that is built in the cluster, separated by spaces. */ -}}
{{- define "images.builds" -}}
{{- $builds := list }}
{{- range $name, $_ := .Values.containerfiles }}
{{- if not (index $.Values.global.images $name) }}
{{- $config := include "images.buildconfig" (dict "root" $ "image" $name) }}
{{- $builds = append $builds (printf "%s=%s:%s" $config $name $.Chart.AppVersion) }}
{{- end }}
{{- end }}
{{- join " " $builds }}
{{- end }}
