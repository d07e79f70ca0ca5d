{{- define "grafana.name" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "grafana.account" -}}
{{- if .Values.serviceAccount.create -}}
{{ ternary (include "grafana.name" .) .Values.serviceAccount.name (has .Values.serviceAccount.name (list "" "default")) }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "grafana.secret" -}}
{{ default (include "grafana.name" .) .Values.admin.existingSecret }}
{{- end -}}

{{- define "grafana.selector" -}}
app.kubernetes.io/name: grafana
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "grafana.labels" -}}
{{ include "grafana.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* What the public chart has and this one has not is refused, rather than left out in silence. */}}
{{- define "grafana.refuse" -}}
{{- if .Values.rbac.create -}}
{{- fail "rbac.create must be false: Grafana itself needs no rights, and this small chart has no sidecar that would." -}}
{{- end -}}
{{- range $kind, $sidecar := .Values.sidecar -}}
{{- if $sidecar.enabled -}}
{{- fail (printf "sidecar.%s.enabled must be false: this small chart has no sidecar that looks for ConfigMaps by their labels. Name them in %s." $kind (ternary "dashboardsConfigMaps" "datasources" (eq $kind "dashboards"))) -}}
{{- end -}}
{{- end -}}
{{- if .Values.persistence.enabled -}}
{{- fail "persistence.enabled must be false: this small chart keeps Grafana's database in an emptyDir, as long as the pod lives." -}}
{{- end -}}
{{- if .Values.ingress.enabled -}}
{{- fail "ingress.enabled must be false: this small chart makes no Ingress." -}}
{{- end -}}
{{- if .Values.testFramework.enabled -}}
{{- fail "testFramework.enabled must be false: this small chart has no tests to run in the cluster." -}}
{{- end -}}
{{- if ne .Values.service.type "ClusterIP" -}}
{{- fail (printf "service.type must be ClusterIP, not %s: this small chart is reached from its own namespace." .Values.service.type) -}}
{{- end -}}
{{- range $provider, $dashboards := .Values.dashboards -}}
{{- range $name, $dashboard := $dashboards -}}
{{- if ne (keys $dashboard | join ",") "json" -}}
{{- fail (printf "dashboards.%s.%s must have its JSON as json, and nothing else: this small chart downloads none." $provider $name) -}}
{{- end -}}
{{- $read := fromJson $dashboard.json -}}
{{- if hasKey $read "Error" -}}
{{- fail (printf "dashboards.%s.%s.json is no JSON: %s" $provider $name $read.Error) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The names of the providers that have dashboards, from values or from ConfigMaps. */}}
{{- define "grafana.providers" -}}
{{ concat (keys .Values.dashboards) (keys .Values.dashboardsConfigMaps) | uniq | sortAlpha | toJson }}
{{- end -}}

{{/* The settings as environment variables: a key of a section as GF_SECTION_KEY, one of none as GF_DEFAULT_KEY. */}}
{{- define "grafana.settings" -}}
{{- $settings := dict -}}
{{- range $section, $keys := index .Values "grafana.ini" -}}
{{- if kindIs "map" $keys -}}
{{- range $key, $value := $keys -}}
{{- $_ := set $settings (printf "GF_%s_%s" $section $key | upper | replace "." "_" | replace "-" "_") (toString $value) -}}
{{- end -}}
{{- else -}}
{{- $_ := set $settings (printf "GF_DEFAULT_%s" $section | upper | replace "-" "_") (toString $keys) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .Values.env -}}
{{- $_ := set $settings $name (toString $value) -}}
{{- end -}}
{{ toJson $settings }}
{{- end -}}
