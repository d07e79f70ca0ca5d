package redirect

import (
	"strings"
	"testing"
)

func TestTheProxysOwnPortsAndUserAreExempt(t *testing.T) {
	rules := Rules(Settings{})
	for _, want := range []string{"--dports 4190,4191 -j RETURN", "--uid-owner 2102 -j RETURN", "-o lo -j RETURN", "--to-ports 4143", "--to-ports 4140"} {
		if !strings.Contains(rules, want) {
			t.Errorf("%q is missing in\n%s", want, rules)
		}
	}
}

func TestAPodsAnnotationReplacesTheNamespaces(t *testing.T) {
	settings, err := FromAnnotations(
		map[string]string{"config.linkerd.io/skip-outbound-ports": "3306,5000-5010"},
		map[string]string{"config.linkerd.io/skip-outbound-ports": "25", "config.linkerd.io/skip-subnets": "10.0.0.0/8"},
	)
	if err != nil {
		t.Fatal(err)
	}
	rules := Rules(settings)
	if !strings.Contains(rules, "--dports 3306,5000:5010") || strings.Contains(rules, "--dports 25") || !strings.Contains(rules, "-s 10.0.0.0/8") {
		t.Error(rules)
	}
}

func TestARangeCountsTwiceInARulesPorts(t *testing.T) {
	settings, err := FromAnnotations(map[string]string{"config.linkerd.io/skip-inbound-ports": "1-2,3-4,5-6,7-8,9-10,11-12,13,14"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// With 4190 and 4191 these are 16 of the 15 ports that one rule takes.
	if count := strings.Count(Rules(settings), "--dports"); count != 2 {
		t.Errorf("%d rules", count)
	}
}

func TestAPortThatIsNoneIsRefused(t *testing.T) {
	if _, err := FromAnnotations(map[string]string{"config.linkerd.io/skip-inbound-ports": "http"}, nil); err == nil {
		t.Error("a name was taken for a port")
	}
}
