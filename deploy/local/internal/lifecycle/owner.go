// Package lifecycle brings the cluster up and down.
package lifecycle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/process"
)

// ownerFile names the cluster that uses the machine: its addresses and firewall chains exist once only.
const ownerFile = "/run/seaworthy-cluster.json"

// lockAddress is a socket without a file: the kernel gives it up with the process that holds it, however that ends.
const lockAddress = "@seaworthy-cluster"

type owner struct {
	Dir    string `json:"dir"`
	BootID string `json:"boot_id"`
}

// lock keeps other commands from changing the machine's cluster at the same time; it waits for them.
func lock(ctx context.Context, out io.Writer) (release func(), err error) {
	for attempt := 0; ; attempt++ {
		listener, err := net.Listen("unix", lockAddress)
		if err == nil {
			return func() { listener.Close() }, nil
		}
		if attempt == 0 {
			fmt.Fprintln(out, "Another start or stop of the cluster is under way; waiting for it.")
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("interrupted while waiting for another start or stop of the cluster")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// findOwner gives the folder of the cluster that uses the machine, or "".
func findOwner() string {
	content, err := os.ReadFile(ownerFile)
	found := owner{}
	if err != nil || json.Unmarshal(content, &found) != nil || found.BootID != process.BootID() {
		return ""
	}
	return found.Dir
}

// claimMachine makes this cluster the owner of the machine, unless another one is.
func claimMachine(folder layout.Layout) error {
	if dir := findOwner(); dir != "" && dir != folder.Dir {
		return fmt.Errorf("the cluster in %s has this machine, which can run one at a time; stop it first: seaworthy-cluster down --dir %s", dir, dir)
	}
	content, err := json.Marshal(owner{Dir: folder.Dir, BootID: process.BootID()})
	if err != nil {
		return err
	}
	return layout.WriteFile(ownerFile, append(content, '\n'), 0o644)
}

// releaseMachine frees the machine for another cluster.
func releaseMachine(folder layout.Layout) error {
	if dir := findOwner(); dir != "" && dir != folder.Dir {
		return nil
	}
	if err := os.Remove(ownerFile); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
