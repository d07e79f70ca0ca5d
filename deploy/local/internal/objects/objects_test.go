package objects

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
)

func TestTheEmbeddedManifestsAreFilledIn(t *testing.T) {
	server, err := APIServer()
	if err != nil || len(server) != 2 {
		t.Fatalf("got %d objects, %v", len(server), err)
	}
	policies, err := NetworkPolicies()
	if err != nil || len(policies) != 2 {
		t.Fatalf("got %d objects, %v", len(policies), err)
	}
	dns, err := DNS(layout.Layout{Dir: "/somewhere"})
	if err != nil || len(dns) != 6 {
		t.Fatalf("got %d objects, %v", len(dns), err)
	}
	spec, _ := dns[5]["spec"].(map[string]any)
	if spec["clusterIP"] != layout.DNSServiceAddress {
		t.Errorf("the DNS Service is at %v, where no pod looks for it", spec["clusterIP"])
	}
}

const definition = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: mappings.getambassador.io
spec:
  conversion:
    strategy: Webhook
  preserveUnknownFields: false
  versions:
    - name: v2
      served: true
      storage: true
    - name: v3alpha1
      served: true
      storage: false
`

func TestEmissaryCRDsNeedNoWebhook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crds.yaml")
	if err := os.WriteFile(path, []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	crds, err := EmissaryCRDs(path)
	if err != nil || len(crds) != 1 {
		t.Fatalf("got %v, %v", crds, err)
	}
	spec, _ := crds[0]["spec"].(map[string]any)
	versions, _ := spec["versions"].([]any)
	version, _ := versions[0].(map[string]any)
	if spec["conversion"] != nil || len(versions) != 1 || version["name"] != "v3alpha1" || version["storage"] != true {
		t.Errorf("got %v", spec)
	}
}

func TestADefinitionWithoutTheVersionIsRefused(t *testing.T) {
	crds, err := Parse(strings.ReplaceAll(definition, "v3alpha1", "v4"))
	if err != nil {
		t.Fatal(err)
	}
	if err := keepServedVersion(crds[0]); err == nil {
		t.Error("a definition that people cannot write objects of was taken")
	}
	if err := keepServedVersion(kubeapi.Object{}); err == nil {
		t.Error("an empty definition was taken")
	}
}
