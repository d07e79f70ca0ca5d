# Run a second time it changes nothing.
kubectl apply --filename - <<YAML
apiVersion: getambassador.io/v3alpha1
kind: Mapping
metadata: { name: qotm }
spec:
  hostname: $NAMESPACE.labs.localhost
  prefix: /qotm/
  service: qotm
  add_response_headers: { x-routed: { value: "yes", append: false } }
YAML
kubectl patch deployment qotm --type merge \
  --patch '{"spec":{"template":{"metadata":{"annotations":{"linkerd.io/inject":"enabled"}}}}}'
kubectl rollout status deployment qotm --timeout 4m
# The pod before it may answer as long as it is there, and takes its log along.
until [ "$(kubectl get pods --selector app.kubernetes.io/name=qotm --output name | wc -l)" = 1 ]; do sleep 1; done
until curl --silent --max-time 5 --output /dev/null http://qotm/probe-of-the-log; do sleep 1; done
# What is checked takes a moment to arrive.
until curl --silent --max-time 5 --output /dev/null --dump-header - --header "Host: $NAMESPACE.labs.localhost" \
  http://emissary-ingress.emissary/qotm/ | grep --quiet --ignore-case '^x-routed: yes'; do sleep 1; done
until curl --silent --max-time 5 --get http://metrics-api.linkerd-viz:8085/api/v1/query \
  --header "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" \
  --data-urlencode 'query=response_total{direction="inbound",deployment="qotm"}' | grep --quiet '"value"'; do sleep 1; done
