{{/*
Names as in Bitnami's chart (common.names.*): a release can move between the
two only if they agree.
*/}}
{{- define "etcd.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "etcd.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "etcd.headlessName" -}}
{{- include "etcd.fullname" . }}-headless
{{- end -}}

{{- define "etcd.bootstrapName" -}}
{{- include "etcd.fullname" . }}-bootstrap
{{- end -}}

{{- define "etcd.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "etcd.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/*
A value as YAML, with the template text in it carried out.
Takes {value, context}.
*/}}
{{- define "etcd.render" -}}
{{- $text := toYaml .value -}}
{{- if contains "{{" $text -}}
{{- tpl $text .context -}}
{{- else -}}
{{- $text -}}
{{- end -}}
{{- end -}}

{{/*
Several maps as one, a later one winning. Takes {values: [...], context}.
Renders nothing when all are empty.
*/}}
{{- define "etcd.merge" -}}
{{- $out := dict -}}
{{- range .values -}}
{{- if . -}}
{{- $out = mustMergeOverwrite $out (include "etcd.render" (dict "value" . "context" $.context) | fromYaml) -}}
{{- end -}}
{{- end -}}
{{- if $out -}}
{{- toYaml $out -}}
{{- end -}}
{{- end -}}

{{/* The three labels that never change: the selector of everything. */}}
{{- define "etcd.selectorLabels" -}}
app.kubernetes.io/component: etcd
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: {{ include "etcd.name" . }}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "etcd.labels" -}}
{{- $own := dict
      "app.kubernetes.io/managed-by" .Release.Service
      "app.kubernetes.io/version" .Chart.AppVersion
      "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- $selector := include "etcd.selectorLabels" . | fromYaml -}}
{{- include "etcd.merge" (dict "values" (list $own $selector .Values.commonLabels) "context" .) -}}
{{- end -}}

{{/*
Labels of the pods. Without the chart's version: a new chart that runs the same
etcd should restart nothing.
*/}}
{{- define "etcd.podLabels" -}}
{{- $own := dict "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $selector := include "etcd.selectorLabels" . | fromYaml -}}
{{- include "etcd.merge" (dict "values" (list $own $selector .Values.commonLabels .Values.podLabels) "context" .) -}}
{{- end -}}

{{- define "etcd.podAnnotations" -}}
{{- $metrics := dict -}}
{{- if .Values.metrics.enabled -}}
{{- $metrics = dict "prometheus.io/scrape" "true" "prometheus.io/port" (.Values.containerPorts.metrics | int | toString) -}}
{{- $metrics = mustMergeOverwrite $metrics (deepCopy (default dict .Values.metrics.podAnnotations)) -}}
{{- end -}}
{{- include "etcd.merge" (dict "values" (list .Values.podAnnotations $metrics) "context" .) -}}
{{- end -}}

{{- define "etcd.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end -}}
{{- end -}}

{{/* Pull secrets, each given as a name or as {name: …}. */}}
{{- define "etcd.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat (default list .Values.global.imagePullSecrets) (default list .Values.image.pullSecrets) -}}
{{- $names = append $names (ternary . (get (ternary dict . (kindIs "string" .)) "name") (kindIs "string" .)) -}}
{{- end -}}
{{- range $names | uniq -}}
- name: {{ . | quote }}
{{ end -}}
{{- end -}}

{{/* The one place that says how clients and peers are spoken to. */}}
{{- define "etcd.clientScheme" -}}{{ ternary "https" "http" .Values.auth.client.secureTransport }}{{- end -}}
{{- define "etcd.peerScheme" -}}{{ ternary "https" "http" .Values.auth.peer.secureTransport }}{{- end -}}

{{/* What follows a pod's name in its DNS name. */}}
{{- define "etcd.podDomain" -}}
{{- printf "%s.%s.svc.%s" (include "etcd.headlessName" .) .Release.Namespace .Values.clusterDomain -}}
{{- end -}}

{{/* name=peerURL of every member. */}}
{{- define "etcd.initialCluster" -}}
{{- if .Values.initialCluster -}}
{{- .Values.initialCluster -}}
{{- else -}}
{{- $fullname := include "etcd.fullname" . -}}
{{- $scheme := include "etcd.peerScheme" . -}}
{{- $domain := include "etcd.podDomain" . -}}
{{- $port := int .Values.containerPorts.peer -}}
{{- $members := list -}}
{{- range $i := until (int .Values.replicaCount) -}}
{{- $members = append $members (printf "%s-%d=%s://%s-%d.%s:%d" $fullname $i $scheme $fullname $i $domain $port) -}}
{{- end -}}
{{- join "," $members -}}
{{- end -}}
{{- end -}}

{{- define "etcd.quorum" -}}
{{- add (div (int .Values.replicaCount) 2) 1 -}}
{{- end -}}

{{/* Whether a value is there: 0 is, "" is not. */}}
{{- define "etcd.given" -}}
{{- if not (or (kindIs "invalid" .) (eq (toString .) "")) -}}
true
{{- end -}}
{{- end -}}

{{/* A probe without its `enabled`. Takes {probe, path}. */}}
{{- define "etcd.probe" -}}
httpGet:
  path: {{ .path }}
  port: metrics
{{ omit .probe "enabled" | toYaml }}
{{- end -}}

{{/*
The affinity: the user's own, else the preset's, else nothing.
*/}}
{{- define "etcd.affinity" -}}
{{- if .Values.affinity -}}
{{- include "etcd.render" (dict "value" .Values.affinity "context" .) -}}
{{- else if eq .Values.podAntiAffinityPreset "hard" -}}
podAntiAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels:
          {{- include "etcd.selectorLabels" . | nindent 10 }}
{{- else if eq .Values.podAntiAffinityPreset "soft" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "etcd.selectorLabels" . | nindent 12 }}
{{- end -}}
{{- end -}}
