{{/* What contradicts, said in a sentence, before anything is made. */}}
{{- define "lawine.checks" -}}
{{- $values := .Values -}}
{{- $sizing := fromJson (include "lawine.sizing" .) -}}
{{- include "lawine.graphsChecks" . -}}
{{- include "lawine.labelsChecks" . -}}
{{- include "lawine.kindsChecks" . -}}

{{- $memory := int64 $sizing.memory -}}
{{- $needed := int64 $sizing.memoryNeeded -}}
{{- if lt $memory 1280 }}{{ fail (printf "workers.memory: expected at least 1280Mi, of which 1Gi is for what is not graphs, found %s" $values.workers.memory) }}{{ end -}}
{{- if and (not $values.workers.graphMemory) (gt $needed (int64 $sizing.graphMemory)) }}{{ fail (printf "workers.memory: graphs take %dMi on each of %d workers, and 1Gi is needed beside them, but it is %s: raise it to %dMi, add workers, or set workers.graphMemory to let links be read from disk, which is slower" $needed (int $values.workers.count) $values.workers.memory (add $needed 1024)) }}{{ end -}}
{{- if and $values.workers.graphMemory (ne $values.workers.graphMemory "none") -}}
{{- $graphMemory := int64 (include "lawine.mebibytes" (trimSuffix "B" $values.workers.graphMemory)) -}}
{{- if gt (add $graphMemory 512) $memory }}{{ fail (printf "workers.graphMemory: %s leaves less than 512Mi of the worker's %s for what is not graphs: lower it or raise workers.memory" $values.workers.graphMemory (include "lawine.quantity" $memory)) }}{{ end -}}
{{- end -}}

{{- if and $values.coordinator.memory (lt (int64 (include "lawine.mebibytes" $values.coordinator.memory)) 512) }}{{ fail (printf "coordinator.memory: expected at least 512Mi, of which two imports at once may take half each, found %s" $values.coordinator.memory) }}{{ end -}}

{{- $certificates := $values.certificates -}}
{{- if and (eq $certificates.mode "certManager") (not $certificates.issuer.name) }}{{ fail "certificates.issuer.name: certificates.mode is certManager, which needs an issuer of yours" }}{{ end -}}
{{- if and (eq $certificates.mode "existing") (not (and $certificates.existing.internalSecret $certificates.existing.publicSecret)) }}{{ fail "certificates.existing: certificates.mode is existing, which needs internalSecret and publicSecret" }}{{ end -}}
{{- range $certificates.publicNames -}}
{{- if and (regexMatch "^[0-9.]+$" .) (not (regexMatch "^(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$" .)) }}{{ fail (printf "certificates.publicNames: expected names, or IPv4 addresses such as 10.0.0.5, found %s" .) }}{{ end -}}
{{- end -}}
{{- if ge (int $certificates.renewBeforeDays) (int $certificates.days) }}{{ fail (printf "certificates.renewBeforeDays: expected less than certificates.days, which is %d, found %d" (int $certificates.days) (int $certificates.renewBeforeDays)) }}{{ end -}}
{{- if and (eq $values.tokens.mode "existing") (not $values.tokens.existingSecret) }}{{ fail "tokens.existingSecret: tokens.mode is existing, which needs a Secret of yours" }}{{ end -}}
{{- if and (eq $certificates.mode "off") (ne $values.tokens.mode "off") }}{{ fail (printf "tokens.mode: certificates.mode is off, and tokens must not cross a connection that anyone can read: expected off, found %s" $values.tokens.mode) }}{{ end -}}
{{- if and (ne $certificates.mode "off") (eq $values.tokens.mode "off") }}{{ fail "tokens.mode: off is only for certificates.mode off: with certificates every caller needs a token" }}{{ end -}}

{{- $service := $values.coordinator.service.type -}}
{{- $addresses := false -}}
{{- range $values.networkPolicy.clients }}{{ if .ipBlock }}{{ $addresses = true }}{{ end }}{{ end -}}
{{- if and (ne $service "ClusterIP") $values.networkPolicy.enabled (not $addresses) }}{{ fail (printf "networkPolicy.clients: coordinator.service.type is %s, through which callers come from addresses, not as pods: expected an ipBlock with theirs and the nodes', such as {ipBlock: {cidr: 10.0.0.0/8}}, found none" $service) }}{{ end -}}

{{- $running := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "lawine.workers" .) -}}
{{- if and $running (not $values.scaleInCheck.enabled) (gt (int $running.spec.replicas) (int $values.workers.count)) }}{{ fail (printf "workers.count: %d workers run, and %d would lose the shards of those that go: enable scaleInCheck, which asks them whether they hold any" (int $running.spec.replicas) (int $values.workers.count)) }}{{ end -}}
{{- end -}}

{{/* A label that is given twice would stand twice in a manifest; of a selector's it would no longer be the pods'. */}}
{{- define "lawine.labelsChecks" -}}
{{- $own := fromYaml (include "lawine.ownLabels" (dict "root" . "component" "any")) -}}
{{- $monitoring := .Values.monitoring -}}
{{- $given := dict "commonLabels" .Values.commonLabels "workers.podLabels" .Values.workers.podLabels "coordinator.podLabels" .Values.coordinator.podLabels "monitoring.serviceMonitor.labels" $monitoring.serviceMonitor.labels "monitoring.alerts.labels" $monitoring.alerts.labels "monitoring.dashboard.labels" $monitoring.dashboard.labels -}}
{{- range $field, $labels := $given -}}
{{- range $label, $_ := $labels -}}
{{- if hasKey $own $label }}{{ fail (printf "%s: the chart itself gives everything the label %s: expected others, found it" $field $label) }}{{ end -}}
{{- if and (ne $field "commonLabels") (hasKey ($.Values.commonLabels | default dict) $label) }}{{ fail (printf "%s: %s is in commonLabels too: expected it once" $field $label) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Kinds that a cluster has only if somebody has installed them. Only a cluster tells its kinds, such as apps/v1/StatefulSet;
without one (helm template, helm lint) nothing is known about them.
*/}}
{{- define "lawine.kindsChecks" -}}
{{- $monitoring := .Values.monitoring -}}
{{- if and $monitoring.alerts.enabled (not $monitoring.serviceMonitor.enabled) }}{{ fail "monitoring.alerts.enabled: alerts ask for labels that the ServiceMonitor gives: enable monitoring.serviceMonitor too" }}{{ end -}}
{{- $known := .Capabilities.APIVersions -}}
{{- if $known.Has "apps/v1/StatefulSet" -}}
{{- if and $monitoring.serviceMonitor.enabled (not ($known.Has "monitoring.coreos.com/v1")) }}{{ fail "monitoring.serviceMonitor.enabled: this cluster has no kinds of monitoring.coreos.com/v1: install the Prometheus operator, or disable monitoring.serviceMonitor and monitoring.alerts" }}{{ end -}}
{{- if and (eq .Values.certificates.mode "certManager") (not ($known.Has "cert-manager.io/v1")) }}{{ fail "certificates.mode: this cluster has no kinds of cert-manager.io/v1: install cert-manager, or choose another mode" }}{{ end -}}
{{- end -}}
{{- end -}}
