// Command crds writes Emissary's resource definitions as a cluster without Emissary's conversion webhook can serve them: with
// the version that people write today, and no other.
package main

import (
	"bytes"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

const served = "v3alpha1"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "Usage: crds CRDS.yaml")
		os.Exit(2)
	}
	content, err := os.ReadFile(os.Args[1])
	if err == nil {
		content, err = convert(content)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crds:", err)
		os.Exit(1)
	}
	os.Stdout.Write(content)
}

func convert(content []byte) ([]byte, error) {
	var written bytes.Buffer
	for _, document := range bytes.Split(append([]byte("\n"), content...), []byte("\n---")) {
		definition := map[string]any{}
		if err := yaml.Unmarshal(document, &definition); err != nil {
			return nil, err
		}
		if len(definition) == 0 {
			continue
		}
		if err := keepServed(definition); err != nil {
			return nil, err
		}
		made, err := yaml.Marshal(definition)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&written, "%s---\n", made)
	}
	return written.Bytes(), nil
}

func keepServed(definition map[string]any) error {
	spec, _ := definition["spec"].(map[string]any)
	versions, _ := spec["versions"].([]any)
	for _, entry := range versions {
		version, _ := entry.(map[string]any)
		if version["name"] != served {
			continue
		}
		version["served"], version["storage"] = true, true
		spec["versions"] = []any{version}
		delete(spec, "conversion")
		delete(spec, "preserveUnknownFields")
		delete(definition, "status")
		return nil
	}
	return fmt.Errorf("%v has no version %s", definition["metadata"], served)
}
