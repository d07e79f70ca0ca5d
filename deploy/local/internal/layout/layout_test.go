package layout

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNodeAddressLiesInThePodRangeButNeverGoesToAPod(t *testing.T) {
	node := netip.MustParseAddr(NodeAddress)
	if !netip.MustParsePrefix(PodRange).Contains(node) {
		t.Errorf("%s is outside the pod range %s: replies to the node would be refused", node, PodRange)
	}
	if netip.MustParsePrefix(PodSubnet).Contains(node) {
		t.Errorf("%s may be handed out to a pod from %s", node, PodSubnet)
	}
}

func TestServiceAddressesLieInTheServiceRange(t *testing.T) {
	services := netip.MustParsePrefix(ServiceRange)
	for _, address := range []string{KubernetesServiceAddress, DNSServiceAddress} {
		if !services.Contains(netip.MustParseAddr(address)) {
			t.Errorf("%s is outside %s", address, ServiceRange)
		}
	}
	if services.Overlaps(netip.MustParsePrefix(PodRange)) {
		t.Error("the pod and Service ranges overlap")
	}
}

func TestListenersKeepAwayFromEphemeralAndCommonPorts(t *testing.T) {
	for address := range Listeners() {
		listener := netip.MustParseAddrPort(address)
		if listener.Port() < 20000 || listener.Port() >= 30000 {
			t.Errorf("%s is outside 20000-29999: node ports start at 30000, ephemeral ones at 32768", address)
		}
		if listener.Addr().IsUnspecified() {
			t.Errorf("%s would be reachable from other machines", address)
		}
	}
}

func TestEveryPathLiesBelowTheFolder(t *testing.T) {
	folder, err := New("some/where")
	if err != nil {
		t.Fatal(err)
	}
	for path := range folder.Folders() {
		if !strings.HasPrefix(path, folder.Dir) || !strings.HasPrefix(path, "/") {
			t.Errorf("%s is not below %s", path, folder.Dir)
		}
	}
}
