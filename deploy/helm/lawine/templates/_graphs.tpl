{{/*
Why the coordinator could not make a graph from its preset (engine/graph/generator.cc); nothing where it can. A preset of
several networks deals its members to them in blocks of 64, the rest to the last, and each must carry its links.
Argument: (dict "preset" NAME "members" N "milli" THOUSANDTHS-OF-A-LINK "presets" TABLE)
*/}}
{{- define "lawine.whyNotGenerated" -}}
{{- $members := int64 .members -}}
{{- $milli := int64 .milli -}}
{{- $carried := mul 500 (sub $members 1) -}}
{{- $whole := index .presets .preset -}}
{{- $links := divf (float64 $milli) 1000.0 -}}
{{- if gt $members 268435456 -}}
expected at most 268435456 members of a graph that is made from a preset, found {{ $members }}
{{- else if or (lt $milli 100) (gt $milli 10000000) -}}
expected linksPerMember from 0.1 to 10000, found {{ $links }}
{{- else if and $whole.networks (lt $members 10000) -}}
expected at least 10000 members, found {{ $members }}
{{- else if gt $milli $carried -}}
expected linksPerMember of at most half of the other members, for {{ $members }} members {{ divf (float64 $carried) 1000.0 }}, found {{ $links }}
{{- else if $whole.networks -}}
{{- $left := $members -}}
{{- $last := last $whole.networks -}}
{{- $why := "" -}}
{{- range $whole.networks -}}
{{- $network := index $.presets . -}}
{{- $share := mul 64 (div (add 63 (div (mul $members (int64 $network.members)) (int64 $whole.members))) 64) -}}
{{- if eq . $last }}{{ $share = $left }}{{ end -}}
{{- $left = sub $left $share -}}
{{- $mean := div (mul $milli (include "lawine.milli" $network.linksPerMember | int64)) (include "lawine.milli" $whole.linksPerMember | int64) -}}
{{- $found := include "lawine.whyNotGenerated" (dict "preset" . "members" $share "milli" $mean "presets" $.presets) -}}
{{- if and $found (not $why) }}{{ $why = printf "its network %s: %s" . $found }}{{ end -}}
{{- end -}}
{{- $why -}}
{{- end -}}
{{- end -}}

{{/* Thousandths, rounded: what a graph's mean is kept in. */}}
{{- define "lawine.milli" -}}{{ int64 (round (mulf (float64 .) 1000.0) 0) }}{{- end -}}

{{/* What contradicts in `graphs`. */}}
{{- define "lawine.graphsChecks" -}}
{{- $values := .Values -}}
{{- $presets := fromYaml (include "lawine.presets" .) -}}
{{- $names := dict -}}
{{- range $index, $graph := $values.graphs -}}
{{- $at := printf "graphs[%d] (%s)" $index $graph.name -}}
{{- if hasKey $names $graph.name }}{{ fail (printf "%s: expected each name once, found it twice" $at) }}{{ end -}}
{{- $_ := set $names $graph.name true -}}
{{- if and $graph.preset $graph.import }}{{ fail (printf "%s: expected preset or import, found both" $at) }}{{ end -}}
{{- if not (or $graph.preset $graph.import) }}{{ fail (printf "%s: expected preset or import, found neither" $at) }}{{ end -}}
{{- if $graph.import -}}
{{- if not $values.importVolume.existingClaim }}{{ fail (printf "%s: its files are on importVolume.existingClaim, which is not set" $at) }}{{ end -}}
{{- $members := has "member" (splitList "," ($graph.import.row | default "")) -}}
{{- if and $graph.import.undirected $graph.import.row (not $members) }}{{ fail (printf "%s: import.row: links are undirected: expected two columns called member, such as member,member,probability, found %s" $at $graph.import.row) }}{{ end -}}
{{- if and $members (not $graph.import.undirected) }}{{ fail (printf "%s: import.row: columns called member are of undirected links: expected import.undirected too, found %s alone" $at $graph.import.row) }}{{ end -}}
{{- if not (or $graph.import.undirected $graph.import.row) }}{{ fail (printf "%s: say what its rows mean: import.undirected, or import.row such as from,to or follower,followed" $at) }}{{ end -}}
{{- if not (and $graph.members $graph.linksPerMember) }}{{ fail (printf "%s: say how large it is (members, linksPerMember): volumes and memory are sized from it" $at) }}{{ end -}}
{{- if ge (float64 $graph.linksPerMember) (float64 $graph.members) }}{{ fail (printf "%s: linksPerMember is %v: expected fewer than its %v members" $at $graph.linksPerMember (int64 $graph.members)) }}{{ end -}}
{{- else -}}
{{- $shape := index $presets $graph.preset -}}
{{- $milli := include "lawine.milli" ($graph.linksPerMember | default $shape.linksPerMember) -}}
{{- $why := include "lawine.whyNotGenerated" (dict "preset" $graph.preset "members" ($graph.members | default $shape.members) "milli" $milli "presets" $presets) -}}
{{- if $why }}{{ fail (printf "%s: %s" $at $why) }}{{ end -}}
{{- end -}}
{{/* At an upgrade a graph may be there already, and keeps its shards when workers go. */}}
{{- $shardsMost := mul 256 (int $values.workers.count) -}}
{{- if and $.Release.IsInstall $graph.shards (gt (int64 $graph.shards) $shardsMost) }}{{ fail (printf "%s: shards: expected at most 256 for each of the %d workers, found %d" $at (int $values.workers.count) (int $graph.shards)) }}{{ end -}}
{{- end -}}
{{- end -}}
