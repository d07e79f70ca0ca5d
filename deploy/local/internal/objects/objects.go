// Package objects holds the manifests that every cluster gets: its DNS, the Service of its API server, and Emissary's CRDs.
package objects

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
)

//go:embed dns.yaml
var dnsManifest string

//go:embed network-policy.yaml
var networkPolicyManifest string

//go:embed apiserver.yaml
var apiServerManifest string

// APIServer is where the Service named kubernetes leads; the API server does not write it itself, because it would
// take its own address for that of another machine's.
func APIServer() ([]kubeapi.Object, error) {
	return Parse(strings.NewReplacer(
		"NODE_ADDRESS", layout.NodeAddress,
		"API_SERVER_PORT", fmt.Sprint(layout.APIServerPort),
	).Replace(apiServerManifest))
}

// NetworkPolicies are the rights of the component that enforces network policies.
func NetworkPolicies() ([]kubeapi.Object, error) { return Parse(networkPolicyManifest) }

// DNS is CoreDNS, run from the cluster's own binary.
func DNS(folder layout.Layout) ([]kubeapi.Object, error) {
	return Parse(strings.NewReplacer(
		"DNS_ADDRESS", layout.DNSServiceAddress,
		"CLUSTER_DOMAIN", layout.ClusterDomain,
		"PAUSE_IMAGE", layout.PauseImage,
		"BINARY", folder.Binary(),
	).Replace(dnsManifest))
}

// EmissaryCRDs reads Emissary's custom resource definitions and removes their need for a conversion webhook.
func EmissaryCRDs(path string) ([]kubeapi.Object, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	definitions, err := Parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, definition := range definitions {
		if err := keepServedVersion(definition); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return definitions, nil
}

// keepServedVersion leaves only the version that people write today. The older ones are converted by a webhook that Emissary
// itself serves; without it every read of an object would fail.
func keepServedVersion(definition kubeapi.Object) error {
	spec, _ := definition["spec"].(map[string]any)
	versions, _ := spec["versions"].([]any)
	for _, entry := range versions {
		version, _ := entry.(map[string]any)
		if version["name"] != "v3alpha1" {
			continue
		}
		version["served"], version["storage"] = true, true
		spec["versions"] = []any{version}
		delete(spec, "conversion")
		delete(spec, "preserveUnknownFields")
		delete(definition, "status")
		return nil
	}
	return fmt.Errorf("%v has no version v3alpha1", definition["metadata"])
}

// Parse reads the documents of a YAML file.
func Parse(manifest string) ([]kubeapi.Object, error) {
	var objects []kubeapi.Object
	for _, document := range strings.Split("\n"+manifest, "\n---") {
		object := kubeapi.Object{}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return nil, err
		}
		if len(object) > 0 {
			objects = append(objects, object)
		}
	}
	return objects, nil
}
