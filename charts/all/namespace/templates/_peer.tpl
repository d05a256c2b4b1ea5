{{- /* A peer of a NetworkPolicy; takes root and peer, a name in `network.peers`. */ -}}
{{- define "namespace.peer" -}}
{{- $peer := required (printf "network.peers.%s: a rule names it" .peer) (get .root.Values.network.peers .peer) -}}
{{- with $peer.namespaces }}
namespaceSelector:
  matchLabels:
    {{- tpl (toYaml .) $.root | nindent 4 }}
{{- end }}
{{- with $peer.pods }}
podSelector:
  matchLabels:
    {{- tpl (toYaml .) $.root | nindent 4 }}
{{- end }}
{{- end }}

{{- /* TCP ports of a NetworkPolicy; takes a list of numbers. */ -}}
{{- define "namespace.ports" -}}
{{- range . }}
- {protocol: TCP, port: {{ int . }}}
{{- end }}
{{- end }}
