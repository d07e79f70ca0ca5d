package releases

import (
	"context"
	"errors"
	"testing"

	"seaworthy/deploy/cluster/internal/pins"
)

func TestEachStateOfAReleaseLeadsToOneAction(t *testing.T) {
	ours := func(status, content string, wasDeployed bool) *State {
		return &State{Status: status, IsOurs: true, Content: content, WasDeployed: wasDeployed}
	}
	for name, example := range map[string]struct {
		state    *State
		expected Action
	}{
		"nothing":                     {nil, Install},
		"the same":                    {ours("deployed", "x", true), Unchanged},
		"other values":                {ours("deployed", "y", true), Upgrade},
		"a first try that was killed": {ours("pending-install", "x", false), Restart},
		"a first try that failed":     {ours("failed", "x", false), Restart},
		"an upgrade that was killed":  {ours("pending-upgrade", "x", true), Recover},
		"an upgrade that failed":      {ours("failed", "x", true), Recover},
	} {
		if action, err := Decide(pins.Release{}, example.state, "x"); err != nil || action != example.expected {
			t.Errorf("%s: %s, %v", name, action, err)
		}
	}
	_, err := Decide(pins.Release{}, &State{Status: "deployed", Content: "x"}, "x")
	var foreign *Foreign
	if !errors.As(err, &foreign) {
		t.Errorf("somebody else's release is touched: %v", err)
	}
}

func TestTheNewestRevisionCounts(t *testing.T) {
	answer := `{"items":[
		{"metadata":{"labels":{"version":"9","status":"deployed","seaworthy.dev/installed-by":"deploy-cluster","seaworthy.dev/content":"x"}}},
		{"metadata":{"labels":{"version":"10","status":"pending-upgrade","seaworthy.dev/installed-by":"deploy-cluster","seaworthy.dev/content":"y"}}}]}`
	run := func(context.Context, []byte, string, ...string) ([]byte, error) { return []byte(answer), nil }
	state, err := Find(context.Background(), run, pins.Release{})
	if err != nil || state.Status != "pending-upgrade" || state.Content != "y" || !state.WasDeployed || !state.IsOurs {
		t.Errorf("%+v, %v", state, err)
	}
}
