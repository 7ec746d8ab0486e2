{{/*
Memory and disk from members and links. Of each graph, on each worker, with shards = the larger of workers and 4 unless the
graph says otherwise:

  memory  links x 6 / workers          links both ways: 2 to 3 bytes and 3 (measured: 5.37 for both on hyves-300);
                                       7 in graphs of more than 16 million members
        + members x 8 / workers        the members
        + members x 6 x shards / workers   the index of each shard, at most
  disk    links x 2.2 / workers        (measured: 1.99 on hyves-300)
        + members x 32 / workers       ids and profiles

Over all graphs; memory + 1 GiB for what is not graphs (RocksDB's cache, runs, loading), disk x 2 + 2 GiB, so that a graph
can be made again beside itself. At least 2 GiB and 8 GiB.
*/}}
{{- define "lawine.presets" -}}
hyves: {members: 6000000, linksPerMember: 100}
hyves-300: {members: 6000000, linksPerMember: 300}
facebook-nl: {members: 1300000, linksPerMember: 130}
linkedin-nl: {members: 911000, linksPerMember: 60}
twitter-nl: {members: 250000, linksPerMember: 35}
nl-2009: {members: 8461000, linksPerMember: 98.382}
own: {members: 1000, linksPerMember: 20}
{{- end -}}

{{/* Bytes on each worker, as JSON. Argument: (dict "members" N "links" N "shards" N "workers" N) */}}
{{- define "lawine.graphBytes" -}}
{{- $workers := float64 .workers -}}
{{- $members := float64 .members -}}
{{- $links := float64 .links -}}
{{- $linkBytes := 6.0 -}}
{{- if gt $members 16777216.0 }}{{ $linkBytes = 7.0 }}{{ end -}}
{{- $memory := divf (addf (mulf $links $linkBytes) (mulf $members 8.0) (mulf $members 6.0 (float64 .shards))) $workers -}}
{{- $disk := divf (addf (mulf $links 2.2) (mulf $members 32.0)) $workers -}}
{{- dict "memory" $memory "disk" $disk | toJson -}}
{{- end -}}

{{/* Mebibytes of a quantity such as 20Gi. */}}
{{- define "lawine.mebibytes" -}}
{{- $number := int64 (regexFind "^[0-9]+" .) -}}
{{- if hasSuffix "Ti" . }}{{ mul $number 1048576 }}{{ else if hasSuffix "Gi" . }}{{ mul $number 1024 }}{{ else }}{{ $number }}{{ end -}}
{{- end -}}

{{/* memoryNeeded, memory, graphMemory, disk (MiB a worker), coordinatorMemory, coordinatorDisk (MiB), members, links; as JSON. */}}
{{- define "lawine.sizing" -}}
{{- $workers := int .Values.workers.count -}}
{{- $presets := fromYaml (include "lawine.presets" .) -}}
{{- $shardsDefault := max $workers 4 -}}
{{- $memory := 0.0 -}}{{- $disk := 0.0 -}}{{- $allMembers := 0.0 -}}{{- $allLinks := 0.0 -}}
{{- $graphs := list (dict "members" .Values.sizing.otherMembers "links" .Values.sizing.otherLinks "shards" $shardsDefault "workers" $workers) -}}
{{- range .Values.graphs -}}
{{- $shape := dict "members" 0 "linksPerMember" 0 -}}
{{- if .preset }}{{ $shape = index $presets .preset }}{{ end -}}
{{- $members := .members | default $shape.members -}}
{{- $links := mulf (float64 $members) (float64 (.linksPerMember | default $shape.linksPerMember)) -}}
{{- $graphs = append $graphs (dict "members" $members "links" $links "shards" (.shards | default $shardsDefault) "workers" $workers) -}}
{{- end -}}
{{- range $graphs -}}
{{- $bytes := fromJson (include "lawine.graphBytes" .) -}}
{{- $memory = addf $memory $bytes.memory -}}
{{- $disk = addf $disk $bytes.disk -}}
{{- $allMembers = addf $allMembers (float64 .members) -}}
{{- $allLinks = addf $allLinks (float64 .links) -}}
{{- end -}}
{{- $needed := int64 (ceil (divf $memory 1048576.0)) -}}
{{- $total := max 2048 (add $needed 1024) -}}
{{- if .Values.workers.memory }}{{ $total = int64 (include "lawine.mebibytes" .Values.workers.memory) }}{{ end -}}
{{- $wantedDisk := max 8192 (add 2048 (int64 (ceil (divf (mulf $disk 2.0) 1048576.0)))) -}}
{{- $importLinks := float64 .Values.sizing.importLinks -}}
{{- $importMembers := ternary $allMembers 0.0 (gt $importLinks 0.0) -}}
{{- $coordinator := add 1024 (int64 (ceil (divf (mulf 60.0 $importMembers) 1048576.0))) -}}
{{- $coordinatorDisk := max 4096 (add 2048 (int64 (ceil (divf (mulf 12.0 $importLinks) 1048576.0)))) -}}
{{- dict "memoryNeeded" $needed "memory" $total "graphMemory" (sub $total 1024) "disk" $wantedDisk "coordinatorMemory" $coordinator "coordinatorDisk" $coordinatorDisk "members" (int64 $allMembers) "links" (int64 $allLinks) | toJson -}}
{{- end -}}

{{/* A quantity of mebibytes, in the largest unit that is exact. */}}
{{- define "lawine.quantity" -}}
{{- $mebibytes := int64 . -}}
{{- if eq (mod $mebibytes 1024) 0 }}{{ div $mebibytes 1024 }}Gi{{ else }}{{ $mebibytes }}Mi{{ end -}}
{{- end -}}
