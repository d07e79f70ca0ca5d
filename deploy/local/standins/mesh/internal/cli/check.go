package cli

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/cert"

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

func (c *command) check(ctx context.Context, err error) error {
	run := &checker{command: c}
	run.all(ctx, err)
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

func (c *checker) all(ctx context.Context, err error) {
	c.category("kubernetes-api")
	if !c.try("can initialize the client", false, err) {
		return
	}
	version := struct {
		GitVersion string `json:"gitVersion"`
	}{}
	if !c.try("can query the Kubernetes API", false, c.get(ctx, "version", &version)) {
		return
	}
	fmt.Fprintln(c.out)
	c.category("linkerd-existence")
	pods, err := c.pods(ctx, names.ControlPlaneNamespace)
	if err == nil && len(pods) == 0 {
		err = fmt.Errorf("there are no pods in namespace %s", names.ControlPlaneNamespace)
	}
	c.try("control plane pods are ready", false, firstUnready(pods, err))
	fmt.Fprintln(c.out)
	c.category("linkerd-identity")
	c.anchors(ctx)
	fmt.Fprintln(c.out)
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

func (c *checker) anchors(ctx context.Context) {
	roots := corev1.ConfigMap{}
	err := c.get(ctx, "api/v1/namespaces/linkerd/configmaps/linkerd-identity-trust-roots", &roots)
	var found []*x509.Certificate
	if err == nil {
		found, err = cert.ParseCertsPEM([]byte(roots.Data["ca-bundle.crt"]))
	}
	if err == nil && c.now().After(found[0].NotAfter) {
		err = fmt.Errorf("the trust anchor ended on %s", found[0].NotAfter.Format(time.DateOnly))
	}
	if c.try("trust anchors are within their validity period", false, err) && c.now().Add(60*24*time.Hour).After(found[0].NotAfter) {
		err = fmt.Errorf("the trust anchor ends on %s", found[0].NotAfter.Format(time.DateOnly))
	}
	c.try("trust anchors are valid for at least 60 days", true, err)
}
