// Package proxyconfig writes what a pod's Envoy is told: its listeners, routes, clusters and endpoints, in the form in which
// Envoy's discovery service answers in JSON, and the labels by which its traffic is counted.
package proxyconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

type object = map[string]any

func typed(name string, fields object) object {
	fields["@type"] = "type.googleapis.com/" + name
	return fields
}

func extension(name, kind string, fields object) object {
	return object{"name": name, "typed_config": typed(kind, fields)}
}

// seal gives the configuration the version that its content has.
func seal(resources map[string][]object, labels proxyapi.Labels) (proxyapi.Config, error) {
	config := proxyapi.Config{Resources: map[string]json.RawMessage{}, Labels: labels}
	for name, content := range resources {
		encoded, err := json.Marshal(content)
		if err != nil {
			return proxyapi.Config{}, err
		}
		config.Resources[name] = encoded
	}
	whole, err := json.Marshal(config)
	if err != nil {
		return proxyapi.Config{}, err
	}
	sum := sha256.Sum256(whole)
	config.Version = hex.EncodeToString(sum[:12])
	return config, nil
}
