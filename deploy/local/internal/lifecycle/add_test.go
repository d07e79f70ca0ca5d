package lifecycle

import (
	"encoding/json"
	"testing"

	"seaworthy/deploy/local/internal/kubeapi"
)

func TestAWorkloadIsReadyOnceItsPodsOfThisVersionAre(t *testing.T) {
	for name, example := range map[string]struct {
		object string
		ready  bool
	}{
		"a Deployment whose pods are ready": {
			`{"kind":"Deployment","metadata":{"generation":2},"spec":{"replicas":2},
			  "status":{"observedGeneration":2,"updatedReplicas":2,"availableReplicas":2}}`, true},
		"a Deployment without a number of replicas wants one": {
			`{"kind":"Deployment","metadata":{"generation":1},"spec":{},"status":{"observedGeneration":1}}`, false},
		"a Deployment whose old pods are ready": {
			`{"kind":"Deployment","metadata":{"generation":2},"spec":{"replicas":1},
			  "status":{"observedGeneration":2,"updatedReplicas":0,"availableReplicas":1}}`, false},
		"a Deployment whose old pods still run beside the new ones": {
			`{"kind":"Deployment","metadata":{"generation":2},"spec":{"replicas":1},
			  "status":{"observedGeneration":2,"replicas":2,"updatedReplicas":1,"availableReplicas":1}}`, false},
		"a Deployment whose change nobody has seen": {
			`{"kind":"Deployment","metadata":{"generation":2},"spec":{"replicas":1},
			  "status":{"observedGeneration":1,"updatedReplicas":1,"availableReplicas":1}}`, false},
		"a Deployment that was scaled to nothing": {
			`{"kind":"Deployment","metadata":{"generation":1},"spec":{"replicas":0},"status":{"observedGeneration":1}}`, true},
		"a DaemonSet on the one node": {
			`{"kind":"DaemonSet","metadata":{"generation":1},"status":{"observedGeneration":1,"desiredNumberScheduled":1,
			  "updatedNumberScheduled":1,"numberAvailable":1}}`, true},
		"a DaemonSet whose pod is not ready": {
			`{"kind":"DaemonSet","metadata":{"generation":1},"status":{"observedGeneration":1,"desiredNumberScheduled":1,
			  "updatedNumberScheduled":1,"numberAvailable":0}}`, false},
	} {
		object := kubeapi.Object{}
		if err := json.Unmarshal([]byte(example.object), &object); err != nil {
			t.Fatal(err)
		}
		if reason := unready(object); (reason == "") != example.ready {
			t.Errorf("%s: %q", name, reason)
		}
	}
}
