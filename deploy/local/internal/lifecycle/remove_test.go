package lifecycle

import (
	"slices"
	"testing"

	"seaworthy/deploy/local/internal/kubeapi"
)

func TestWebhooksGoFirstAndTheRestInReverse(t *testing.T) {
	var kinds []string
	for _, reference := range removalOrder([]kubeapi.Reference{
		{Kind: "ServiceAccount"}, {Kind: "MutatingWebhookConfiguration"}, {Kind: "Deployment"}, {Kind: "NetworkPolicy"},
	}) {
		kinds = append(kinds, reference.Kind)
	}
	if expected := []string{"MutatingWebhookConfiguration", "NetworkPolicy", "Deployment", "ServiceAccount"}; !slices.Equal(kinds, expected) {
		t.Errorf("%v", kinds)
	}
}

func TestNamespacesOfTheClusterItselfKeepTheirLabels(t *testing.T) {
	own := ownNamespaces([]kubeapi.Reference{
		{Namespace: "linkerd"}, {Namespace: "kube-system"}, {}, {Namespace: "default"}, {Namespace: "linkerd"},
	})
	if !slices.Equal(own, []string{"linkerd"}) {
		t.Errorf("%v", own)
	}
}
