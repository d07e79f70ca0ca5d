package xds

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/proto"
)

// union keeps what is in front, and adds what only the second list has.
func union[T types.Resource](front, behind []T) []T {
	names := map[string]bool{}
	for _, resource := range front {
		names[cachev3.GetResourceName(resource)] = true
	}
	all := slices.Clone(front)
	for _, resource := range behind {
		if !names[cachev3.GetResourceName(resource)] {
			all = append(all, resource)
		}
	}
	return all
}

// snapshot gives each type of resource a version of its own, made from its content: Envoy is sent only what changed.
func (c Configuration) snapshot() (*cachev3.Snapshot, error) {
	snapshot := &cachev3.Snapshot{}
	for kind, resources := range map[string][]types.Resource{
		resourcev3.ListenerType: widen(c.Listeners),
		resourcev3.RouteType:    widen(c.Routes),
		resourcev3.ClusterType:  widen(c.Clusters),
		resourcev3.EndpointType: widen(c.Endpoints),
		resourcev3.SecretType:   widen(c.Secrets),
	} {
		version, err := versionOf(resources)
		if err != nil {
			return nil, err
		}
		snapshot.Resources[cachev3.GetResponseType(kind)] = cachev3.NewResources(version, resources)
	}
	return snapshot, nil
}

func widen[T types.Resource](resources []T) []types.Resource {
	all := make([]types.Resource, len(resources))
	for at, resource := range resources {
		all[at] = resource
	}
	return all
}

func versionOf(resources []types.Resource) (string, error) {
	sorted := slices.Clone(resources)
	slices.SortFunc(sorted, func(a, b types.Resource) int {
		return strings.Compare(cachev3.GetResourceName(a), cachev3.GetResourceName(b))
	})
	sum := sha256.New()
	for _, resource := range sorted {
		content, err := proto.MarshalOptions{Deterministic: true}.Marshal(resource)
		if err != nil {
			return "", err
		}
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// unchanged tells whether two configurations say the same.
func unchanged(before, next Configuration) (bool, error) {
	old, err := before.snapshot()
	if err != nil {
		return false, err
	}
	made, err := next.snapshot()
	if err != nil {
		return false, err
	}
	for at := range old.Resources {
		if old.Resources[at].Version != made.Resources[at].Version {
			return false, nil
		}
	}
	return true, nil
}
