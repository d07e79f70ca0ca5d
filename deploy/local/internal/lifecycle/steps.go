package lifecycle

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"seaworthy/deploy/local/internal/controlplane"
	"seaworthy/deploy/local/internal/credentials"
	"seaworthy/deploy/local/internal/host"
	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/objects"
	"seaworthy/deploy/local/internal/process"
	"seaworthy/deploy/local/internal/progress"
	"seaworthy/deploy/local/internal/runtime"
)

// startUp is what the steps of one start share.
type startUp struct {
	folder      layout.Layout
	resources   Resources
	reporter    *progress.Reporter
	began       time.Time
	snapshotter string
	images      chan error
	api         *kubeapi.Client
}

// componentNames are the processes of a running cluster.
var componentNames = []string{
	"containerd", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler",
	controlplane.NetworkPolicyController, "kubelet", "kube-proxy",
}

// steps are the start, in order, with the titles that a learner reads while waiting.
var steps = []struct {
	name, detail string
	run          func(context.Context, *startUp) error
}{
	{"Preparing this machine", "Addresses, firewall rules and control groups", prepareMachine},
	{"Preparing certificates and settings", "", prepareFiles},
	{"Starting the container runtime", "containerd and etcd", startRuntime},
	{"Starting the API server", "", startAPIServer},
	{"Starting the controllers and the scheduler", "", startControllers},
	{"Starting the enforcement of network policies", "kube-router's policy controller, before the first pod", startNetworkPolicies},
	{"Starting the node", "The kubelet and the Service proxy", startNode},
	{"Starting cluster DNS", "CoreDNS", startDNS},
	{"Adding Emissary's CRDs", "So that a Mapping is validated", addCRDs},
	{"Importing the labs' images", "The toolbox and the demo service", awaitImages},
}

func prepareMachine(_ context.Context, s *startUp) error {
	if err := claimMachine(s.folder); err != nil {
		return err
	}
	if err := host.Prepare(s.folder); err != nil {
		return err
	}
	for address, component := range layout.Listeners() {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("%s cannot listen on %s, which another program has: %w", component, address, err)
		}
		listener.Close()
	}
	return nil
}

func prepareFiles(_ context.Context, s *startUp) error {
	if err := installBinary(s.folder); err != nil {
		return err
	}
	if err := credentials.Ensure(s.folder); err != nil {
		return err
	}
	if err := controlplane.WriteSettings(s.folder); err != nil {
		return err
	}
	s.snapshotter = snapshotterOf(s.folder)
	return runtime.WriteSettings(s.folder, s.snapshotter)
}

func startRuntime(ctx context.Context, s *startUp) error {
	if _, err := process.Start(s.folder, controlplane.Etcd(s.folder)); err != nil {
		return err
	}
	record, err := process.Start(s.folder, runtime.Containerd(s.folder))
	if err != nil {
		return err
	}
	err = s.await(ctx, record, 30*time.Second, func(ctx context.Context) error { return runtime.WaitReady(ctx, s.folder) })
	if err != nil {
		return err
	}
	archives, err := runtime.ListArchives(s.resources.Images)
	if err != nil {
		return err
	}
	return s.importImages(archives)
}

// importImages waits for the image under every pod only; the large ones come in while the rest starts.
func (s *startUp) importImages(archives []runtime.Archive) error {
	var others []runtime.Archive
	for _, archive := range archives {
		if archive.Name != layout.PauseImage {
			others = append(others, archive)
			continue
		}
		if _, err := runtime.Import(s.folder, s.snapshotter, []runtime.Archive{archive}); err != nil {
			return err
		}
	}
	if len(others) == len(archives) {
		return fmt.Errorf("%s holds no archive of the image %s, which every pod needs", s.resources.Images, layout.PauseImage)
	}
	s.images = make(chan error, 1)
	go func() {
		_, err := runtime.Import(s.folder, s.snapshotter, others)
		s.images <- err
	}()
	return nil
}

func startAPIServer(ctx context.Context, s *startUp) error {
	record, err := process.Start(s.folder, controlplane.APIServer(s.folder))
	if err != nil {
		return err
	}
	err = s.await(ctx, record, 90*time.Second, func(ctx context.Context) error { return waitForAPIServer(ctx, s.folder) })
	if err != nil {
		return err
	}
	if s.api, err = kubeapi.New(s.folder); err != nil {
		return err
	}
	wanted, err := objects.APIServer()
	if err != nil {
		return err
	}
	return applyAll(ctx, s.api, wanted)
}

func startControllers(_ context.Context, s *startUp) error {
	if _, err := process.Start(s.folder, controlplane.ControllerManager(s.folder)); err != nil {
		return err
	}
	_, err := process.Start(s.folder, controlplane.Scheduler(s.folder))
	return err
}

// startNetworkPolicies comes before the kubelet, so that no pod of this start runs before its policies can be enforced.
func startNetworkPolicies(ctx context.Context, s *startUp) error {
	rights, err := objects.NetworkPolicies()
	if err != nil {
		return err
	}
	if err := applyAll(ctx, s.api, rights); err != nil {
		return err
	}
	record, err := process.Start(s.folder, controlplane.NetworkPolicies(s.folder))
	if err != nil {
		return err
	}
	return s.await(ctx, record, 60*time.Second, func(ctx context.Context) error { return poll(ctx, host.PoliciesSynced) })
}

func startNode(ctx context.Context, s *startUp) error {
	if _, err := process.Start(s.folder, controlplane.Proxy(s.folder)); err != nil {
		return err
	}
	record, err := process.Start(s.folder, controlplane.Kubelet(s.folder))
	if err != nil {
		return err
	}
	dns, err := objects.DNS(s.folder)
	if err != nil {
		return err
	}
	if err := applyAll(ctx, s.api, dns); err != nil {
		return err
	}
	return s.await(ctx, record, 90*time.Second, s.waitForNode)
}

func startDNS(ctx context.Context, s *startUp) error {
	return s.await(ctx, process.Record{}, 90*time.Second, waitForDNS)
}

func addCRDs(ctx context.Context, s *startUp) error {
	crds, err := objects.EmissaryCRDs(s.resources.CRDs)
	if err != nil {
		return err
	}
	if err := applyAll(ctx, s.api, crds); err != nil {
		return err
	}
	return s.await(ctx, process.Record{}, 30*time.Second, func(ctx context.Context) error {
		return s.waitForCRDs(ctx, crds)
	})
}

func awaitImages(ctx context.Context, s *startUp) error {
	select {
	case err := <-s.images:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return credentials.WriteAdminKubeconfig(s.folder)
}

// await runs a wait within a limit, and breaks it off when the process that is waited for ends.
func (s *startUp) await(ctx context.Context, record process.Record, limit time.Duration, wait func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- wait(limited) }()
	for {
		select {
		case err := <-result:
			if err != nil && record.Name != "" {
				return fmt.Errorf("%w; see %s%s", err, s.folder.Log(record.Name), lastLine(s.folder.Log(record.Name)))
			}
			return err
		case <-time.After(100 * time.Millisecond):
			if record.Name != "" && !record.Alive() {
				return fmt.Errorf("%s ended; see %s%s", record.Name, s.folder.Log(record.Name), lastLine(s.folder.Log(record.Name)))
			}
		}
	}
}

// lastLine quotes the end of a log, where the reason usually stands.
func lastLine(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > 4096 {
		_, _ = file.Seek(-4096, io.SeekEnd)
	}
	content, _ := io.ReadAll(file)
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return ": " + last
	}
	return ""
}
