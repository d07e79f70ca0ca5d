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
	"slices"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// maxTries is how often a pod is asked for again that is not yet known to be on this node.
const maxTries = 30

var errRefused = errors.New("the API server says that the node may not read the pod")

// pod is as much of a pod as the plugin reads.
type pod struct {
	Spec struct {
		Containers     []container `json:"containers"`
		InitContainers []container `json:"initContainers"`
	} `json:"spec"`
}

type container struct {
	Name string `json:"name"`
}

// isMeshed is as linkerd-cni decides: by the containers, not by the annotation that the injector acts on.
func (p pod) isMeshed() bool {
	named := func(name string) func(container) bool { return func(c container) bool { return c.Name == name } }
	return slices.ContainsFunc(slices.Concat(p.Spec.Containers, p.Spec.InitContainers), named(names.ProxyContainer)) &&
		!slices.ContainsFunc(p.Spec.InitContainers, named(names.InitContainer))
}

func redirectIfMeshed(conf settings, arguments *skel.CmdArgs) error {
	asked := podArguments{}
	asked.IgnoreUnknown = true
	if err := types.LoadArgs(arguments.Args, &asked); err != nil {
		return err
	}
	namespace, name := string(asked.K8S_POD_NAMESPACE), string(asked.K8S_POD_NAME)
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
	return redirect(arguments.Netns)
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
func await(client *http.Client, url string) (pod, error) {
	for tries := 0; ; tries++ {
		found, err := read(client, url)
		if !errors.Is(err, errRefused) || tries == maxTries {
			return found, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func read(client *http.Client, url string) (pod, error) {
	answer, err := client.Get(url)
	if err != nil {
		return pod{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusForbidden {
		return pod{}, fmt.Errorf("GET %s: %w", url, errRefused)
	}
	if answer.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		return pod{}, fmt.Errorf("GET %s answered %s: %s", url, answer.Status, message)
	}
	found := pod{}
	return found, json.NewDecoder(answer.Body).Decode(&found)
}
