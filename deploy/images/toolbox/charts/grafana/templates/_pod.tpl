{{- define "grafana.pod" -}}
serviceAccountName: {{ include "grafana.account" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 10
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
containers:
  - name: grafana
    image: "{{ with .Values.image.registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}:{{ .Values.image.tag }}{{ with .Values.image.sha }}@sha256:{{ . }}{{ end }}"
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    env:
      {{- include "grafana.env" . | nindent 6 }}
    {{- with .Values.envFromSecret }}
    envFrom:
      - secretRef: { name: {{ . }} }
    {{- end }}
    ports:
      - { name: grafana, containerPort: 3000 }
    readinessProbe:
      timeoutSeconds: 5
      httpGet: { path: /api/health, port: grafana }
      periodSeconds: 2
    livenessProbe:
      timeoutSeconds: 5
      httpGet: { path: /api/health, port: grafana }
      initialDelaySeconds: 10
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 10
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    securityContext:
      {{- toYaml .Values.containerSecurityContext | nindent 6 }}
    volumeMounts:
      - { name: storage, mountPath: /var/lib/grafana }
      - { name: tmp, mountPath: /tmp }
      - { name: provisioning, mountPath: /etc/grafana/provisioning, readOnly: true }
      {{- range include "grafana.providers" . | fromJsonArray }}
      - { name: dashboards-{{ . }}, mountPath: /var/lib/grafana/dashboards/{{ . }}, readOnly: true }
      {{- end }}
volumes:
  {{- include "grafana.volumes" . | nindent 2 }}
{{- end -}}

{{- define "grafana.env" -}}
- name: GF_SECURITY_ADMIN_USER
  valueFrom:
    secretKeyRef: { name: {{ include "grafana.secret" . }}, key: {{ .Values.admin.userKey }} }
- name: GF_SECURITY_ADMIN_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ include "grafana.secret" . }}, key: {{ .Values.admin.passwordKey }} }
- { name: GF_PATHS_DATA, value: /var/lib/grafana }
- { name: GF_PATHS_PROVISIONING, value: /etc/grafana/provisioning }
{{- range $name, $value := include "grafana.settings" . | fromJson }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $source := .Values.envValueFrom }}
- name: {{ $name }}
  valueFrom:
    {{- toYaml $source | nindent 4 }}
{{- end }}
{{- end -}}

{{/* The files' keys have the folder's name in front, since a key holds no slash. */}}
{{- define "grafana.volumes" -}}
- name: storage
  emptyDir: {}
- name: tmp
  emptyDir: {}
- name: provisioning
  {{- if or .Values.datasources .Values.dashboardProviders }}
  configMap:
    name: {{ include "grafana.name" . }}
    items:
      {{- range $file, $_ := .Values.datasources }}
      - { key: datasources.{{ $file }}, path: datasources/{{ $file }} }
      {{- end }}
      {{- range $file, $_ := .Values.dashboardProviders }}
      - { key: dashboards.{{ $file }}, path: dashboards/{{ $file }} }
      {{- end }}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- range $provider := include "grafana.providers" . | fromJsonArray }}
- name: dashboards-{{ $provider }}
  projected:
    sources:
      {{- if hasKey $.Values.dashboards $provider }}
      - configMap: { name: {{ include "grafana.name" $ }}-dashboards-{{ $provider }} }
      {{- end }}
      {{- with index $.Values.dashboardsConfigMaps $provider }}
      - configMap: { name: {{ . }} }
      {{- end }}
{{- end }}
{{- end -}}
