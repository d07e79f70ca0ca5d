package host

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// ownedSetPrefixes begin the names of the address sets that network policies make, temporary ones among them, which an end
// in the middle of a synchronization leaves.
var ownedSetPrefixes = []string{"KUBE-SRC-", "KUBE-DST-", "inet6:KUBE-SRC-", "inet6:KUBE-DST-", "TMP-"}

// removeSets removes every address set of the cluster that was not there before. The kernel lets go of a set some time after
// the last rule that used it is gone.
func removeSets(before []string) []error {
	var err error
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		names := ownedSets(listSets(), before)
		if len(names) == 0 {
			return nil
		}
		command := exec.Command("ipset", "restore")
		command.Stdin = strings.NewReader("destroy " + strings.Join(names, "\ndestroy ") + "\n")
		var output []byte
		if output, err = command.CombinedOutput(); err != nil {
			err = fmt.Errorf("ipset restore: %w: %s", err, strings.TrimSpace(string(output)))
		}
	}
	return []error{err}
}

// ownedSets picks the cluster's from the names of all sets.
func ownedSets(names, before []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		isOwned := slices.ContainsFunc(ownedSetPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		return !isOwned || slices.Contains(before, name)
	})
}

// listSets gives the names of all address sets, of which there are none without the command.
func listSets() []string {
	output, err := exec.Command("ipset", "list", "-name").Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(output))
}
