// Package endpoints finds the addresses behind a Service's port.
package endpoints

import (
	"net/netip"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"

	"seaworthy/deploy/local/standins/internal/watch"
)

// Slices are all EndpointSlices, by their Service.
type Slices map[types.NamespacedName][]*discoveryv1.EndpointSlice

// Kind is how they are watched.
var Kind = watch.Kind{
	Resource: discoveryv1.SchemeGroupVersion.WithResource("endpointslices"), Decode: watch.Decode[discoveryv1.EndpointSlice],
}

// Read takes what the store holds now.
func Read(store *watch.Store) Slices {
	found := Slices{}
	for _, slice := range watch.List[*discoveryv1.EndpointSlice](store, Kind.Resource) {
		service := types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}
		found[service] = append(found[service], slice)
	}
	return found
}

// Ready gives the ready addresses, and the port that they listen at, for a Service's port of this name; sorted, each once.
func (s Slices) Ready(namespace, service, port string) []netip.AddrPort {
	var found []netip.AddrPort
	for _, slice := range s[types.NamespacedName{Namespace: namespace, Name: service}] {
		for _, candidate := range slice.Ports {
			isOther := candidate.Name != nil && *candidate.Name != port || candidate.Name == nil && port != ""
			if isOther || candidate.Port == nil || slice.AddressType != discoveryv1.AddressTypeIPv4 {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				if endpoint.Conditions.Ready != nil && !*endpoint.Conditions.Ready {
					continue
				}
				for _, text := range endpoint.Addresses {
					if address, err := netip.ParseAddr(text); err == nil {
						found = append(found, netip.AddrPortFrom(address, uint16(*candidate.Port)))
					}
				}
			}
		}
	}
	slices.SortFunc(found, netip.AddrPort.Compare)
	return slices.Compact(found)
}
