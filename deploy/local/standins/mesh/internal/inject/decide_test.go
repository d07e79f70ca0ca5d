package inject

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func annotated(value string) map[string]string {
	if value == "" {
		return nil
	}
	return map[string]string{"linkerd.io/inject": value}
}

func TestThePodsAnnotationBeatsTheNamespacesBothWays(t *testing.T) {
	for _, c := range []struct {
		pod, namespace string
		want           bool
	}{
		{"", "", false}, {"", "enabled", true}, {"", "ingress", true}, {"", "disabled", false},
		{"disabled", "enabled", false}, {"enabled", "disabled", true}, {"enabled", "", true}, {"ingress", "", true},
		// A value that is none is skipped, whatever the namespace says.
		{"yes", "enabled", false}, {"", "true", false},
	} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: annotated(c.pod)}}
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Annotations: annotated(c.namespace)}}
		if got := Decide(pod, namespace); got.Inject != c.want || (got.Inject && got.Reason != "") {
			t.Errorf("pod %q in namespace %q: %+v", c.pod, c.namespace, got)
		}
	}
}

func TestAPodWithTheHostsNetworkOrASidecarIsSkipped(t *testing.T) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Annotations: annotated("enabled")}}
	for reason, spec := range map[string]corev1.PodSpec{
		"hostNetwork is enabled": {HostNetwork: true},
		"a sidecar injected":     {InitContainers: []corev1.Container{{Name: "linkerd-proxy"}}},
	} {
		if got := Decide(&corev1.Pod{Spec: spec}, namespace); got.Inject || !strings.Contains(got.Reason, reason) {
			t.Errorf("%s: %+v", reason, got)
		}
	}
}

func TestALearnersPodBringsNoProxyOfItsOwn(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "linkerd-proxy"}}}}
	for label, want := range map[string]bool{"seaworthy.dev/session": true, "other": false} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{label: "1"}}}
		if got := Decide(pod, namespace); got.IsImitation != want {
			t.Errorf("in a namespace with the label %s: %+v", label, got)
		}
	}
}

func TestThePatchPutsTheProxyFirstAndKeepsWhatItDoesNotKnow(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Labels: map[string]string{"app": "web", "pod-template-hash": "7d"}, Annotations: map[string]string{"config.linkerd.io/default-inbound-policy": "deny"},
		OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "web-7d", Controller: new(bool)}},
	}}
	*pod.OwnerReferences[0].Controller = true
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: map[string]string{
		"config.linkerd.io/default-inbound-policy": "all-authenticated", "config.linkerd.io/proxy-cpu-limit": "100m", "config.linkerd.io/proxy-memory-limit": "much",
	}}}
	raw := map[string]any{"spec": map[string]any{"initContainers": []any{map[string]any{"name": "own", "ofTheFuture": true}}}}
	written, err := json.Marshal(Patch(Settings{Image: "proxy:1"}, Decision{Inject: true}, pod, namespace, raw))
	if err != nil {
		t.Fatal(err)
	}
	patch := string(written)
	for _, want := range []string{
		`"linkerd.io/proxy-deployment":"web"`, `"linkerd.io/control-plane-ns":"linkerd"`, `"linkerd.io/workload-ns":"shop"`, `"app":"web"`,
		`"config.linkerd.io/default-inbound-policy":"deny"`, `"config.linkerd.io/proxy-cpu-limit":"100m"`, `"resources":{"limits":{"cpu":"100m"},"requests":{}}`, `"ofTheFuture":true`,
	} {
		if !strings.Contains(patch, want) {
			t.Errorf("%s is missing in %s", want, patch)
		}
	}
	if proxy, own := strings.Index(patch, `"name":"linkerd-proxy","ports"`), strings.Index(patch, `"name":"own"`); proxy < 0 || own < proxy {
		t.Errorf("the containers' order is %d, %d in %s", proxy, own, patch)
	}
	if warned := strings.Join(Warnings(pod, namespace), "\n"); !strings.Contains(warned, "proxy-memory-limit has no effect: quantities must match") {
		t.Errorf("the warnings are %q", warned)
	}
}
