package xds

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/proto"
)

// parts are a configuration's resources by their type. Each has a version of its own, made from its content, so that Envoy is
// sent only what changed.
type parts map[string]cachev3.Resources

func (c Configuration) parts() (parts, error) {
	made := parts{}
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
		made[kind] = cachev3.NewResources(version, resources)
	}
	return made, nil
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

func (p parts) clone() parts {
	copied := maps.Clone(p)
	if copied == nil {
		copied = parts{}
	}
	return copied
}

func (p parts) same(other parts) bool {
	return maps.EqualFunc(p, other, func(a, b cachev3.Resources) bool { return a.Version == b.Version })
}

func (p parts) snapshot() *cachev3.Snapshot {
	made := &cachev3.Snapshot{}
	for kind, resources := range p {
		made.Resources[cachev3.GetResponseType(kind)] = resources
	}
	return made
}

// union keeps what is in front, and adds what only the other has.
func union(front, behind cachev3.Resources) cachev3.Resources {
	items := maps.Clone(front.Items)
	version := front.Version
	for name, resource := range behind.Items {
		if _, known := items[name]; !known {
			items[name] = resource
			version = front.Version + "+" + behind.Version
		}
	}
	return cachev3.Resources{Version: version, Items: items}
}
