# Solves every task. Run again it brings everything back to that, and waits until it is in force.
HOST=$(kubectl get configmap ingress --output jsonpath='{.data.host}')
send() { curl --silent --max-time 10 --output /dev/null --header "Host: $HOST" "$@"; }
status() { send --write-out '%{http_code}' "http://emissary-ingress.emissary$1" || true; }
rolled() { for one in "$@"; do kubectl rollout status deployment "$one" --timeout 10m; done; }
token=$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)
ask() {
  curl --silent --max-time 10 --get http://metrics-api.linkerd-viz:8085/api/v1/query --header "Authorization: Bearer $token" \
    --data-urlencode "query=$1" | jq --raw-output '.data.result[0].value[1] // "0"'
}

# Makes what is there the same again, and what is missing. An object that there is counts in the quota for a while when it is
# created once more, although that fails.
put() {
  kubectl replace --filename "$1" && return
  kubectl create --filename "$1" || true
  kubectl replace --filename "$1"
}

# The lowest success rate that the canary had, each of a minute.
canary='response_total{direction="inbound",deployment="qotm-canary"'
lowest="min_over_time((100 * sum(rate($canary,classification=\"success\"}[1m])) / sum(rate($canary}[1m])))[1h:15s])"

# The demo system, each pod with a proxy from its start; qotm twice, which the file would undo.
linkerd inject ~/demo/system.yaml 2>/dev/null >~/meshed.yaml
kubectl apply --filename ~/meshed.yaml --selector app.kubernetes.io/name!=qotm
if ! kubectl get deployment qotm 2>/dev/null; then
  kubectl apply --filename ~/meshed.yaml --selector app.kubernetes.io/name=qotm
fi
for one in front qotm authors store; do
  kubectl patch deployment "$one" --type merge \
    --patch '{"metadata":{"annotations":{"linkerd.io/inject":null}},"spec":{"template":{"metadata":{"annotations":{"linkerd.io/inject":"enabled"}}}}}'
done
kubectl scale deployment qotm --replicas 2
kubectl scale deployment caller --replicas 1
rolled front qotm authors store caller weather tides

# The routes.
cat >~/routes.yaml <<YAML
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: qotm }
spec: { hostname: $HOST, prefix: /qotm/, service: qotm }
---
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: weather }
spec: { hostname: $HOST, prefix: /weather/, service: weather, timeout_ms: 1000 }
---
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: tides }
spec: { hostname: $HOST, prefix: /tides/, service: tides, retry_policy: { retry_on: 5xx, num_retries: 5 } }
---
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: limited }
spec:
  hostname: $HOST
  prefix: /limited/
  service: weather
  timeout_ms: 8000
  circuit_breakers: [{ max_connections: 1, max_pending_requests: 1 }]
---
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: by-service }
spec: { hostname: $HOST, prefix: /by-service/, service: qotm }
---
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: by-endpoints }
spec: { hostname: $HOST, prefix: /by-endpoints/, service: qotm, resolver: endpoint, load_balancer: { policy: round_robin } }
---
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: authors }
spec: { hostname: $HOST, prefix: /authors, rewrite: /authors, service: authors }
YAML
put ~/routes.yaml
curl --silent --fail --request POST http://weather/fault --data '{"latency_ms": 2500}'
curl --silent --fail --request POST http://tides/fault --data '{"error_rate": 0.5}'

# The canary with release 2.
kubectl get configmap canary --output jsonpath='{.data.canary\.yaml}' >~/canary.yaml
put ~/canary.yaml
rolled qotm-canary
weigh() {
  cat >~/weight.yaml <<YAML
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: qotm-canary }
spec: { hostname: $HOST, prefix: /qotm/, service: qotm-canary, weight: $1 }
YAML
  put ~/weight.yaml
}
until [ "$(status /qotm/)" = 200 ]; do sleep 1; done
if ! kubectl get replicasets --selector app.kubernetes.io/name=qotm-canary --output json | grep --quiet release-3; then
  # A tenth for a minute, then half; then release 3, until the mesh has seen it fail.
  weigh 10
  sleep 2
  for round in 1 2 3 4 5 6; do
    send "http://emissary-ingress.emissary/qotm/?[1-60]"
    sleep 10
  done
  weigh 50
  kubectl set env deployment qotm-canary --from=configmap/release-3
  rolled qotm-canary
  # A rate takes two scrapes with failures, and the lowest one is looked for every 15 s.
  until [ "$(ask 'floor(sum(response_total{direction="inbound",deployment="qotm-canary",classification="failure"}))')" -ge 5 ] &&
    [ "$(ask "floor($lowest)")" -le 95 ]; do
    send "http://emissary-ingress.emissary/qotm/?[1-60]"
    sleep 5
  done
  kubectl rollout undo deployment qotm-canary
  rolled qotm-canary
fi
weigh 50

# Whom authors answers.
cat >~/policy.yaml <<YAML
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: { name: authors }
spec: { podSelector: { matchLabels: { app.kubernetes.io/name: authors } }, port: http, proxyProtocol: HTTP/1 }
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: { name: own }
spec: { identityRefs: [{ kind: ServiceAccount, name: default }] }
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: { name: own-to-authors }
spec:
  targetRef: { group: policy.linkerd.io, kind: Server, name: authors }
  requiredAuthenticationRefs: [{ group: policy.linkerd.io, kind: MeshTLSAuthentication, name: own }]
YAML
put ~/policy.yaml

# Pods that are going answer for as long as they are there; the mesh's numbers take a scrape or two.
for one in front qotm authors store qotm-canary; do
  wanted=$(kubectl get deployment "$one" --output jsonpath='{.spec.replicas}')
  until [ "$(kubectl get pods --selector "app.kubernetes.io/name=$one" --output name | wc -l)" = "$wanted" ]; do sleep 1; done
done
# How many of 200 requests version 1 answers: half, give or take what chance does one time in 10,000.
first() {
  curl --silent --max-time 10 --output /dev/null --dump-header - --header "Host: $HOST" "http://emissary-ingress.emissary/qotm/?[1-200]" |
    grep --count --ignore-case '^x-version: 1' || true
}
until count=$(first) && [ "$count" -ge 72 ] && [ "$count" -le 128 ]; do sleep 1; done
until [ "$(status /authors)" = 403 ]; do sleep 1; done
until curl --silent --max-time 5 http://qotm/ | jq --exit-status '.author != null' >/dev/null; do sleep 1; done
until [ "$(ask 'floor(sum(increase(response_total{direction="outbound",deployment="front",dst_deployment="qotm",tls="true"}[1m])))')" -ge 80 ]; do sleep 2; done

# What a learner would report.
sent='direction="outbound",deployment="front",dst_deployment="qotm"'
echo "answer: ingress cleartext routed"
echo "answer: ingress missing mapping"
echo "answer: numbers success $(ask "100 * sum(rate(response_total{$sent,classification=\"success\"}[1m])) / sum(rate(response_total{$sent}[1m]))")"
echo "answer: numbers rate $(ask "sum(rate(response_total{$sent}[1m]))")"
echo "answer: numbers latency $(ask "histogram_quantile(0.95, sum by (le) (rate(response_latency_ms_bucket{$sent}[1m])))")"
echo "answer: rollback seen $(ask "$lowest")"
echo "answer: choice picker service"
echo "answer: choice known front"
