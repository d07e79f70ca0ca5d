# Solves every task, in one block a section of the guide; run a second time it changes nothing that is checked.
set -e
kubectl annotate --overwrite service front qotm store a8r.io/owner="$LEARNER"
kubectl annotate service front a8r.io/onwer- a8r.io/Chat-
kubectl label service front a8r.io/support-
kubectl annotate --overwrite service front a8r.io/description="The page that people open to read a quote."
kubectl annotate --overwrite service qotm a8r.io/description="Answers each request with a quote of the moment."
kubectl annotate --overwrite service store a8r.io/description="Keeps the quotes that qotm hands out."
for service in front qotm store; do
  kubectl annotate --overwrite service "$service" \
    a8r.io/repository="https://git.example.org/harbour/$service" \
    a8r.io/bugs="https://git.example.org/harbour/$service/issues" \
    a8r.io/chat="#harbour" \
    a8r.io/support="on-call@harbour.example" \
    a8r.io/runbook="http://docs/$service-runbook" \
    a8r.io/performance="http://$service/metrics" \
    a8r.io/documentation="http://docs/"
done
kubectl annotate --overwrite service front a8r.io/dependencies=qotm
kubectl annotate --overwrite service qotm a8r.io/dependencies=store
kubectl annotate --overwrite service store a8r.io/dependencies=none
pages=$(mktemp -d)
for service in front qotm store; do
  cat >"$pages/$service-runbook.md" <<END
# $service

## How to see that it is ill

\`curl http://$service/status\` answers with an error.

## What to do

Look at its log, then restart it.

## Whom to call

$LEARNER, by the channel of the harbour team.
END
done
before=$(kubectl get configmap docs -o jsonpath='{.data}')
kubectl create configmap docs --from-file="$pages" --dry-run=client -o yaml | kubectl replace -f -
# A pod that runs sees a changed page only after a minute.
if [ "$before" != "$(kubectl get configmap docs -o jsonpath='{.data}')" ]; then
  kubectl rollout restart deployment docs
fi
kubectl rollout status deployment docs --timeout 10m
kubectl rollout status deployment qotm --timeout 10m
echo "answer: reading port 8080"
echo "answer: reading endpoints 2"
echo "answer: reading selects labels"
kubectl describe service qotm | sed 's/^/answer-line: proof output /'
echo "answer: reach hit front_and_qotm"
