{{- define "prometheus.name" -}}
{{- if .Values.server.fullnameOverride -}}
{{ .Values.server.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ printf "%s-server" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s-server" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "prometheus.account" -}}
{{ default (include "prometheus.name" .) .Values.serviceAccounts.server.name }}
{{- end -}}

{{- define "prometheus.selector" -}}
app.kubernetes.io/name: prometheus
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "prometheus.labels" -}}
{{ include "prometheus.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* What the public chart has and this one has not is refused, rather than left out in silence. */}}
{{- define "prometheus.refuse" -}}
{{- range $part := list "alertmanager" "kube-state-metrics" "prometheus-node-exporter" "prometheus-pushgateway" -}}
{{- if (index $.Values $part).enabled -}}
{{- fail (printf "%s.enabled must be false: this small chart has Prometheus alone. Alerts show on its page and in its API." $part) -}}
{{- end -}}
{{- end -}}
{{- if .Values.server.persistentVolume.enabled -}}
{{- fail "server.persistentVolume.enabled must be false: this small chart keeps its samples in an emptyDir, as long as the pod lives." -}}
{{- end -}}
{{- if .Values.configmapReload.prometheus.enabled -}}
{{- fail "configmapReload.prometheus.enabled must be false: in this small chart Prometheus itself reads changed files again." -}}
{{- end -}}
{{- if ne .Values.server.service.type "ClusterIP" -}}
{{- fail (printf "server.service.type must be ClusterIP, not %s: this small chart is reached from its own namespace." .Values.server.service.type) -}}
{{- end -}}
{{- end -}}

{{/* All jobs in one list: those by name, in the order of their names, then those of the two lists. */}}
{{- define "prometheus.jobs" -}}
{{- $jobs := list -}}
{{- range $name, $job := .Values.scrapeConfigs -}}
{{- if dig "enabled" true $job -}}
{{- $jobs = append $jobs (merge (dict "job_name" $name) (omit $job "enabled")) -}}
{{- end -}}
{{- end -}}
{{- $jobs = concat $jobs (dig "scrape_configs" list (index .Values.serverFiles "prometheus.yml")) -}}
{{- $extra := tpl .Values.extraScrapeConfigs . -}}
{{- if $extra -}}
{{- $read := fromYamlArray $extra -}}
{{- if and $read (kindIs "string" (first $read)) -}}
{{- fail (printf "extraScrapeConfigs must be the text of a list of jobs: %s" (first $read)) -}}
{{- end -}}
{{- $jobs = concat $jobs $read -}}
{{- end -}}
{{ toYaml $jobs }}
{{- end -}}

{{/* The whole of prometheus.yml: what serverFiles says, under the intervals, retention and jobs of the other values. */}}
{{- define "prometheus.config" -}}
{{- $retention := dict "time" .Values.server.retention -}}
{{- if .Values.server.retentionSize -}}
{{- $_ := set $retention "size" .Values.server.retentionSize -}}
{{- end -}}
{{- $config := dict "global" .Values.server.global "storage" (dict "tsdb" (dict "retention" $retention)) -}}
{{- $_ := set $config "scrape_configs" (include "prometheus.jobs" . | fromYamlArray) -}}
{{ toYaml (merge $config (omit (index .Values.serverFiles "prometheus.yml") "scrape_configs")) }}
{{- end -}}
