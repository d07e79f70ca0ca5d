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
kubectl rollout status deployment qotm --timeout 60s
for _ in 1 2 3 4 5 6 7 8 9 10; do
  if curl --silent --max-time 5 "http://qotm/probe-of-the-log" >/dev/null; then break; fi
  sleep 1
done
