package agent

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// ExitNotRedirected is the status with which Linkerd's validator ends where the pod's traffic passes the proxy by.
const ExitNotRedirected = 95

// elsewhere is an address that nobody in the cluster has; only the pod's rules can make it answer.
const elsewhere = "1.1.1.1:20001"

// Validate tells whether the CNI plugin leads the pod's traffic to the proxy's port: what is sent elsewhere must arrive here.
func Validate(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	expected := hex.EncodeToString(secret)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(names.OutboundPort))
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			io.WriteString(connection, expected)
			connection.Close()
		}
	}()
	for {
		err := compare(ctx, expected)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the pod's traffic is not led through the proxy, so the CNI plugin linkerd-cni did not run for it; "+
				"delete the pod once the plugin is in place: %w", err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func compare(ctx context.Context, expected string) error {
	connection, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", elsewhere)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	received, err := io.ReadAll(io.LimitReader(connection, int64(len(expected))))
	if err == nil && string(received) != expected {
		err = fmt.Errorf("%s answered with something else", elsewhere)
	}
	return err
}
