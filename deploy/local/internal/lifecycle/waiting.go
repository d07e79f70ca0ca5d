package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
)

// poll retries until it succeeds; when the context is done, it gives the last error.
func poll(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func waitForAPIServer(ctx context.Context, folder layout.Layout) error {
	api, err := kubeapi.New(folder)
	if err != nil {
		return err
	}
	return poll(ctx, func() error { return api.IsReady(ctx) })
}

// waitForNode wants a report from this start: a resumed cluster still holds the last run's.
func (s *startUp) waitForNode(ctx context.Context) error {
	return poll(ctx, func() error {
		node, err := s.api.Get(ctx, "/api/v1/nodes/"+layout.NodeName)
		if err != nil {
			return err
		}
		ready := condition(node, "Ready")
		heartbeat, _ := ready["lastHeartbeatTime"].(string)
		at, err := time.Parse(time.RFC3339, heartbeat)
		if err != nil || at.Before(s.began.Truncate(time.Second)) {
			return errors.New("the node has not reported yet")
		}
		if ready["status"] != "True" {
			return fmt.Errorf("the node is not ready: %v", ready["message"])
		}
		return nil
	})
}

// waitForDNS asks the way a pod does, through the Service, so that an answer proves the proxy as well.
func waitForDNS(ctx context.Context) error {
	resolver := net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialer := net.Dialer{Timeout: time.Second}
			return dialer.DialContext(ctx, "udp", layout.DNSServiceAddress+":53")
		},
	}
	return poll(ctx, func() error {
		attempt, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		addresses, err := resolver.LookupHost(attempt, "kubernetes.default.svc."+layout.ClusterDomain+".")
		if err != nil {
			return fmt.Errorf("cluster DNS does not answer: %w", err)
		}
		if len(addresses) != 1 || addresses[0] != layout.KubernetesServiceAddress {
			return fmt.Errorf("cluster DNS answers %v", addresses)
		}
		return nil
	})
}

func (s *startUp) waitForCRDs(ctx context.Context, crds []kubeapi.Object) error {
	for _, crd := range crds {
		metadata, _ := crd["metadata"].(map[string]any)
		err := poll(ctx, func() error {
			found, err := s.api.Get(ctx, fmt.Sprintf("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/%v", metadata["name"]))
			if err != nil {
				return err
			}
			if established := condition(found, "Established"); established["status"] != "True" {
				return fmt.Errorf("%v is not served yet", metadata["name"])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// condition picks one of an object's conditions; it is empty when there is none.
func condition(object kubeapi.Object, kind string) map[string]any {
	status, _ := object["status"].(map[string]any)
	conditions, _ := status["conditions"].([]any)
	for _, entry := range conditions {
		if condition, _ := entry.(map[string]any); condition["type"] == kind {
			return condition
		}
	}
	return map[string]any{}
}

// applyAll sends the objects at the same time; none of them waits for another.
func applyAll(ctx context.Context, api *kubeapi.Client, wanted []kubeapi.Object) error {
	faults := make([]error, len(wanted))
	var group sync.WaitGroup
	for at, object := range wanted {
		group.Add(1)
		go func() {
			defer group.Done()
			limited, cancel := context.WithTimeout(ctx, 20*time.Second)
			defer cancel()
			faults[at] = poll(limited, func() error { return api.Apply(limited, object) })
		}()
	}
	group.Wait()
	return errors.Join(faults...)
}
