{{/*
TLS. A side is "client" (clients to members) or "peer" (between members). Each
has a CA of its own: with a common one every client could pass as a member.

The files are where Bitnami's chart has them.
*/}}

{{/* The Secret with the members' own certificate. Takes {side, context}. */}}
{{- define "etcd.tlsSecretName" -}}
{{- $auth := index .context.Values.auth .side -}}
{{- if $auth.existingSecret -}}
{{- tpl $auth.existingSecret .context -}}
{{- else -}}
{{- printf "%s-%s-crt" (include "etcd.fullname" .context) (ternary "server" "peer" (eq .side "client")) -}}
{{- end -}}
{{- end -}}

{{/* The keys in that Secret, as YAML. Takes {side, context}. */}}
{{- define "etcd.tlsKeys" -}}
{{- $auth := index .context.Values.auth .side -}}
{{- $own := dict "cert" "tls.crt" "key" "tls.key" "ca" "ca.crt" -}}
{{- if $auth.existingSecret -}}
{{- $own = dict "cert" ($auth.certFilename | default "tls.crt") "key" ($auth.certKeyFilename | default "tls.key") "ca" ($auth.caFilename | default "ca.crt") -}}
{{- end -}}
{{- toYaml $own -}}
{{- end -}}

{{- define "etcd.tlsFolder" -}}/opt/bitnami/etcd/certs/{{ . }}{{- end -}}

{{/*
etcdctl takes its settings from the environment too, so that it needs no flags
in the pod. Not ETCDCTL_ENDPOINTS: etcdctl ends with an error when a flag is
given that a variable sets as well, and --endpoints is given often.

etcd asks clients for a certificate as soon as it is told of a CA, hence
ETCD_TRUSTED_CA_FILE only with enableAuthentication. Members need the CA to
trust each other: TLS between them is always mutual.
*/}}
{{- define "etcd.tlsEnv" -}}
{{- $client := .Values.auth.client -}}
{{- if $client.secureTransport -}}
{{- $folder := include "etcd.tlsFolder" "client" -}}
{{- $keys := include "etcd.tlsKeys" (dict "side" "client" "context" .) | fromYaml }}
- name: ETCD_CERT_FILE
  value: {{ printf "%s/%s" $folder $keys.cert | quote }}
- name: ETCD_KEY_FILE
  value: {{ printf "%s/%s" $folder $keys.key | quote }}
- name: ETCDCTL_CACERT
  value: {{ printf "%s/%s" $folder $keys.ca | quote }}
{{- if $client.enableAuthentication }}
- name: ETCD_TRUSTED_CA_FILE
  value: {{ printf "%s/%s" $folder $keys.ca | quote }}
- name: ETCD_CLIENT_CERT_AUTH
  value: "true"
- name: ETCDCTL_CERT
  value: {{ printf "%s/%s" $folder $keys.cert | quote }}
- name: ETCDCTL_KEY
  value: {{ printf "%s/%s" $folder $keys.key | quote }}
{{- end }}
{{- end }}
{{- if .Values.auth.peer.secureTransport }}
{{- $folder := include "etcd.tlsFolder" "peer" -}}
{{- $keys := include "etcd.tlsKeys" (dict "side" "peer" "context" .) | fromYaml }}
- name: ETCD_PEER_CERT_FILE
  value: {{ printf "%s/%s" $folder $keys.cert | quote }}
- name: ETCD_PEER_KEY_FILE
  value: {{ printf "%s/%s" $folder $keys.key | quote }}
- name: ETCD_PEER_TRUSTED_CA_FILE
  value: {{ printf "%s/%s" $folder $keys.ca | quote }}
- name: ETCD_PEER_CLIENT_CERT_AUTH
  value: "true"
{{- end }}
{{- end -}}

{{- define "etcd.tlsMounts" -}}
{{- range $side := list "client" "peer" }}
{{- if (index $.Values.auth $side).secureTransport }}
- name: {{ $side }}-certs
  mountPath: {{ include "etcd.tlsFolder" $side }}
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{/*
The three keys are named one by one: nothing else of the Secret gets into the
pod, and a missing key stops the pod with a clear reason.
*/}}
{{- define "etcd.tlsVolumes" -}}
{{- range $side := list "client" "peer" }}
{{- if (index $.Values.auth $side).secureTransport }}
{{- $keys := include "etcd.tlsKeys" (dict "side" $side "context" $) | fromYaml }}
- name: {{ $side }}-certs
  secret:
    secretName: {{ include "etcd.tlsSecretName" (dict "side" $side "context" $) }}
    items:
      {{- range $key := list $keys.cert $keys.key $keys.ca | uniq }}
      - key: {{ $key | quote }}
        path: {{ $key | quote }}
      {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
The names in an automatic certificate, as YAML: {dns, ips}. Members are named
by a wildcard, so that scaling needs no new certificate. Members compare a
peer's names with what the DNS says of its address, in reverse; there nothing
but the wildcard can fit. A wildcard of one label more, *.etcd-headless, would
not be accepted by every client. Takes {certificate, context}.
*/}}
{{- define "etcd.certificateNames" -}}
{{- $fullname := include "etcd.fullname" .context -}}
{{- $headless := include "etcd.headlessName" .context -}}
{{- $ns := .context.Release.Namespace -}}
{{- $domain := .context.Values.clusterDomain -}}
{{- $dns := list -}}
{{- $ips := list -}}
{{- if eq .certificate "peer" -}}
{{- $dns = list (printf "*.%s" (include "etcd.podDomain" .context)) -}}
{{- else if eq .certificate "client" -}}
{{- $dns = list (printf "%s-client" $fullname) -}}
{{- else -}}
{{- range $name := list (printf "*.%s" $headless) $headless $fullname -}}
{{- $dns = concat $dns (list (printf "%s.%s" $name $ns) (printf "%s.%s.svc" $name $ns) (printf "%s.%s.svc.%s" $name $ns $domain)) -}}
{{- end -}}
{{- $dns = concat $dns (list $fullname "localhost") -}}
{{- $ips = list "127.0.0.1" "::1" -}}
{{- range .context.Values.auth.client.extraSANs -}}
{{- if or (contains ":" .) (regexMatch "^[0-9.]+$" .) -}}
{{- $ips = append $ips . -}}
{{- else -}}
{{- $dns = append $dns . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "dns" (uniq $dns) "ips" (uniq $ips) | toYaml -}}
{{- end -}}
