package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"golang.org/x/sys/unix"

	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/redirect"
)

// maxTries is how often a pod is asked for again that is not yet known to be on this node.
const maxTries = 30

var errRefused = errors.New("the API server says that the node may not read the pod")

// object is as much of a pod or a namespace as the plugin reads.
type object struct {
	Metadata struct {
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Containers     []container `json:"containers"`
		InitContainers []container `json:"initContainers"`
	} `json:"spec"`
}

type container struct {
	Name string `json:"name"`
}

// isMeshed is as linkerd-cni decides: by the containers, not by the annotation that the injector acts on.
func (o object) isMeshed() bool {
	named := func(name string) func(container) bool { return func(c container) bool { return c.Name == name } }
	return slices.ContainsFunc(slices.Concat(o.Spec.Containers, o.Spec.InitContainers), named(names.ProxyContainer)) &&
		!slices.ContainsFunc(o.Spec.InitContainers, named(names.InitContainer))
}

func redirectIfMeshed(conf settings, arguments *skel.CmdArgs) error {
	pod := podArguments{}
	pod.IgnoreUnknown = true
	if err := types.LoadArgs(arguments.Args, &pod); err != nil {
		return err
	}
	namespace, name := string(pod.K8S_POD_NAMESPACE), string(pod.K8S_POD_NAME)
	// Nothing in kube-system is injected, and what the cluster itself needs must not wait for the API.
	if namespace == "" || name == "" || namespace == "kube-system" {
		return nil
	}
	client, err := connect(conf)
	if err != nil {
		return err
	}
	found, err := await(client, conf.APIServer+"/api/v1/namespaces/"+namespace+"/pods/"+name)
	if err != nil || !found.isMeshed() {
		return err
	}
	// The kubelet's account reads its own pods and no namespaces: the injector has copied the namespace's annotations.
	rules, err := redirect.FromAnnotations(found.Metadata.Annotations, nil)
	if err != nil {
		return fmt.Errorf("pod %s/%s: %w", namespace, name, err)
	}
	return restore(arguments.Netns, redirect.Rules(rules))
}

func connect(conf settings) (*http.Client, error) {
	certificate, err := tls.LoadX509KeyPair(conf.ClientCertificate, conf.ClientKey)
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(conf.CertificateAuthority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}}, nil
}

// await reads an object. The API server may learn a moment after the kubelet that a pod is on its node, and refuse it till then.
func await(client *http.Client, url string) (object, error) {
	for tries := 0; ; tries++ {
		found, err := read(client, url)
		if !errors.Is(err, errRefused) || tries == maxTries {
			return found, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func read(client *http.Client, url string) (object, error) {
	answer, err := client.Get(url)
	if err != nil {
		return object{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusForbidden {
		return object{}, fmt.Errorf("GET %s: %w", url, errRefused)
	}
	if answer.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		return object{}, fmt.Errorf("GET %s answered %s: %s", url, answer.Status, message)
	}
	found := object{}
	return found, json.NewDecoder(answer.Body).Decode(&found)
}

// restore runs iptables in the pod's network namespace, which a process inherits from the thread that starts it.
func restore(namespace, rules string) error {
	runtime.LockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer own.Close()
	pods, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer pods.Close()
	if err := unix.Setns(int(pods.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter %s: %w", namespace, err)
	}
	command := exec.Command("iptables-restore", "--wait", "10")
	command.Stdin = strings.NewReader(rules)
	output, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("iptables-restore: %w: %s", err, output)
	}
	if back := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); err == nil {
		err = back
	}
	runtime.UnlockOSThread()
	return err
}
