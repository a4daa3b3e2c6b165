{{/*
What the schema cannot say, or not clearly. All faults are reported at once.

Bitnami keys that this chart does not carry out are listed here when they
change safety or behaviour: they pass when switched off, so that one values
file serves both charts, and are refused when on. "Off" must be written where
Bitnami's default is on.
*/}}
{{- define "etcd.validate" -}}
{{- $faults := list -}}
{{- $v := .Values -}}

{{- /* pdb */ -}}
{{- if and (include "etcd.given" $v.pdb.minAvailable) (include "etcd.given" $v.pdb.maxUnavailable) -}}
{{- $faults = append $faults (printf "pdb.minAvailable (%v) and pdb.maxUnavailable (%v) are both set: a PodDisruptionBudget takes one of them" $v.pdb.minAvailable $v.pdb.maxUnavailable) -}}
{{- end -}}

{{- /* image */ -}}
{{- if not (or $v.image.tag $v.image.digest) -}}
{{- $faults = append $faults "image: a tag or a digest is needed" -}}
{{- end -}}

{{- /* compaction */ -}}
{{- if and (eq $v.autoCompactionMode "revision") (not (regexMatch "^[0-9]*$" $v.autoCompactionRetention)) -}}
{{- $faults = append $faults (printf "autoCompactionRetention: with autoCompactionMode revision it is a number of revisions such as \"1000\", not %q" $v.autoCompactionRetention) -}}
{{- end -}}

