# Solves every task. Run again it brings everything back to that, and waits until it is in force.
PROMETHEUS=http://prometheus-server
ask() { curl --silent --max-time 5 --get "$PROMETHEUS/api/v1/query" --data-urlencode "query=$1" | jq --raw-output '.data.result[0].value[1] // ""'; }
requests='http_requests_total{app_kubernetes_io_name="qotm",path="/"}'
failed='http_requests_total{app_kubernetes_io_name="qotm",path="/",code=~"5.."}'
buckets='http_request_duration_seconds_bucket{app_kubernetes_io_name="qotm",path="/"}'
rate="sum(rate($requests[30s]))"
errors="100 * sum(rate($failed[30s])) / sum(rate($requests[30s]))"
slow="1000 * histogram_quantile(0.95, sum by (le) (rate($buckets[30s])))"

# qotm says where its metrics are; its pods are made anew the first time.
kubectl patch deployment qotm --type merge --patch '{"spec":{"template":{"metadata":{"annotations":{
  "prometheus.io/scrape":"true","prometheus.io/port":"8080","prometheus.io/path":"/metrics"}}}}}'

cat >~/prometheus.yaml <<YAML
server:
  global: { scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s }
serverFiles:
  recording_rules.yml:
    groups:
      - name: qotm
        rules:
          - record: qotm:requests:rate30s
            expr: $rate
  alerting_rules.yml:
    groups:
      - name: qotm-rush
        rules:
          - alert: QotmRush
            expr: sum(rate($requests[20s])) > 8
            for: 10s
            labels: { owner: "$LEARNER" }
            annotations: { summary: "qotm answers {{ \$value }} requests in a second" }
YAML
helm upgrade --install prometheus ~/charts/prometheus --values ~/prometheus.yaml

panel() { jq --null-input --arg title "$1" --arg expr "$2" --argjson x "$3" '{ type: "timeseries", title: $title,
  gridPos: { x: $x, y: 0, w: 8, h: 8 }, targets: [{ refId: "A", expr: $expr }] }'; }
{ panel Rate "$rate" 0; panel Errors "$errors" 8; panel Duration "$slow" 16; } |
  jq --slurp '{ uid: "qotm", title: "qotm", schemaVersion: 39, time: { from: "now-15m", to: "now" }, panels: . }' >~/qotm.json
cat >~/grafana.yaml <<YAML
datasources:
  datasources.yaml:
    apiVersion: 1
    datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "$PROMETHEUS", isDefault: true }]
dashboardProviders:
  providers.yaml:
    apiVersion: 1
    providers: [{ name: default, type: file, options: { path: /var/lib/grafana/dashboards/default } }]
YAML
helm upgrade --install grafana ~/charts/grafana --values ~/grafana.yaml --set-file dashboards.default.qotm.json="$HOME/qotm.json"
for one in qotm prometheus-server grafana; do kubectl rollout status deployment "$one" --timeout 10m; done

# A changed ConfigMap is in the pod as soon as the pod itself changes; Prometheus then reads it.
kubectl annotate pods --selector app.kubernetes.io/name=prometheus --overwrite "example.org/changed=$(date +%s)"
rules() { curl --silent --max-time 5 "$PROMETHEUS/api/v1/rules" | jq --raw-output '.data.groups[].rules[] | "\(.name) \(.labels.owner) \(.query)"'; }
until rules | grep --quiet "^QotmRush $LEARNER .* > 8$" && rules | grep --quiet --fixed-strings 'qotm:requests:rate30s null sum(rate(http_requests_total{'; do
  curl --silent --max-time 5 --output /dev/null --request POST "$PROMETHEUS/-/reload" || true
  sleep 1
done
until [ "$(ask 'min(up{app_kubernetes_io_name="qotm"})')" = 1 ] && [ -n "$(ask qotm:requests:rate30s)" ] && [ -n "$(ask "$errors")" ]; do sleep 1; done
# Half a minute of samples, of which the numbers are made.
until [ "$(ask 'max(count_over_time(up{app_kubernetes_io_name="qotm"}[30s]))')" -ge 14 ]; do sleep 1; done
until kubectl get pods --selector app.kubernetes.io/name=qotm --output name | wc -l | grep --quiet '^1$'; do sleep 1; done

# What a learner would report.
echo "answer: rate reported $(ask "$rate")"
echo "answer: errors reported $(ask "$errors")"
echo "answer: slow reported $(ask "$slow")"
echo "answer: trace hop authors"
# One rush is enough, as long as this Prometheus remembers it.
if [ -z "$(ask 'count_over_time(ALERTS{alertname="QotmRush",alertstate="firing"}[15m])')" ]; then echo "load: rush"; fi
