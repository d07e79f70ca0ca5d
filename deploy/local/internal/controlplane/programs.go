// Package controlplane holds the command lines and configuration files of the cluster's components.
package controlplane

import (
	"fmt"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/process"
)

// requestsPerSecond and requestBurst lift the limits that clients put on themselves: with the default of 20 a second
// everyone waits for the quota controller when several namespaces are made at once.
const (
	requestsPerSecond = 500
	requestBurst      = 1000
)

// component is one of the programs inside the cluster's own binary.
func component(folder layout.Layout, name string, arguments ...string) process.Program {
	return process.Program{Name: name, Path: folder.Binary(), Args: append([]string{name}, arguments...)}
}

// Etcd is the database. It leaves out the wait for the disk: a cluster for learning may lose its last second when the
// machine loses power, and is faster for it.
func Etcd(folder layout.Layout) process.Program {
	client := fmt.Sprintf("https://127.0.0.1:%d", layout.EtcdClientPort)
	peer := fmt.Sprintf("http://127.0.0.1:%d", layout.EtcdPeerPort)
	return component(folder, "etcd",
		"--name="+layout.NodeName,
		"--data-dir="+folder.EtcdData(),
		"--unsafe-no-fsync",
		"--log-level=warn",
		"--listen-client-urls="+client,
		"--advertise-client-urls="+client,
		"--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer,
		"--initial-cluster="+layout.NodeName+"="+peer,
		"--client-cert-auth",
		"--trusted-ca-file="+folder.Credential("ca.crt"),
		"--cert-file="+folder.Credential("etcd.crt"),
		"--key-file="+folder.Credential("etcd.key"),
	)
}

// APIServer keeps the default admission plugins, among them Pod Security, quotas and admission policies.
func APIServer(folder layout.Layout) process.Program {
	return component(folder, "kube-apiserver",
		"--bind-address="+layout.NodeAddress,
		"--advertise-address="+layout.NodeAddress,
		fmt.Sprintf("--secure-port=%d", layout.APIServerPort),
		"--endpoint-reconciler-type=none",
		fmt.Sprintf("--etcd-servers=https://127.0.0.1:%d", layout.EtcdClientPort),
		"--etcd-cafile="+folder.Credential("ca.crt"),
		"--etcd-certfile="+folder.Credential("etcd.crt"),
		"--etcd-keyfile="+folder.Credential("etcd.key"),
		"--client-ca-file="+folder.Credential("ca.crt"),
		"--cert-dir="+folder.Dir+"/apiserver-certs",
		"--tls-cert-file="+folder.Credential("kube-apiserver.crt"),
		"--tls-private-key-file="+folder.Credential("kube-apiserver.key"),
		"--kubelet-certificate-authority="+folder.Credential("ca.crt"),
		"--kubelet-client-certificate="+folder.Credential("kubelet-client.crt"),
		"--kubelet-client-key="+folder.Credential("kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true", // as clusters have it: Pod Security is what refuses it to learners
		"--service-account-issuer="+layout.ServiceAccountIssuer,
		"--service-account-key-file="+folder.Credential("service-account.pub"),
		"--service-account-signing-key-file="+folder.Credential("service-account.key"),
		"--service-cluster-ip-range="+layout.ServiceRange,
		"--delete-collection-workers=8",
		"--profiling=false",
	)
}

// ControllerManager runs the controllers, each as its own ServiceAccount.
func ControllerManager(folder layout.Layout) process.Program {
	kubeconfig := folder.Credential("kube-controller-manager.kubeconfig")
	return component(folder, "kube-controller-manager",
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", layout.ControllerManagerPort),
		"--cert-dir="+folder.Dir+"/controller-certs",
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--service-account-private-key-file="+folder.Credential("service-account.key"),
		"--root-ca-file="+folder.Credential("ca.crt"),
		"--cluster-signing-cert-file="+folder.Credential("ca.crt"),
		"--cluster-signing-key-file="+folder.Credential("ca.key"),
		fmt.Sprintf("--kube-api-qps=%d", requestsPerSecond),
		fmt.Sprintf("--kube-api-burst=%d", requestBurst),
		"--concurrent-namespace-syncs=20",
		"--concurrent-resource-quota-syncs=20",
		"--profiling=false",
	)
}

// Scheduler decides that every pod runs on the one node, or says why it cannot.
func Scheduler(folder layout.Layout) process.Program {
	kubeconfig := folder.Credential("kube-scheduler.kubeconfig")
	return component(folder, "kube-scheduler",
		"--config="+folder.Config("scheduler.yaml"),
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", layout.SchedulerPort),
		"--cert-dir="+folder.Dir+"/scheduler-certs",
	)
}

// Kubelet runs the pods.
func Kubelet(folder layout.Layout) process.Program {
	return component(folder, "kubelet",
		"--config="+folder.Config("kubelet.yaml"),
		"--kubeconfig="+folder.Credential("kubelet.kubeconfig"),
		"--root-dir="+folder.KubeletRoot(),
		"--cert-dir="+folder.KubeletRoot()+"/pki",
		"--hostname-override="+layout.NodeName,
		"--node-ip="+layout.NodeAddress,
	)
}

// NetworkPolicyController is the name of the component that enforces network policies.
const NetworkPolicyController = "network-policy-controller"

// NetworkPolicies turns network policies into firewall rules.
func NetworkPolicies(folder layout.Layout) process.Program {
	return component(folder, NetworkPolicyController,
		"--kubeconfig="+folder.Credential(NetworkPolicyController+".kubeconfig"),
		"--tools="+folder.PolicyTools(),
	)
}

// Proxy turns Services into firewall rules.
func Proxy(folder layout.Layout) process.Program {
	return component(folder, "kube-proxy", "--config="+folder.Config("kube-proxy.yaml"))
}
