// Package layout says where everything of the cluster lies: its files below one folder, its addresses and ports on the machine.
package layout

import (
	"fmt"
	"path/filepath"
)

// DefaultDir is the cluster's folder when none is given.
const DefaultDir = "/var/lib/seaworthy-cluster"

// Names and addresses of the one node and its networks. They are fixed: a machine runs one such cluster at a time.
const (
	NodeName     = "seaworthy"
	NodeAddress  = "10.244.255.1"
	Bridge       = "seaworthy0"
	ControlGroup = "seaworthy-cluster"

	PodRange                 = "10.244.0.0/16"
	PodSubnet                = "10.244.0.0/22"
	ServiceRange             = "10.96.0.0/16"
	KubernetesServiceAddress = "10.96.0.1"
	DNSServiceAddress        = "10.96.0.10"
	ClusterDomain            = "cluster.local"
	ServiceAccountIssuer     = "https://kubernetes.default.svc.cluster.local"
)

// Ports of the cluster's own listeners, out of the way of the ports that development servers use and below the range
// from which the kernel hands out ephemeral ones.
const (
	EtcdClientPort        = 22379
	EtcdPeerPort          = 22380
	APIServerPort         = 26443
	KubeletPort           = 20250
	KubeletHealthPort     = 20248
	ProxyMetricsPort      = 20249
	ProxyHealthPort       = 20256
	ControllerManagerPort = 20257
	SchedulerPort         = 20259
)

// Images that the cluster itself runs.
const PauseImage = "seaworthy.local/pause:1"

// RefusalChain names the chain with the cluster's own refusals that one of the firewall's built-in chains leads to first.
func RefusalChain(chain string) string { return "SEAWORTHY-" + chain }

// Listeners maps each address that the cluster will listen on to the component behind it.
func Listeners() map[string]string {
	return map[string]string{
		fmt.Sprintf("127.0.0.1:%d", EtcdClientPort):        "etcd",
		fmt.Sprintf("127.0.0.1:%d", EtcdPeerPort):          "etcd",
		fmt.Sprintf("%s:%d", NodeAddress, APIServerPort):   "kube-apiserver",
		fmt.Sprintf("%s:%d", NodeAddress, KubeletPort):     "kubelet",
		fmt.Sprintf("127.0.0.1:%d", KubeletHealthPort):     "kubelet",
		fmt.Sprintf("127.0.0.1:%d", ProxyMetricsPort):      "kube-proxy",
		fmt.Sprintf("127.0.0.1:%d", ProxyHealthPort):       "kube-proxy",
		fmt.Sprintf("127.0.0.1:%d", ControllerManagerPort): "kube-controller-manager",
		fmt.Sprintf("127.0.0.1:%d", SchedulerPort):         "kube-scheduler",
	}
}

// APIServerURL is where clients on this machine reach the API server.
func APIServerURL() string {
	return fmt.Sprintf("https://%s:%d", NodeAddress, APIServerPort)
}

// Layout is the cluster's folder.
type Layout struct {
	Dir string
}

// New takes the folder as the person gave it and makes it absolute.
func New(dir string) (Layout, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return Layout{}, fmt.Errorf("the folder %q has no absolute path: %w", dir, err)
	}
	return Layout{Dir: absolute}, nil
}

func (l Layout) in(parts ...string) string {
	return filepath.Join(append([]string{l.Dir}, parts...)...)
}

// Binary is the copy of this program that the cluster runs, so that a rebuilt checkout does not change a running cluster.
func (l Layout) Binary() string { return l.in("bin", "seaworthy-cluster") }

// Status is the file in which a start says how far it is.
func (l Layout) Status() string { return l.in("status.json") }

// Kubeconfig is the admin's; it exists only once the cluster has been ready.
func (l Layout) Kubeconfig() string { return l.in("kubeconfig") }

// Log is the file that a component writes to.
func (l Layout) Log(component string) string { return l.in("logs", component+".log") }

// PodLogs holds the output of containers, one folder per pod.
func (l Layout) PodLogs() string { return l.in("logs", "pods") }

// ProcessRecords holds one file per process that was started and not yet stopped.
func (l Layout) ProcessRecords() string { return l.in("run", "processes") }

// HostSnapshot is the state of the machine before the cluster changed it.
func (l Layout) HostSnapshot() string { return l.in("run", "host-snapshot.json") }

// ImportedImages records which content each image name was imported with.
func (l Layout) ImportedImages() string { return l.in("imported-images.json") }

// Credential is a certificate, key or token file.
func (l Layout) Credential(name string) string { return l.in("credentials", name) }

// Config is a configuration file of a component.
func (l Layout) Config(name string) string { return l.in("config", name) }

// NetworkConfig is the folder that containerd reads its pod network from.
func (l Layout) NetworkConfig() string { return l.in("config", "network") }

// Parts holds what is known of the parts that were added.
func (l Layout) Parts() string { return l.in("parts") }

// PartStatus is the file in which the adding of a part says how far it is.
func (l Layout) PartStatus(name string) string { return l.in("parts", name+".status.json") }

// PartObjects lists the objects that a part applied.
func (l Layout) PartObjects(name string) string { return l.in("parts", name+".objects.json") }

// PartNetworkPlugins lists the network plugins that a part added.
func (l Layout) PartNetworkPlugins(name string) string { return l.in("parts", name+".plugins.json") }

// PartSource holds the folder that a part was added from, so that one that was removed can be added again.
func (l Layout) PartSource(name string) string { return l.in("parts", name+".source") }

// NetworkPlugins holds the programs that connect a pod to the network: links to the machine's, and what was added to them.
func (l Layout) NetworkPlugins() string { return l.in("config", "network-plugins") }

// PolicyTools holds the firewall's commands as the network policy controller finds them.
func (l Layout) PolicyTools() string { return l.in("config", "network-policy") }

// NetworkLeases is where the pod network records which address belongs to which pod.
func (l Layout) NetworkLeases() string { return l.in("run", "network") }

// EtcdData is the cluster's database.
func (l Layout) EtcdData() string { return l.in("etcd") }

// KubeletRoot holds the volumes of running pods.
func (l Layout) KubeletRoot() string { return l.in("kubelet") }

// ContainerdRoot holds images and snapshots.
func (l Layout) ContainerdRoot() string { return l.in("containerd") }

// ContainerdState holds what belongs to running containers only.
func (l Layout) ContainerdState() string { return l.in("run", "containerd") }

// ContainerdSocket is where containerd answers.
func (l Layout) ContainerdSocket() string { return l.in("run", "containerd.sock") }

// Folders lists every folder that a start must find, with its mode.
func (l Layout) Folders() map[string]uint32 {
	return map[string]uint32{
		l.Dir:                    0o755,
		l.in("bin"):              0o755,
		l.in("logs"):             0o755,
		l.PodLogs():              0o755,
		l.in("run"):              0o755,
		l.ProcessRecords():       0o755,
		l.in("credentials"):      0o700,
		l.in("config"):           0o755,
		l.NetworkConfig():        0o755,
		l.NetworkPlugins():       0o755,
		l.PolicyTools():          0o755,
		l.NetworkLeases():        0o755,
		l.Parts():                0o755,
		l.EtcdData():             0o700,
		l.KubeletRoot():          0o750,
		l.in("kubelet-plugins"):  0o755,
		l.ContainerdRoot():       0o711,
		l.ContainerdState():      0o711,
		l.in("containerd-opt"):   0o755,
		l.in("apiserver-certs"):  0o700,
		l.in("controller-certs"): 0o700,
		l.in("scheduler-certs"):  0o700,
	}
}
