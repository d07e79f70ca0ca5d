package kubeapi

import (
	"fmt"
	"strings"
)

// clusterScoped are the kinds among those that the cluster applies which belong to no namespace.
var clusterScoped = map[string]bool{
	"ClusterRole":              true,
	"ClusterRoleBinding":       true,
	"CustomResourceDefinition": true,
	"Namespace":                true,
}

// pathOf gives the object's place in the API.
func pathOf(object Object) (string, error) {
	version, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	metadata, _ := object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	namespace, _ := metadata["namespace"].(string)
	if version == "" || kind == "" || name == "" {
		return "", fmt.Errorf("an object needs apiVersion, kind and name: %v", object)
	}
	path := "/apis/" + version
	if !strings.Contains(version, "/") {
		path = "/api/" + version
	}
	if !clusterScoped[kind] {
		if namespace == "" {
			return "", fmt.Errorf("%s %s has no namespace", kind, name)
		}
		path += "/namespaces/" + namespace
	}
	resource := strings.ToLower(kind)
	if !strings.HasSuffix(resource, "s") {
		resource += "s"
	}
	return path + "/" + resource + "/" + name, nil
}
