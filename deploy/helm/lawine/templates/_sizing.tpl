{{/*
Memory and disk from members and links. Of each graph, on the worker that has most of it, with shards = the larger of
workers and 4 unless the graph says otherwise. Shards are dealt whole, so that of 4 on 3 workers one has two:

  share   ceil(shards / workers) / shards
  memory  share x (links x 6           links both ways: 2 to 3 bytes and 3 (measured: 5.37 for both on hyves-300);
                                       7 in graphs of more than 16 million members
                 + members x 8         the members
                 + members x 6 x shards)   the index of each shard, at most
  disk    share x (links x 2.2         (measured: 1.99 on hyves-300)
                 + members x 32)       ids and profiles

Over all graphs; memory + 1 GiB for what is not graphs (RocksDB's cache, runs, loading), disk x 2 + 2 GiB, so that a graph
can be made again beside itself. At least 2 GiB and 8 GiB.

Memory is never less than workers have now: more of them do not take anything from the graphs that those hold.
*/}}
{{- define "lawine.presets" -}}
hyves: {members: 6000000, linksPerMember: 100}
hyves-300: {members: 6000000, linksPerMember: 300}
facebook-nl: {members: 1300000, linksPerMember: 130}
linkedin-nl: {members: 911000, linksPerMember: 60}
twitter-nl: {members: 250000, linksPerMember: 35}
nl-2009: {members: 8461000, linksPerMember: 98.382, networks: [hyves, facebook-nl, linkedin-nl, twitter-nl]}
own: {members: 1000, linksPerMember: 20}
{{- end -}}

{{/* Bytes on the worker that has most, as JSON. Argument: (dict "members" N "links" N "shards" N "workers" N) */}}
{{- define "lawine.graphBytes" -}}
{{- $shards := int64 .shards -}}
{{- $shardsMost := div (add $shards (sub (int64 .workers) 1)) (int64 .workers) -}}
{{- $share := divf (float64 $shardsMost) (float64 $shards) -}}
{{- $members := float64 .members -}}
{{- $links := float64 .links -}}
{{- $linkBytes := 6.0 -}}
{{- if gt $members 16777216.0 }}{{ $linkBytes = 7.0 }}{{ end -}}
{{- $memory := mulf $share (addf (mulf $links $linkBytes) (mulf $members 8.0) (mulf $members 6.0 (float64 $shards))) -}}
{{- $disk := mulf $share (addf (mulf $links 2.2) (mulf $members 32.0)) -}}
{{- dict "memory" $memory "disk" $disk | toJson -}}
{{- end -}}

{{/* Whole mebibytes of a quantity such as 20Gi; 0 of one that is not a number and a unit. */}}
{{- define "lawine.mebibytes" -}}
{{- $units := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := get $units (regexReplaceAll "^[0-9]+" . "") | default 0 -}}
{{- int64 (floor (divf (mulf (float64 (regexFind "^[0-9]+" .)) (float64 $unit)) 1048576.0)) -}}
{{- end -}}

{{/* memory and graphMemory (MiB) of the workers that are there; 0 where there are none. As JSON. */}}
{{- define "lawine.memoryNow" -}}
{{- $now := dict "memory" 0 "graphMemory" 0 -}}
{{- $running := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "lawine.workers" .) -}}
{{- range dig "spec" "template" "spec" "containers" list $running -}}
{{- if eq .name "worker" -}}
{{- $_ := set $now "memory" (int64 (include "lawine.mebibytes" (dig "resources" "limits" "memory" "" . | toString))) -}}
{{- range .args -}}
{{- if hasPrefix "--memory-limit=" . }}{{ $_ := set $now "graphMemory" (int64 (include "lawine.mebibytes" (trimPrefix "--memory-limit=" . | trimSuffix "B"))) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $now -}}
{{- end -}}

{{/* memoryNeeded, memory, memoryKept (that of now is more), graphMemory, disk (MiB a worker), coordinatorMemory, coordinatorDisk (MiB), members, links; as JSON. */}}
{{- define "lawine.sizing" -}}
{{- $workers := int .Values.workers.count -}}
{{- $presets := fromYaml (include "lawine.presets" .) -}}
{{- $shardsDefault := max $workers 4 -}}
{{- $memory := 0.0 -}}{{- $disk := 0.0 -}}{{- $allMembers := 0.0 -}}{{- $allLinks := 0.0 -}}
{{- $importLinks := float64 .Values.sizing.importLinks -}}{{- $importMembers := 0.0 -}}
{{- $graphs := list (dict "members" .Values.sizing.otherMembers "links" .Values.sizing.otherLinks "shards" $shardsDefault "workers" $workers) -}}
{{- range .Values.graphs -}}
{{- $shape := dict "members" 0 "linksPerMember" 0 -}}
{{- if .preset }}{{ $shape = index $presets .preset }}{{ end -}}
{{- $members := .members | default $shape.members -}}
{{- $links := mulf (float64 $members) (float64 (.linksPerMember | default $shape.linksPerMember)) -}}
{{- $graphs = append $graphs (dict "members" $members "links" $links "shards" (.shards | default $shardsDefault) "workers" $workers) -}}
{{- if .import -}}
{{- $importLinks = maxf $importLinks $links -}}
{{- $importMembers = maxf $importMembers (float64 $members) -}}
{{- end -}}
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
{{- $now := fromJson (include "lawine.memoryNow" .) -}}
{{- $kept := false -}}
{{- if .Values.workers.memory -}}
{{- $total = int64 (include "lawine.mebibytes" .Values.workers.memory) -}}
{{- else if gt (int64 $now.memory) $total -}}
{{- $total = int64 $now.memory -}}
{{- $kept = true -}}
{{- end -}}
{{- $graphMemory := sub $total 1024 -}}
{{- if not .Values.workers.memory }}{{ $graphMemory = max $graphMemory (min (int64 $now.graphMemory) (sub $total 512)) }}{{ end -}}
{{- $wantedDisk := max 8192 (add 2048 (int64 (ceil (divf (mulf $disk 2.0) 1048576.0)))) -}}
{{- if .Values.sizing.importLinks }}{{ $importMembers = $allMembers }}{{ end -}}
{{- $coordinator := add 1024 (int64 (ceil (divf (mulf 60.0 $importMembers) 1048576.0))) -}}
{{- $coordinatorDisk := max 4096 (add 2048 (int64 (ceil (divf (mulf 12.0 $importLinks) 1048576.0)))) -}}
{{- dict "memoryNeeded" $needed "memory" $total "memoryKept" $kept "graphMemory" $graphMemory "disk" $wantedDisk "coordinatorMemory" $coordinator "coordinatorDisk" $coordinatorDisk "members" (int64 $allMembers) "links" (int64 $allLinks) | toJson -}}
{{- end -}}

{{/* A quantity of mebibytes, in the largest unit that is exact. */}}
{{- define "lawine.quantity" -}}
{{- $mebibytes := int64 . -}}
{{- if eq (mod $mebibytes 1024) 0 }}{{ div $mebibytes 1024 }}Gi{{ else }}{{ $mebibytes }}Mi{{ end -}}
{{- end -}}
