package cli

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// checker prints what it tries, and remembers whether something failed.
type checker struct {
	*command
	isFailed bool
}

func (c *checker) category(name string) {
	fmt.Fprintf(c.out, "%s\n", name)
	for range name {
		fmt.Fprint(c.out, "-")
	}
	fmt.Fprintln(c.out)
}

// try prints one line; a failure that is only a warning does not fail the whole.
func (c *checker) try(what string, isWarning bool, err error) bool {
	mark := "√"
	if err != nil {
		if mark = "×"; isWarning {
			mark = "‼"
		} else {
			c.isFailed = true
		}
	}
	fmt.Fprintf(c.out, "%s %s\n", mark, what)
	if err != nil {
		fmt.Fprintf(c.out, "    %s\n", err)
	}
	return err == nil
}

func (c *command) check(ctx context.Context) error {
	run := &checker{command: c}
	run.all(ctx)
	mark := "√"
	if run.isFailed {
		mark = "×"
	}
	fmt.Fprintf(c.out, "\nStatus check results are %s\n", mark)
	if run.isFailed {
		return errReported
	}
	return nil
}

func (c *checker) all(ctx context.Context) {
	c.category("kubernetes-api")
	api, err := c.connect()
	if !c.try("can initialize the client", false, err) {
		return
	}
	version := struct {
		GitVersion string `json:"gitVersion"`
	}{}
	if !c.try("can query the Kubernetes API", false, api.get(ctx, "version", &version)) {
		return
	}
	fmt.Fprintln(c.out)
	c.category("linkerd-existence")
	pods, err := api.pods(ctx, names.ControlPlaneNamespace)
	if err == nil && len(pods) == 0 {
		err = fmt.Errorf("there are no pods in namespace %s", names.ControlPlaneNamespace)
	}
	c.try("control plane pods are ready", false, firstUnready(pods, err))
	fmt.Fprintln(c.out)
	c.category("linkerd-identity")
	anchors := c.anchors(ctx, api)
	fmt.Fprintln(c.out)
	if c.proxy {
		c.dataPlane(ctx, api, anchors)
		fmt.Fprintln(c.out)
	}
	c.category("linkerd-viz")
	_, err = c.query(ctx, "vector(1)")
	c.try("viz extension's metrics API answers", true, err)
}

func firstUnready(pods []corev1.Pod, err error) error {
	for _, pod := range pods {
		if pod.Status.Phase == corev1.PodSucceeded || pod.DeletionTimestamp != nil {
			continue
		}
		isReady := false
		for _, condition := range pod.Status.Conditions {
			isReady = isReady || (condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue)
		}
		if !isReady && err == nil {
			err = fmt.Errorf("the pod %s/%s is not ready", pod.Namespace, pod.Name)
		}
	}
	return err
}

func (c *checker) anchors(ctx context.Context, api *kube) string {
	roots := corev1.ConfigMap{}
	err := api.get(ctx, "api/v1/namespaces/linkerd/configmaps/linkerd-identity-trust-roots", &roots)
	anchors := roots.Data["ca-bundle.crt"]
	var ends time.Time
	if err == nil {
		block, _ := pem.Decode([]byte(anchors))
		if block == nil {
			err = fmt.Errorf("the ConfigMap linkerd-identity-trust-roots holds no certificate")
		} else if parsed, parseErr := x509.ParseCertificate(block.Bytes); parseErr != nil {
			err = parseErr
		} else if ends = parsed.NotAfter; c.now().After(ends) {
			err = fmt.Errorf("the trust anchor ended on %s", ends.Format(time.DateOnly))
		}
	}
	if !c.try("trust anchors are within their validity period", false, err) {
		return anchors
	}
	if c.now().Add(60 * 24 * time.Hour).After(ends) {
		err = fmt.Errorf("the trust anchor ends on %s", ends.Format(time.DateOnly))
	}
	c.try("trust anchors are valid for at least 60 days", true, err)
	return anchors
}

// dataPlane checks the proxies of one namespace: real ones too are not ready until they have a certificate.
func (c *checker) dataPlane(ctx context.Context, api *kube, anchors string) {
	namespace := c.namespace
	if namespace == "" {
		namespace = api.namespace
	}
	c.category("linkerd-data-plane")
	pods, err := api.pods(ctx, namespace)
	if !c.try("data plane namespace exists", false, err) {
		return
	}
	sum := sha256.Sum256([]byte(anchors))
	proxies := 0
	var unready, foreign error
	for _, pod := range pods {
		if !cluster.IsMeshed(&pod) || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		proxies++
		isReady := false
		for _, status := range pod.Status.InitContainerStatuses {
			isReady = isReady || (status.Name == names.ProxyContainer && status.Ready)
		}
		if !isReady {
			unready = fmt.Errorf("the proxy of the pod %s is not ready", pod.Name)
		}
		if pod.Annotations["linkerd.io/trust-root-sha256"] != hex.EncodeToString(sum[:]) {
			foreign = fmt.Errorf("the pod %s was injected for another trust anchor: restart it", pod.Name)
		}
	}
	if proxies == 0 {
		unready = fmt.Errorf("no pod in namespace %s has a proxy", namespace)
	}
	c.try("data plane proxies are ready", false, unready)
	c.try("data plane proxies certificate match CA", true, foreign)
}
