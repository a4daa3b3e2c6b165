{{/*
etcd is configured by its environment alone: the image has no shell to build a
command line with, and etcd refuses a setting given both ways.

The bootstrap settings come from a ConfigMap, so that they can change without
changing the pod template. Its keys are named one by one: a missing key then
stops the pod with a clear reason.

ETCD_ADVERTISE_CLIENT_URLS holds the pod's own name only. Bitnami's chart adds
the shared Service as a second URL of every member; a client that lists the
members to ask each one would then ask any member. A member publishes this
setting at each start, so that nothing is lost by moving from there.
*/}}
{{- define "etcd.env" -}}
{{- $clientScheme := include "etcd.clientScheme" . -}}
{{- $peerScheme := include "etcd.peerScheme" . -}}
{{- $ports := .Values.containerPorts -}}
{{- $domain := include "etcd.podDomain" . -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: ETCD_NAME
  value: $(POD_NAME)
- name: ETCD_DATA_DIR
  value: /bitnami/etcd/data
- name: ETCD_LISTEN_CLIENT_URLS
  value: {{ printf "%s://0.0.0.0:%d" $clientScheme (int $ports.client) | quote }}
- name: ETCD_ADVERTISE_CLIENT_URLS
  value: {{ printf "%s://$(POD_NAME).%s:%d" $clientScheme $domain (int $ports.client) | quote }}
- name: ETCD_LISTEN_PEER_URLS
  value: {{ printf "%s://0.0.0.0:%d" $peerScheme (int $ports.peer) | quote }}
- name: ETCD_INITIAL_ADVERTISE_PEER_URLS
  value: {{ printf "%s://$(POD_NAME).%s:%d" $peerScheme $domain (int $ports.peer) | quote }}
- name: ETCD_LISTEN_METRICS_URLS
  value: {{ printf "http://0.0.0.0:%d" (int $ports.metrics) | quote }}
{{- include "etcd.tlsEnv" . }}
{{- include "etcd.rbacEnv" . }}
{{- range $key := list "ETCD_INITIAL_CLUSTER" "ETCD_INITIAL_CLUSTER_STATE" "ETCD_INITIAL_CLUSTER_TOKEN" }}
- name: {{ $key }}
  valueFrom:
    configMapKeyRef:
      name: {{ include "etcd.bootstrapName" $ }}
      key: {{ $key }}
{{- end }}
{{- with .Values.autoCompactionMode }}
- name: ETCD_AUTO_COMPACTION_MODE
  value: {{ . | quote }}
{{- end }}
{{- with .Values.autoCompactionRetention }}
- name: ETCD_AUTO_COMPACTION_RETENTION
  value: {{ . | quote }}
{{- end }}
{{- with .Values.quotaBackendBytes }}
- name: ETCD_QUOTA_BACKEND_BYTES
  value: {{ . | int64 | toString | quote }}
{{- end }}
{{- end -}}
