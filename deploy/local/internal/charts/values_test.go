package charts

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

type job struct {
	Name      string `json:"job_name"`
	Discovery []struct {
		Role       string
		Namespaces struct {
			Own bool `json:"own_namespace"`
		}
	} `json:"kubernetes_sd_configs"`
}

// configuration is the prometheus.yml that values make.
func configuration(t *testing.T, values string) (config struct {
	Global  map[string]string
	Jobs    []job    `json:"scrape_configs"`
	Rules   []string `json:"rule_files"`
	Storage struct {
		TSDB struct{ Retention map[string]string }
	}
}) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(data(rendered(t, "prometheus", values), "prometheus-server", "prometheus.yml")), &config); err != nil {
		t.Fatal(err)
	}
	return config
}

func TestPrometheusLooksForTargetsInItsOwnNamespace(t *testing.T) {
	config := configuration(t, "")
	found := 0
	for _, job := range config.Jobs {
		for _, discovery := range job.Discovery {
			if found++; !discovery.Namespaces.Own {
				t.Errorf("%s looks everywhere", job.Name)
			}
		}
	}
	if found != 2 || len(config.Jobs) != 3 || config.Storage.TSDB.Retention["time"] != "6h" {
		t.Errorf("%+v", config)
	}
}

func TestJobsAreSwitchedOffAndAddedInThreeWays(t *testing.T) {
	config := configuration(t, `
scrapeConfigs:
  kubernetes-pods: {enabled: false}
  own: {static_configs: [{targets: ["qotm:80"]}]}
serverFiles:
  prometheus.yml: {scrape_configs: [{job_name: listed}]}
extraScrapeConfigs: |
  - job_name: written
server: {global: {scrape_interval: 5s}}
`)
	var names []string
	for _, job := range config.Jobs {
		names = append(names, job.Name)
	}
	if !slices.Equal(names, []string{"kubernetes-service-endpoints", "own", "prometheus", "listed", "written"}) {
		t.Errorf("%v", names)
	}
	if config.Global["scrape_interval"] != "5s" || config.Global["evaluation_interval"] != "15s" || len(config.Rules) != 2 {
		t.Errorf("%+v", config)
	}
}

func TestRulesKeepWhatPrometheusFillsIn(t *testing.T) {
	values := `
serverFiles:
  alerting_rules.yml:
    groups: [{name: a, rules: [{alert: A, expr: "up == 0", annotations: {summary: "{{ $labels.pod }} is down"}}]}]
`
	if text := data(rendered(t, "prometheus", values), "prometheus-server", "alerting_rules.yml"); !strings.Contains(text, "{{ $labels.pod }} is down") {
		t.Error(text)
	}
}

func TestWhoMayCreateRolesGetsThemForTheNamespaceAlone(t *testing.T) {
	objects := rendered(t, "prometheus", "{rbac: {create: true}, serviceAccounts: {server: {create: true, name: ''}}}")
	for _, expected := range []string{"Role", "RoleBinding", "ServiceAccount"} {
		if _, found := objects[expected+" prometheus-server"]; !found {
			t.Errorf("%s is not in %v", expected, slices.Sorted(maps.Keys(objects)))
		}
	}
	for name := range objects {
		if strings.HasPrefix(name, "Cluster") {
			t.Errorf("%s", name)
		}
	}
	if account := podOf(t, objects, "prometheus-server").ServiceAccountName; account != "prometheus-server" {
		t.Errorf("it runs as %s", account)
	}
}

const provisioned = `
adminPassword: first
grafana.ini: {app_mode: development, auth.anonymous: {enabled: true}}
datasources: {datasources.yaml: {apiVersion: 1, datasources: [{name: P, type: prometheus}]}}
dashboardProviders: {providers.yaml: {apiVersion: 1, providers: []}}
dashboards: {default: {red: {json: '{"title": "RED"}'}}}
dashboardsConfigMaps: {default: more, other: others}
`

func TestGrafanaFindsItsFilesWhereTheRealOneLooks(t *testing.T) {
	objects := rendered(t, "grafana", provisioned)
	if text := data(objects, "grafana-dashboards-default", "red.json"); text != "{\"title\": \"RED\"}\n" {
		t.Errorf("%q", text)
	}
	pod := podOf(t, objects, "grafana")
	mounts, sources := map[string]string{}, map[string]int{}
	for _, mount := range pod.Containers[0].VolumeMounts {
		mounts[mount.MountPath] = mount.Name
	}
	for _, volume := range pod.Volumes {
		switch {
		case volume.Projected != nil:
			sources[volume.Name] = len(volume.Projected.Sources)
		case volume.ConfigMap != nil:
			for _, item := range volume.ConfigMap.Items {
				if data(objects, "grafana", item.Key) == "" {
					t.Errorf("%s is empty", item.Path)
				}
				sources[item.Path]++
			}
		}
	}
	expected := map[string]int{"dashboards-default": 2, "dashboards-other": 1, "datasources/datasources.yaml": 1, "dashboards/providers.yaml": 1}
	if !maps.Equal(sources, expected) {
		t.Errorf("%v", sources)
	}
	if mounts["/etc/grafana/provisioning"] != "provisioning" || mounts["/var/lib/grafana/dashboards/other"] != "dashboards-other" {
		t.Errorf("%v", mounts)
	}
}

func TestSettingsOfGrafanaBecomeItsVariables(t *testing.T) {
	values := map[string]string{}
	for _, variable := range podOf(t, rendered(t, "grafana", provisioned), "grafana").Containers[0].Env {
		values[variable.Name] = variable.Value
	}
	if values["GF_AUTH_ANONYMOUS_ENABLED"] != "true" || values["GF_DEFAULT_APP_MODE"] != "development" {
		t.Errorf("%v", values)
	}
	if values["GF_SECURITY_ALLOW_EMBEDDING"] != "true" {
		t.Errorf("a lab's page cannot show it: %v", values)
	}
}

func TestThePasswordIsTheOneGivenOrThatOfASecretOrARandomOne(t *testing.T) {
	password := func(values string) string {
		text, _, _ := unstructured.NestedString(rendered(t, "grafana", values)["Secret grafana"].Object, "data", "admin-password")
		return text
	}
	if got := password(provisioned); got != "Zmlyc3Q=" {
		t.Errorf("given: %q", got)
	}
	if first, second := password(""), password(""); first == second || len(first) != 32 {
		t.Errorf("random: %q and %q", first, second)
	}
	objects := rendered(t, "grafana", "admin: {existingSecret: mine, passwordKey: word}")
	source := podOf(t, objects, "grafana").Containers[0].Env[1].ValueFrom.SecretKeyRef
	if _, made := objects["Secret grafana"]; made || source.Name != "mine" || source.Key != "word" {
		t.Errorf("of a Secret: %+v", source)
	}
}

func TestAPasswordThatGrafanaWouldRefuseIsRefusedBeforeAnythingStarts(t *testing.T) {
	if _, err := render(t, "grafana", "adminPassword: abc"); err == nil || !strings.Contains(err.Error(), "adminPassword") {
		t.Errorf("%v", err)
	}
	rendered(t, "grafana", "adminPassword: calm")
}
