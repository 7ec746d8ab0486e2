{{/* What contradicts, said in a sentence, before anything is made. */}}
{{- define "lawine.checks" -}}
{{- $values := .Values -}}
{{- $sizing := fromJson (include "lawine.sizing" .) -}}

{{- $names := dict -}}
{{- range $index, $graph := $values.graphs -}}
{{- $at := printf "graphs[%d] (%s)" $index $graph.name -}}
{{- if hasKey $names $graph.name }}{{ fail (printf "%s: expected each name once, found it twice" $at) }}{{ end -}}
{{- $_ := set $names $graph.name true -}}
{{- if and $graph.preset $graph.import }}{{ fail (printf "%s: expected preset or import, found both" $at) }}{{ end -}}
{{- if not (or $graph.preset $graph.import) }}{{ fail (printf "%s: expected preset or import, found neither" $at) }}{{ end -}}
{{- if $graph.import -}}
{{- if not $values.importVolume.existingClaim }}{{ fail (printf "%s: its files are on importVolume.existingClaim, which is not set" $at) }}{{ end -}}
{{- if and $graph.import.undirected $graph.import.row }}{{ fail (printf "%s: expected import.undirected or import.row, found both" $at) }}{{ end -}}
{{- if not (or $graph.import.undirected $graph.import.row) }}{{ fail (printf "%s: say what its rows mean: import.undirected, or import.row such as from,to or follower,followed" $at) }}{{ end -}}
{{- if not (and $graph.members $graph.linksPerMember) }}{{ fail (printf "%s: say how large it is (members, linksPerMember): volumes and memory are sized from it" $at) }}{{ end -}}
{{- end -}}
{{- if and $graph.members $graph.linksPerMember (ge (float64 $graph.linksPerMember) (float64 $graph.members)) }}{{ fail (printf "%s: linksPerMember is %v: expected fewer than its %v members" $at $graph.linksPerMember (int64 $graph.members)) }}{{ end -}}
{{- end -}}

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
