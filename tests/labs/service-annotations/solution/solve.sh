# Solves every task, in one command a section of the guide; run a second time it changes nothing.
kubectl annotate --overwrite service qotm \
  a8r.io/owner="$LEARNER" \
  a8r.io/description="Answers each request with a quote of the moment."
kubectl annotate --overwrite service qotm \
  a8r.io/repository="https://git.example.org/harbour/qotm" \
  a8r.io/chat="#harbour" \
  a8r.io/bugs="https://git.example.org/harbour/qotm/issues" \
  a8r.io/runbook="https://docs.example.org/qotm/runbook"
