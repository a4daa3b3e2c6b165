{{- define "etcd.rbacSecretName" -}}
{{- with .Values.auth.rbac.existingSecret -}}{{- tpl . $ -}}{{- else -}}{{- include "etcd.fullname" . -}}{{- end -}}
{{- end -}}

{{- define "etcd.rbacSecretKey" -}}
{{- with .Values.auth.rbac.existingSecret -}}
{{- $.Values.auth.rbac.existingSecretPasswordKey | default "etcd-root-password" -}}
{{- else -}}
etcd-root-password
{{- end -}}
{{- end -}}

{{/* For etcdctl in the pod. While etcd asks for no password they do no harm. */}}
{{- define "etcd.rbacEnv" -}}
{{- if .Values.auth.rbac.create }}
- name: ETCDCTL_USER
  value: root
- name: ETCDCTL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "etcd.rbacSecretName" . }}
      key: {{ include "etcd.rbacSecretKey" . | quote }}
{{- end }}
{{- end -}}
