package kubeapi

import "testing"

func TestPathOf(t *testing.T) {
	object := func(version, kind, namespace string) Object {
		metadata := map[string]any{"name": "x"}
		if namespace != "" {
			metadata["namespace"] = namespace
		}
		return Object{"apiVersion": version, "kind": kind, "metadata": metadata}
	}
	cases := []struct {
		object   Object
		expected string
	}{
		{object("v1", "Endpoints", "default"), "/api/v1/namespaces/default/endpoints/x"},
		{object("discovery.k8s.io/v1", "EndpointSlice", "default"), "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/x"},
		{object("rbac.authorization.k8s.io/v1", "ClusterRole", ""), "/apis/rbac.authorization.k8s.io/v1/clusterroles/x"},
		{object("apps/v1", "Deployment", "kube-system"), "/apis/apps/v1/namespaces/kube-system/deployments/x"},
	}
	for _, example := range cases {
		if path, err := pathOf(example.object); err != nil || path != example.expected {
			t.Errorf("expected %s, got %s, %v", example.expected, path, err)
		}
	}
	if path, err := pathOf(object("v1", "ConfigMap", "")); err == nil {
		t.Errorf("a ConfigMap outside a namespace got the path %s", path)
	}
}
