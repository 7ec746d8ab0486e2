{{- define "lawine.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "lawine.workers" -}}{{ include "lawine.fullname" . }}-worker{{- end -}}
{{- define "lawine.coordinator" -}}{{ include "lawine.fullname" . }}-coordinator{{- end -}}
{{- define "lawine.scripts" -}}{{ include "lawine.fullname" . }}-scripts{{- end -}}
{{- define "lawine.keysJob" -}}{{ include "lawine.fullname" . }}-keys{{- end -}}
{{- define "lawine.caSecret" -}}{{ include "lawine.fullname" . }}-ca{{- end -}}

{{- define "lawine.internalSecret" -}}
{{- if eq .Values.certificates.mode "existing" -}}
{{- .Values.certificates.existing.internalSecret -}}
{{- else -}}
{{- include "lawine.fullname" . }}-internal
{{- end -}}
{{- end -}}

{{- define "lawine.publicSecret" -}}
{{- if eq .Values.certificates.mode "existing" -}}
{{- .Values.certificates.existing.publicSecret -}}
{{- else -}}
{{- include "lawine.fullname" . }}-public
{{- end -}}
{{- end -}}

{{- define "lawine.tokensSecret" -}}
{{- if eq .Values.tokens.mode "existing" -}}
{{- .Values.tokens.existingSecret -}}
{{- else -}}
{{- include "lawine.fullname" . }}-tokens
{{- end -}}
{{- end -}}

{{- define "lawine.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Chosen once, free of versions: a StatefulSet cannot change them. Argument: (dict "root" $ "component" NAME) */}}
{{- define "lawine.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels that are the chart's own: _checks.tpl refuses others of their names. */}}
{{- define "lawine.ownLabels" -}}
{{ include "lawine.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ .root.Chart.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "lawine.labels" -}}
{{ include "lawine.ownLabels" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What every pod is allowed: Kubernetes' "restricted". The image's user. */}}
{{- define "lawine.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "lawine.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "lawine.podDefaults" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "lawine.podSecurity" . | nindent 2 }}
{{- end -}}

{{- define "lawine.placing" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* Of the pods of Jobs. */}}
{{- define "lawine.jobDefaults" -}}
{{- include "lawine.podDefaults" . }}
{{- with include "lawine.placing" .Values.jobs }}
{{- . | nindent 0 }}
{{- end }}
{{- end -}}

{{/* The coordinator's name inside the cluster, which never changes. */}}
{{- define "lawine.coordinatorHost" -}}
{{ include "lawine.coordinator" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end -}}
{{- define "lawine.publicAddress" -}}{{ include "lawine.coordinatorHost" . }}:7070{{- end -}}

{{/* Of a StatefulSet that is there already; else empty. Its claim templates cannot change. */}}
{{- define "lawine.claimSize" -}}
{{- $found := lookup "apps/v1" "StatefulSet" .root.Release.Namespace .name -}}
{{- if $found -}}
{{- (index $found.spec.volumeClaimTemplates 0).spec.resources.requests.storage -}}
{{- else -}}
{{- .wanted -}}
{{- end -}}
{{- end -}}

{{- define "lawine.protected" -}}{{ if ne .Values.certificates.mode "off" }}yes{{ end }}{{- end -}}

{{/* Flags of both servers: connections inside the cluster, admin port, logs. Argument: (dict "root" $ "grace" SECONDS) */}}
{{- define "lawine.serverFlags" -}}
{{- if include "lawine.protected" .root }}
- --tls-ca=/certificates/internal/ca.crt
- --tls-cert=/certificates/internal/tls.crt
- --tls-key=/certificates/internal/tls.key
{{- end }}
- --admin-listen=0.0.0.0:7080
- --drain-seconds={{ sub (int .grace) 40 }}
- --log-format=json
{{- end -}}

{{/*
Probes look at this process alone. On the plain admin port: the kubelet's gRPC probes know no certificates. It answers
once everything on the volume is open, so that starting may take long; a pod that is not ready for another reason, such
as a wrong volume, is left as it is, to be looked at. Argument: none
*/}}
{{- define "lawine.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 10
  failureThreshold: 120
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 5
  timeoutSeconds: 2
livenessProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{/*
The name in the public certificate that the chart's own callers expect, if it need not be the one they call. A wildcard
stands for any name.
*/}}
{{- define "lawine.publicName" -}}
{{- if and (eq .Values.certificates.mode "existing") .Values.certificates.publicNames -}}
{{- first .Values.certificates.publicNames | replace "*" (include "lawine.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* What `lawine` in the chart's own Jobs is told by its environment. */}}
{{- define "lawine.clientEnvironment" -}}
- name: LAWINE_CLUSTER
  value: {{ include "lawine.publicAddress" . | quote }}
{{- if include "lawine.protected" . }}
- name: LAWINE_TLS_CA
  value: /certificates/public/ca.crt
- name: LAWINE_TOKEN_FILE
  value: /tokens/admin
{{- with include "lawine.publicName" . }}
- name: LAWINE_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "lawine.clientMounts" -}}
- {name: scripts, mountPath: /scripts, readOnly: true}
- {name: scratch, mountPath: /tmp}
{{- if include "lawine.protected" . }}
- {name: public-certificates, mountPath: /certificates/public, readOnly: true}
- {name: tokens, mountPath: /tokens, readOnly: true}
{{- end }}
{{- end -}}

{{- define "lawine.clientVolumes" -}}
- name: scripts
  configMap:
    name: {{ include "lawine.scripts" . }}
    defaultMode: 0555
- name: scratch
  emptyDir: {sizeLimit: 64Mi}
{{- if include "lawine.protected" . }}
- name: public-certificates
  secret:
    secretName: {{ include "lawine.publicSecret" . }}
    defaultMode: 0440
    items: [{key: ca.crt, path: ca.crt}]
- name: tokens
  secret:
    secretName: {{ include "lawine.tokensSecret" . }}
    defaultMode: 0440
    items: [{key: admin, path: admin}]
{{- end }}
{{- end -}}

{{- define "lawine.jobResources" -}}
requests: {cpu: 50m, memory: 128Mi}
limits: {memory: 256Mi}
{{- end -}}
