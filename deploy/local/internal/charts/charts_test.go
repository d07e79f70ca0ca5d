// Package charts tries the charts of the toolbox by rendering them, with the helm that the toolbox has.
package charts

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

const folder = "../../../images/toolbox/charts/"

// render is what an installation would apply, by kind and name, or why it is refused.
func render(t *testing.T, name, values string) (map[string]unstructured.Unstructured, error) {
	t.Helper()
	chart, err := loader.Load(folder + name)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]any{}
	if err := yaml.Unmarshal([]byte(values), &given); err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(chart, given, chartutil.ReleaseOptions{Name: name, Namespace: "lab", IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	objects := map[string]unstructured.Unstructured{}
	for file, text := range files {
		if strings.HasSuffix(file, ".txt") {
			continue
		}
		for _, document := range strings.Split(text, "\n---\n") {
			var object unstructured.Unstructured
			if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, document)
			}
			if object.Object != nil {
				objects[object.GetKind()+" "+object.GetName()] = object
			}
		}
	}
	return objects, nil
}

// rendered is render for what must not be refused.
func rendered(t *testing.T, name, values string) map[string]unstructured.Unstructured {
	t.Helper()
	objects, err := render(t, name, values)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func TestTheirNotesSayHowToOpenThePageAndWhatToDoAboutANameInUse(t *testing.T) {
	for name, forward := range map[string]string{
		"prometheus": "kubectl port-forward svc/prometheus-server 9090:80",
		"grafana":    "kubectl port-forward svc/grafana 3000:80",
	} {
		chart, err := loader.Load(folder + name)
		if err != nil {
			t.Fatal(err)
		}
		values, err := chartutil.ToRenderValues(chart, nil, chartutil.ReleaseOptions{Name: name, Namespace: "lab"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		files, err := engine.Render(chart, values)
		if err != nil {
			t.Fatal(err)
		}
		notes := files[name+"/templates/NOTES.txt"]
		for _, says := range []string{forward, `"Web pages"`, "helm upgrade " + name, "helm uninstall " + name} {
			if !strings.Contains(notes, says) {
				t.Errorf("%s does not say %q:\n%s", name, says, notes)
			}
		}
	}
}

func podOf(t *testing.T, objects map[string]unstructured.Unstructured, deployment string) corev1.PodSpec {
	t.Helper()
	fields, _, _ := unstructured.NestedMap(objects["Deployment "+deployment].Object, "spec", "template", "spec")
	var pod corev1.PodSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func data(objects map[string]unstructured.Unstructured, name, file string) string {
	text, _, _ := unstructured.NestedString(objects["ConfigMap "+name].Object, "data", file)
	return text
}

func TestTheChartsHaveNothingThatHelmWarnsOf(t *testing.T) {
	for _, name := range []string{"prometheus", "grafana"} {
		lint := action.NewLint()
		lint.Strict = true
		for _, fault := range lint.Run([]string{folder + name}, nil).Errors {
			t.Errorf("%s: %v", name, fault)
		}
	}
}

func TestByDefaultTheyMakeWhatALearnerMayMakeAndNothingElse(t *testing.T) {
	expected := map[string][]string{
		"prometheus": {"ConfigMap prometheus-server", "Deployment prometheus-server", "Service prometheus-server"},
		"grafana":    {"ConfigMap grafana", "Deployment grafana", "Secret grafana", "Service grafana"},
	}
	for name, kinds := range expected {
		objects := rendered(t, name, "")
		if made := slices.Sorted(maps.Keys(objects)); !slices.Equal(made, kinds) {
			t.Errorf("%s makes %v", name, made)
		}
	}
}

func TestTheirPodsAreRestrictedAndSmallEnoughForALab(t *testing.T) {
	for name, deployment := range map[string]string{"prometheus": "prometheus-server", "grafana": "grafana"} {
		pod := podOf(t, rendered(t, name, ""), deployment)
		container := pod.Containers[0]
		seccomp := pod.SecurityContext.SeccompProfile
		if seccomp == nil {
			seccomp = container.SecurityContext.SeccompProfile
		}
		if !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser == 0 || seccomp.Type != corev1.SeccompProfileTypeRuntimeDefault ||
			*container.SecurityContext.AllowPrivilegeEscalation || !*container.SecurityContext.ReadOnlyRootFilesystem ||
			!slices.Equal(container.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("%s is not restricted: %+v %+v", name, pod.SecurityContext, container.SecurityContext)
		}
		if limit := container.Resources.Limits.Memory(); limit.Value() > 384<<20 {
			t.Errorf("%s may take %v", name, limit)
		}
		if !strings.HasPrefix(container.Image, "seaworthy.local/") {
			t.Errorf("%s runs %s", name, container.Image)
		}
	}
	if pod := podOf(t, rendered(t, "grafana", ""), "grafana"); *pod.AutomountServiceAccountToken {
		t.Error("Grafana has a token that it does not need")
	}
}

func TestTheServicesHaveTheNamesAndPortsOfThePublicCharts(t *testing.T) {
	for _, tried := range []struct{ chart, service, target string }{
		{"prometheus", "prometheus-server", "http"},
		{"grafana", "grafana", "grafana"},
	} {
		spec, _, _ := unstructured.NestedMap(rendered(t, tried.chart, "")["Service "+tried.service].Object, "spec")
		var service corev1.ServiceSpec
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &service); err != nil {
			t.Fatal(err)
		}
		if port := service.Ports[0]; port.Port != 80 || port.TargetPort.StrVal != tried.target {
			t.Errorf("%s: %+v", tried.service, port)
		}
	}
}

func TestValuesThatThePublicChartsKnowAndTheseDoNotAreRefusedInWords(t *testing.T) {
	for _, tried := range []struct{ chart, values, says string }{
		{"prometheus", "alertmanager: {enabled: true}", "alertmanager.enabled must be false"},
		{"prometheus", "kube-state-metrics: {enabled: true}", "kube-state-metrics.enabled must be false"},
		{"prometheus", "server: {persistentVolume: {enabled: true}}", "as long as the pod lives"},
		{"prometheus", "configmapReload: {prometheus: {enabled: true}}", "itself reads changed files again"},
		{"prometheus", "server: {service: {type: NodePort}}", "must be ClusterIP, not NodePort"},
		{"prometheus", "server: {useExistingClusterRoleName: view}", "'useExistingClusterRoleName' not allowed"},
		{"prometheus", "server: {hostNetwork: true}", "'hostNetwork' not allowed"},
		{"prometheus", "server: {retention: forever}", "'forever' does not match pattern"},
		{"prometheus", "extraScrapeConfigs: none", "must be the text of a list of jobs"},
		{"grafana", "rbac: {create: true}", "Grafana itself needs no rights"},
		{"grafana", "sidecar: {dashboards: {enabled: true}}", "Name them in dashboardsConfigMaps"},
		{"grafana", "persistence: {enabled: true}", "as long as the pod lives"},
		{"grafana", "ingress: {enabled: true}", "makes no Ingress"},
		{"grafana", "plugins: [a]", "'plugins' not allowed"},
		{"grafana", "replicas: 2", "/replicas"},
		{"grafana", "datasources: {plain: {}}", "invalid propertyName 'plain'"},
		{"grafana", "dashboards: {default: {red: {gnetId: 1860}}}", "dashboards.default.red must have its JSON as json"},
		{"grafana", "dashboards: {default: {red: {json: '{'}}}", "dashboards.default.red.json is no JSON"},
	} {
		if _, err := render(t, tried.chart, tried.values); err == nil || !strings.Contains(err.Error(), tried.says) {
			t.Errorf("%s: %v", tried.values, err)
		}
	}
}
