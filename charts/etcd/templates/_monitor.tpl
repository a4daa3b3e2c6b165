{{/*
A ServiceMonitor or PodMonitor of the Prometheus operator. Takes {kind, monitor,
context}. Both ask the plain metrics listener, which TLS leaves as it is. Of the
two Services the headless one is monitored: it lists members that are not ready
too, and those are the ones to hear of.
*/}}
{{- define "etcd.monitor" -}}
{{- $service := eq .kind "ServiceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: {{ .kind }}
metadata:
  name: {{ include "etcd.fullname" .context }}
  namespace: {{ default .context.Release.Namespace .monitor.namespace }}
  labels:
    {{- $labels := include "etcd.labels" .context | fromYaml }}
    {{- include "etcd.merge" (dict "values" (list $labels .monitor.additionalLabels) "context" .context) | nindent 4 }}
  {{- with .context.Values.commonAnnotations }}
  annotations:
    {{- include "etcd.render" (dict "value" . "context" $.context) | nindent 4 }}
  {{- end }}
spec:
  namespaceSelector:
    matchNames:
      - {{ .context.Release.Namespace }}
  selector:
    matchLabels:
      {{- include "etcd.selectorLabels" .context | nindent 6 }}
      {{- if $service }}
      {{- include "etcd.monitorLabel" . | nindent 6 }}
      {{- end }}
  {{ ternary "endpoints" "podMetricsEndpoints" $service }}:
    - port: metrics
      path: /metrics
      {{- with .monitor.interval }}
      interval: {{ . }}
      {{- end }}
      {{- with .monitor.scrapeTimeout }}
      scrapeTimeout: {{ . }}
      {{- end }}
      {{- with .monitor.relabelings }}
      relabelings:
        {{- include "etcd.render" (dict "value" . "context" $.context) | nindent 8 }}
      {{- end }}
      {{- with .monitor.metricRelabelings }}
      metricRelabelings:
        {{- include "etcd.render" (dict "value" . "context" $.context) | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* Tells the headless Service from the other, which has the same labels. */}}
{{- define "etcd.monitorLabel" -}}
prometheus.io/service-monitor: "true"
{{- end -}}