{{- /* names and labels */ -}}
{{- $fullname := include "etcd.fullname" . -}}
{{- if gt (len $fullname) 52 -}}
{{- $faults = append $faults (printf "the name %q has %d characters, a StatefulSet's may have 52: set fullnameOverride" $fullname (len $fullname)) -}}
{{- end -}}
{{- $selector := include "etcd.selectorLabels" . | fromYaml -}}
{{- range $where := list "commonLabels" "podLabels" -}}
{{- range $key, $_ := index $v $where -}}
{{- if hasKey $selector $key -}}
{{- $faults = append $faults (printf "%s: %s is part of the selector and cannot be set (nameOverride sets the name)" $where $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* extraEnvVars: server-side apply refuses a name that is there twice */ -}}
{{- $seen := dict -}}
{{- range include "etcd.env" . | fromYamlArray -}}
{{- $_ := set $seen .name "is set by the chart" -}}
{{- end -}}
{{- range $v.extraEnvVars -}}
{{- if hasKey $seen .name -}}
{{- $faults = append $faults (printf "extraEnvVars: %s %s" .name (get $seen .name)) -}}
{{- end -}}
{{- $_ := set $seen .name "is there twice" -}}
{{- end -}}

{{- /* ports */ -}}
{{- $ports := list (int $v.containerPorts.client) (int $v.containerPorts.peer) (int $v.containerPorts.metrics) -}}
{{- if ne (len $ports) (len (uniq $ports)) -}}
{{- $faults = append $faults "containerPorts: client, peer and metrics must differ" -}}
{{- end -}}

{{- /* TLS */ -}}
{{- range $side := list "client" "peer" -}}
{{- $auth := index $v.auth $side -}}
{{- $path := printf "auth.%s" $side -}}
{{- if $auth.secureTransport -}}
{{- if and $auth.existingSecret $auth.useAutoTLS -}}
{{- $faults = append $faults (printf "%s: existingSecret and useAutoTLS are both set" $path) -}}
{{- else if not (or $auth.existingSecret $auth.useAutoTLS) -}}
{{- $faults = append $faults (printf "%s.secureTransport needs certificates: set existingSecret, or useAutoTLS: true for automatic ones" $path) -}}
{{- end -}}
{{- if $auth.existingSecret -}}
{{- $keys := include "etcd.tlsKeys" (dict "side" $side "context" $) | fromYaml | values -}}
{{- $faults = concat $faults (include "etcd.missingKeys" (dict "path" $path "name" (tpl $auth.existingSecret $) "keys" $keys "context" $) | fromYamlArray) -}}
{{- end -}}
{{- else if or $auth.enableAuthentication $auth.useAutoTLS $auth.existingSecret -}}
{{- $faults = append $faults (printf "%s has settings of TLS, but %s.secureTransport is false" $path $path) -}}
{{- end -}}
{{- end -}}
{{- $live := (lookup "apps/v1" "StatefulSet" .Release.Namespace $fullname).spec | default dict -}}
{{- range dig "template" "spec" "containers" list $live -}}
{{- range .env -}}
{{- if and (eq .name "ETCD_LISTEN_PEER_URLS") .value (not (hasPrefix (printf "%s://" (include "etcd.peerScheme" $)) .value)) -}}
{{- $faults = append $faults (printf "auth.peer.secureTransport cannot change on a running cluster: its members know each other by other URLs (they listen on %s)" .value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* users and passwords; Bitnami's defaults of create and enabled are true,
       so that what only makes sense with them must not be lost silently */ -}}
{{- if $v.auth.rbac.create -}}
{{- if and $v.auth.rbac.rootPassword $v.auth.rbac.existingSecret -}}
{{- $faults = append $faults "auth.rbac: rootPassword and existingSecret are both set" -}}
{{- end -}}
{{- if $v.auth.rbac.existingSecret -}}
{{- $faults = concat $faults (include "etcd.missingKeys" (dict "path" "auth.rbac" "name" (include "etcd.rbacSecretName" .) "keys" (list (include "etcd.rbacSecretKey" .)) "context" .) | fromYamlArray) -}}
{{- end -}}
{{- else if or $v.auth.rbac.rootPassword $v.auth.rbac.existingSecret -}}
{{- $faults = append $faults "auth.rbac has a password, but auth.rbac.create is false (Bitnami's default is true)" -}}
{{- end -}}
{{- $policy := $v.networkPolicy -}}
{{- if and (not $policy.enabled) (or (not $policy.allowExternal) (not $policy.allowExternalEgress) $policy.extraIngress $policy.extraEgress $policy.ingressNSMatchLabels $policy.ingressNSPodMatchLabels) -}}
{{- $faults = append $faults "networkPolicy has rules, but networkPolicy.enabled is false (Bitnami's default is true)" -}}
{{- end -}}
{{- if and $policy.ingressNSPodMatchLabels (not $policy.ingressNSMatchLabels) -}}
{{- $faults = append $faults "networkPolicy.ingressNSPodMatchLabels needs ingressNSMatchLabels" -}}
{{- end -}}

{{- /* monitors */ -}}
{{- range $monitor := list "serviceMonitor" "podMonitor" -}}
{{- if and (index $v.metrics $monitor).enabled (not $v.metrics.enabled) -}}
{{- $faults = append $faults (printf "metrics.%s needs metrics.enabled: true" $monitor) -}}
{{- end -}}
{{- end -}}

{{- /* Bitnami keys: key, Bitnami's default, what to do. A switch of an object
       that is absent altogether is left alone. */ -}}
{{- $switches := list
  (list "auth" "rbac" "enabled" false "it is called auth.rbac.create")
  (list "auth" "token" "enabled" true "etcd's own tokens are used, no JWT. Set it to false")
  (list "preUpgradeJob" "" "enabled" true "this chart runs no hook: membership is changed by etcd-deploy. Set it to false")
  (list "startFromSnapshot" "" "enabled" false "restoring is not a matter of this chart")
  (list "disasterRecovery" "" "enabled" false "this chart makes no backups")
  (list "defrag" "" "enabled" false "this chart does not defragment")
  (list "volumePermissions" "" "enabled" false "volumes get their group by podSecurityContext.fsGroup")
  (list "diagnosticMode" "" "enabled" false "the image has no shell")
  (list "metrics" "prometheusRule" "enabled" false "this chart makes no PrometheusRule")
  (list "persistentVolumeClaimRetentionPolicy" "" "enabled" false "volume claims are always kept")
-}}
{{- range $switches -}}
{{- $path := list (index . 0) (index . 1) | compact -}}
{{- $object := $v -}}
{{- range $path -}}
{{- $object = ternary (get $object .) nil (and (kindIs "map" $object) (hasKey $object .)) -}}
{{- end -}}
{{- if kindIs "map" $object -}}
{{- $key := index . 2 -}}
{{- if ternary (get $object $key) (index . 3) (hasKey $object $key) -}}
{{- $note := ternary "" " (Bitnami's default)" (hasKey $object $key) -}}
{{- $faults = append $faults (printf "%s.%s: true%s is refused: %s" (join "." $path) $key $note (index . 4)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $v.removeMemberOnContainerTermination -}}
{{- $faults = append $faults "removeMemberOnContainerTermination: true is refused: a member that restarts stays a member" -}}
{{- end -}}
{{- if and $v.resourcesPreset (ne $v.resourcesPreset "none") (not $v.resources) -}}
{{- $faults = append $faults (printf "resourcesPreset: %s is refused: write the figures in resources (a preset is ignored when resources are set)" $v.resourcesPreset) -}}
{{- end -}}

{{- if $faults -}}
{{- fail (printf "\n\n%s\n" (join "\n" $faults)) -}}
{{- end -}}
{{- end -}}

{{/*
The keys that a Secret lacks, as a list of faults. A Secret that is not there
yet, and rendering without a cluster, are no fault. Takes {path, name, keys, context}.
*/}}
{{- define "etcd.missingKeys" -}}
{{- $faults := list -}}
{{- $secret := lookup "v1" "Secret" .context.Release.Namespace .name -}}
{{- if $secret -}}
{{- $data := $secret.data | default dict -}}
{{- range .keys | uniq | sortAlpha -}}
{{- if not (hasKey $data .) -}}
{{- $faults = append $faults (printf "%s: the Secret %s has no key %q, only %s" $.path $.name . (keys $data | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}
