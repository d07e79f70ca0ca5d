package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// rules lead a pod's TCP traffic through its proxy, as proxy-init's documentation lists them. Declaring a chain empties it, and
// the built-in chains are named too, so that a second run leaves the same rules. The last is this stand-in's own: whoever else
// in the pod takes the proxy's admin port, while the proxy starts again, has no connection answered and no numbers read.
var rules = fmt.Sprintf(`*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:PROXY_INIT_REDIRECT - [0:0]
:PROXY_INIT_OUTPUT - [0:0]
-A PROXY_INIT_REDIRECT -p tcp -m multiport --dports %d,%d -j RETURN -m comment --comment proxy-init/ignore-port
-A PROXY_INIT_REDIRECT -p tcp -j REDIRECT --to-ports %d -m comment --comment proxy-init/redirect-all-incoming-to-proxy-port
-A PREROUTING -j PROXY_INIT_REDIRECT -m comment --comment proxy-init/install-proxy-init-prerouting
-A PROXY_INIT_OUTPUT -m owner --uid-owner %d -j RETURN -m comment --comment proxy-init/ignore-proxy-user-id
-A PROXY_INIT_OUTPUT -o lo -j RETURN -m comment --comment proxy-init/ignore-loopback
-A PROXY_INIT_OUTPUT -p tcp -j REDIRECT --to-ports %d -m comment --comment proxy-init/redirect-all-outgoing-to-proxy-port
-A OUTPUT -j PROXY_INIT_OUTPUT -m comment --comment proxy-init/install-proxy-init-output
COMMIT
*filter
:OUTPUT ACCEPT [0:0]
-A OUTPUT -p tcp --sport %[2]d --tcp-flags SYN,ACK SYN,ACK -m owner ! --uid-owner %[4]d -j DROP -m comment --comment linkerd-standin/admin-port-of-the-proxy-alone
COMMIT
`, names.ControlPort, names.AdminPort, names.InboundPort, names.ProxyUser, names.OutboundPort)

// redirect has the rules set from a thread of their own. It is never given back, so it ends in the namespace that it entered.
func redirect(namespace string) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- restore(namespace)
	}()
	return <-done
}

// restore runs iptables in the pod's network namespace, which a process inherits from the thread that starts it.
func restore(namespace string) error {
	entered, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer entered.Close()
	if err := unix.Setns(int(entered.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter %s: %w", namespace, err)
	}
	command := exec.Command("iptables-restore", "--wait", "10")
	command.Stdin = strings.NewReader(rules)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("iptables-restore: %w: %s", err, output)
	}
	return nil
}
