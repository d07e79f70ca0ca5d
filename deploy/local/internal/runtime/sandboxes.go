package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"seaworthy/deploy/local/internal/layout"
)

// WaitReady waits until containerd answers and its pod network is set up.
func WaitReady(ctx context.Context, folder layout.Layout) error {
	connection, service, err := connect(folder)
	if err != nil {
		return err
	}
	defer connection.Close()
	for {
		// Asked only once the socket is there: each refused dial would be a warning on the person's terminal.
		_, err := os.Stat(folder.ContainerdSocket())
		if err == nil {
			var reply *cri.StatusResponse
			if reply, err = service.Status(ctx, &cri.StatusRequest{}); err == nil {
				err = notReady(reply.GetStatus())
			}
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("containerd does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func notReady(status *cri.RuntimeStatus) error {
	for _, condition := range status.GetConditions() {
		if !condition.GetStatus() {
			return fmt.Errorf("%s: %s", condition.GetType(), condition.GetMessage())
		}
	}
	return nil
}

// RemoveSandboxes ends every pod and removes what it had on the machine: containers, network, addresses.
func RemoveSandboxes(ctx context.Context, folder layout.Layout) error {
	connection, service, err := connect(folder)
	if err != nil {
		return err
	}
	defer connection.Close()
	list, err := service.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("containerd does not list its pods: %w", err)
	}
	var group sync.WaitGroup
	faults := make([]error, len(list.GetItems()))
	for at, sandbox := range list.GetItems() {
		group.Add(1)
		go func() {
			defer group.Done()
			id := sandbox.GetId()
			_, stopped := service.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: id})
			_, removed := service.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: id})
			faults[at] = errors.Join(stopped, removed)
		}()
	}
	group.Wait()
	return errors.Join(faults...)
}

func connect(folder layout.Layout) (*grpc.ClientConn, cri.RuntimeServiceClient, error) {
	backoff := grpc.ConnectParams{MinConnectTimeout: time.Second}
	backoff.Backoff.BaseDelay, backoff.Backoff.Multiplier, backoff.Backoff.MaxDelay = 20*time.Millisecond, 1.2, 200*time.Millisecond
	connection, err := grpc.NewClient("unix://"+folder.ContainerdSocket(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(backoff))
	if err != nil {
		return nil, nil, err
	}
	return connection, cri.NewRuntimeServiceClient(connection), nil
}
