package policy

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
)

func webPod(annotations map[string]string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", Labels: map[string]string{"app": "web"}, Annotations: annotations},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Ports:          []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
			ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/readyz", Port: intstr.FromString("http")}}},
		}}},
	}
}

func server(name string) *cluster.Server {
	found := &cluster.Server{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"}}
	found.Spec.PodSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	found.Spec.Port = intstr.FromString("http")
	return found
}

func authorization(target, kind string, references ...cluster.Reference) *cluster.AuthorizationPolicy {
	found := &cluster.AuthorizationPolicy{ObjectMeta: metav1.ObjectMeta{Name: "let-in", Namespace: "shop"}}
	found.Spec.TargetRef = cluster.Reference{Kind: kind, Name: target}
	found.Spec.RequiredAuthenticationRefs = references
	return found
}

func rules(t *testing.T, access Access) string {
	t.Helper()
	written, err := json.Marshal(access.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

func TestWithoutAServerTheDefaultPolicyCounts(t *testing.T) {
	if access := For(&cluster.View{}, webPod(nil)).Port(8080); access.HTTP != nil || access.TCP != nil || access.Labels["srv_name"] != "all-unauthenticated" {
		t.Errorf("%+v", access)
	}
	pod := webPod(map[string]string{"config.linkerd.io/default-inbound-policy": "all-authenticated"})
	if text := rules(t, For(&cluster.View{}, pod).Port(8080)); !strings.Contains(text, `"authenticated":{}`) || !strings.Contains(text, "/readyz") {
		t.Error(text)
	}
}

func TestAServerAllowsProbesAloneUntilAPolicyAllowsMore(t *testing.T) {
	view := &cluster.View{Servers: []*cluster.Server{server("web")}}
	access := For(view, webPod(nil)).Port(8080)
	if policies := access.HTTP["policies"].(object); len(policies) != 1 || policies["default/probe /readyz"] == nil {
		t.Errorf("%v", policies)
	}
	if policies := access.TCP["policies"].(object); len(policies) != 0 {
		t.Errorf("connections: %v", policies)
	}
	view.MeshTLS = map[string]*cluster.MeshTLSAuthentication{"shop/clients": {ObjectMeta: metav1.ObjectMeta{Namespace: "shop"}}}
	view.MeshTLS["shop/clients"].Spec.IdentityRefs = []cluster.Reference{{Kind: "ServiceAccount", Name: "client"}, {Kind: "Namespace", Name: "front"}}
	view.MeshTLS["shop/clients"].Spec.Identities = []string{"*.example.com"}
	view.Policies = []*cluster.AuthorizationPolicy{authorization("web", "Server", cluster.Reference{Kind: "MeshTLSAuthentication", Name: "clients"})}
	text := rules(t, For(view, webPod(nil)).Port(8080))
	for _, want := range []string{
		`"authorizationpolicy/let-in"`, `"exact":"client.shop.serviceaccount.identity.linkerd.cluster.local"`,
		`"suffix":".front.serviceaccount.identity.linkerd.cluster.local"`, `"suffix":".example.com"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}

func TestAPolicyThatCannotBeReadAllowsNobody(t *testing.T) {
	view := &cluster.View{Servers: []*cluster.Server{server("web")}}
	for name, policy := range map[string]*cluster.AuthorizationPolicy{
		"a missing authentication": authorization("web", "Server", cluster.Reference{Kind: "MeshTLSAuthentication", Name: "gone"}),
		"another server":           authorization("other", "Server"),
	} {
		view.Policies = []*cluster.AuthorizationPolicy{policy}
		if text := rules(t, For(view, webPod(nil)).Port(8080)); strings.Contains(text, "let-in") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
