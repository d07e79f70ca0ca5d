package host

import (
	"slices"
	"testing"
)

func TestOnlyTheSetsOfNetworkPoliciesAreRemoved(t *testing.T) {
	names := []string{"blocklist", "KUBE-SRC-A", "KUBE-DST-B", "inet6:KUBE-SRC-A", "inet6:KUBE-DST-B", "TMP-C", "KUBE-SRC-BEFORE", "KUBE-LOOP-BACK"}
	owned := ownedSets(names, []string{"KUBE-SRC-BEFORE"})
	if !slices.Equal(owned, []string{"KUBE-SRC-A", "KUBE-DST-B", "inet6:KUBE-SRC-A", "inet6:KUBE-DST-B", "TMP-C"}) {
		t.Errorf("got %q", owned)
	}
}
