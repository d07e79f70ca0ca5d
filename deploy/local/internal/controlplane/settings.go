package controlplane

import (
	"fmt"
	"path/filepath"

	"seaworthy/deploy/local/internal/layout"
)

// maxPods stays well below the number of addresses in the pod subnet, as deleted pods keep theirs for a moment.
const maxPods = 250

// podProcesses is what one pod may run at once: far more than a service needs, and a small part of what the node can number.
const podProcesses = 512

// WriteSettings writes the configuration files that the components' command lines point to.
func WriteSettings(folder layout.Layout) error {
	files := map[string]string{
		"scheduler.yaml":  schedulerSettings(folder),
		"kubelet.yaml":    kubeletSettings(folder),
		"kube-proxy.yaml": proxySettings(folder),
		// Pods that ask for the node's own name servers get none: nothing in the cluster may reach beyond the machine.
		"resolv.conf": "options ndots:1\n",
	}
	for name, content := range files {
		if err := layout.WriteFile(folder.Config(name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func schedulerSettings(folder layout.Layout) string {
	return fmt.Sprintf(`apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection:
  leaderElect: false
enableProfiling: false
clientConnection:
  kubeconfig: %q
  qps: %d
  burst: %d
`, folder.Credential("kube-scheduler.kubeconfig"), requestsPerSecond, requestBurst)
}

// kubeletSettings turns image clean-up off: the images here cannot be pulled again.
func kubeletSettings(folder layout.Layout) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[1]s
port: %[2]d
healthzBindAddress: 127.0.0.1
healthzPort: %[3]d
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: %[4]q }
authorization: { mode: Webhook }
tlsCertFile: %[5]q
tlsPrivateKeyFile: %[6]q
containerRuntimeEndpoint: %[7]q
cgroupDriver: cgroupfs
cgroupRoot: /%[8]s
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
oomScoreAdj: 0
clusterDNS: [%[9]s]
clusterDomain: %[10]s
resolvConf: %[11]q
podLogsDir: %[12]q
volumePluginDir: %[13]q
maxPods: %[14]d
podPidsLimit: %[17]d
evictionHard:
  memory.available: 100Mi
  nodefs.available: 1%%
  nodefs.inodesFree: 1%%
  imagefs.available: 1%%
imageGCHighThresholdPercent: 100
serializeImagePulls: false
kubeAPIQPS: %[15]d
kubeAPIBurst: %[16]d
enableProfilingHandler: false
`,
		layout.NodeAddress, layout.KubeletPort, layout.KubeletHealthPort,
		folder.Credential("ca.crt"), folder.Credential("kubelet.crt"), folder.Credential("kubelet.key"),
		"unix://"+folder.ContainerdSocket(), layout.ControlGroup,
		layout.DNSServiceAddress, layout.ClusterDomain, folder.Config("resolv.conf"), folder.PodLogs(),
		filepath.Join(folder.Dir, "kubelet-plugins"), maxPods, requestsPerSecond, requestBurst, podProcesses)
}

// proxySettings keeps the machine's settings of connection tracking, and keeps node ports off addresses that other
// machines can reach.
func proxySettings(folder layout.Layout) string {
	return fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: %s
clusterCIDR: %s
healthzBindAddress: 127.0.0.1:%d
metricsBindAddress: 127.0.0.1:%d
nodePortAddresses: [primary]
oomScoreAdj: 0
clientConnection:
  kubeconfig: %q
  qps: %d
  burst: %d
conntrack:
  maxPerCore: 0
  tcpEstablishedTimeout: 0s
  tcpCloseWaitTimeout: 0s
iptables:
  localhostNodePorts: false
  minSyncPeriod: 100ms
`, layout.NodeName, layout.PodRange, layout.ProxyHealthPort, layout.ProxyMetricsPort,
		folder.Credential("kube-proxy.kubeconfig"), requestsPerSecond, requestBurst)
}
