package host

import (
	"slices"
	"testing"
)

func TestOnlyMountsBelowTheFolderArePicked(t *testing.T) {
	mountInfo := `21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
90 21 0:50 / /var/lib/seaworthy-cluster/kubelet/pods/a/volumes/token rw - tmpfs tmpfs rw
91 21 0:51 / /var/lib/seaworthy-cluster-other/run rw - tmpfs tmpfs rw
92 21 0:52 / /var/lib/seaworthy-cluster/run/with\040blank rw - overlay overlay rw
`
	found := mountsBelow(mountInfo, "/var/lib/seaworthy-cluster")
	expected := []string{
		"/var/lib/seaworthy-cluster/kubelet/pods/a/volumes/token",
		"/var/lib/seaworthy-cluster/run/with blank",
	}
	if !slices.Equal(found, expected) {
		t.Errorf("got %q", found)
	}
}
