// Package clustertest tries the stand-in for Emissary on a running cluster that it is installed in: the one that
// TEST_KUBECONFIG names, on whose node the tests run.
package clustertest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

var (
	configuration *rest.Config
	cluster       dynamic.Interface
	// gateway is the address of the Service that learners' requests come by, and admin that of the diagnostics.
	gateway, admin string
)

func resource(group, version, name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: version, Resource: name}
}

var kinds = map[string]schema.GroupVersionResource{
	"Namespace":     resource("", "v1", "namespaces"),
	"Pod":           resource("", "v1", "pods"),
	"Secret":        resource("", "v1", "secrets"),
	"Service":       resource("", "v1", "services"),
	"EndpointSlice": resource("discovery.k8s.io", "v1", "endpointslices"),
	"Deployment":    resource("apps", "v1", "deployments"),
	"Mapping":       resource("getambassador.io", "v3alpha1", "mappings"),
	"Host":          resource("getambassador.io", "v3alpha1", "hosts"),
	"Listener":      resource("getambassador.io", "v3alpha1", "listeners"),
	"TCPMapping":    resource("getambassador.io", "v3alpha1", "tcpmappings"),
}

func TestMain(m *testing.M) {
	if os.Getenv(tunnelVariable) != "" {
		fmt.Println(runTunnel())
		os.Exit(1)
	}
	path := os.Getenv("TEST_KUBECONFIG")
	if path == "" {
		fmt.Println("not run: TEST_KUBECONFIG names no cluster")
		os.Exit(0)
	}
	os.Exit(runOn(path, m))
}

func runOn(path string, m *testing.M) int {
	stop := func() {}
	err := connect(path)
	if err == nil {
		stop, err = services.start()
	}
	if stop != nil {
		defer stop()
	}
	if err != nil {
		fmt.Println("the cluster of TEST_KUBECONFIG cannot be used:", err)
		return 1
	}
	return m.Run()
}

func connect(path string) error {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	config.NegotiatedSerializer = serializer.NewCodecFactory(runtime.NewScheme())
	configuration = config
	if cluster, err = dynamic.NewForConfig(config); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for name, address := range map[string]*string{"emissary-ingress": &gateway, "emissary-ingress-admin": &admin} {
		service, err := cluster.Resource(kinds["Service"]).Namespace("emissary").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		*address = text(service.Object, "spec", "clusterIP")
	}
	return nil
}
