package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const prometheusFile = `apiVersion: 1
datasources:
  - name: Prometheus
    type: prometheus
    url: http://$PROMETHEUS_HOST:9090
    isDefault: true
    editable: false
    jsonData: { timeInterval: "5s", note: costs $$5 }
`

// Provisioning, "Data sources"; scenario 4: read-only, and a uid that follows from the name.
func TestAProvisionedDataSourceIsReadOnlyAndItsUIDFollowsFromItsName(t *testing.T) {
	t.Setenv("PROMETHEUS_HOST", "prometheus.demo")
	one := start(t)
	one.write("datasources/prometheus.yaml", prometheusFile)
	one.restart()
	const path = "/api/datasources/uid/PBFA97CFB590B2093"
	one.expect(one.call(200, "GET", path, ""), "readOnly", "true", "url", "http://prometheus.demo:9090", "isDefault", "true",
		"jsonData.note", "costs $5")
	one.expect(one.call(403, "PUT", path, `{"name":"Prometheus","type":"prometheus"}`), "message", "Cannot update read-only data source")
	one.expect(one.call(403, "DELETE", path, ""), "message", "Cannot delete read-only data source")
	one.write("datasources/prometheus.yaml", strings.Replace(prometheusFile, "editable: false", "editable: true", 1))
	one.expect(one.call(200, "POST", "/api/admin/provisioning/datasources/reload", ""), "message", "Datasources config reloaded")
	one.call(200, "DELETE", path, "")
}

// Scenario 5.
func TestTwoDefaultDataSourcesStopTheStart(t *testing.T) {
	one := start(t)
	one.write("datasources/a.yaml", "apiVersion: 1\ndatasources: [{ name: a, type: prometheus, isDefault: true }]\n")
	one.write("datasources/b.yaml", "apiVersion: 1\ndatasources: [{ name: b, type: prometheus, isDefault: true }]\n")
	err := one.tryRestart()
	if err == nil || !strings.Contains(err.Error(), "Only one datasource per organization can be marked as default") {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatIsWrongStopsTheStartAndIsNamed(t *testing.T) {
	for content, expected := range map[string]string{
		"apiVersion: 1\ndatasources: [{ name: a, type: loki }]\n":         "the type prometheus alone",
		"datasources: [{ name: a, type: prometheus }]\n":                  "apiVersion: 1",
		"apiVersion: 1\ndatasources: {\n":                                 "a.yaml",
		"apiVersion: 1\ndatasources: [{ type: prometheus }]\n":            "needs a name",
		"apiVersion: 1\ndatasources: [{ name: \"$__file{/none/at}\" }]\n": "/none/at",
		"apiVersion: 1\nprune: true\n":                                    "does not know prune",
		"apiVersion: 1\ndatasources: [{ name: a, orgId: 2 }]\n":           "one organisation",
	} {
		one := start(t)
		one.write("datasources/a.yaml", content)
		if err := one.tryRestart(); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%q: expected %q, got %v", content, expected, err)
		}
	}
}

// Provisioning: deleteDatasources first; a lower version is passed over.
func TestFilesDeleteAndDoNotGoBack(t *testing.T) {
	one := start(t)
	one.call(200, "POST", "/api/datasources", `{"name":"by hand","type":"prometheus"}`)
	one.call(200, "POST", "/api/datasources", `{"name":"old","type":"prometheus"}`)
	one.write("datasources/a.yaml", `apiVersion: 1
deleteDatasources: [{ name: old, orgId: 1 }]
datasources:
  - { name: first, type: prometheus, url: "http://new", version: 3 }
  - { name: second, type: prometheus }
`)
	reload := func() { one.call(200, "POST", "/api/admin/provisioning/datasources/reload", "") }
	reload()
	one.expect(one.call(200, "GET", "/api/datasources", ""), "0.name", "by hand", "1.name", "first", "2.name", "second", "3.name", "<nothing>")
	one.write("datasources/a.yaml", "apiVersion: 1\ndatasources: [{ name: first, type: prometheus, url: 'http://old', version: 2 }]\n")
	reload()
	one.expect(one.call(200, "GET", "/api/datasources", ""), "0.name", "by hand", "1.url", "http://new", "2.name", "second")
}

// mount writes a folder as a mounted ConfigMap looks: links into a dot-folder that is replaced as a whole.
func mount(t *testing.T, folder, version string, files map[string]string) {
	t.Helper()
	content := filepath.Join(folder, "..data_"+version)
	if err := os.MkdirAll(content, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(content, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)) // it may be there
	}
	if err := os.Symlink("..data_"+version, filepath.Join(folder, "..new")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(folder, "..new"), filepath.Join(folder, "..data")); err != nil {
		t.Fatal(err)
	}
}

func (i *instance) provider(options string) string {
	i.Helper()
	folder := i.TempDir()
	i.write("dashboards/provider.yaml", "apiVersion: 1\nproviders:\n  - { name: files, type: file, updateIntervalSeconds: 3600, options: { path: "+
		folder+" }, "+options+" }\n")
	return folder
}

func (i *instance) reload() {
	i.Helper()
	i.expect(i.call(200, "POST", "/api/admin/provisioning/dashboards/reload", ""), "message", "Dashboards config reloaded")
}

// Scenario 12: an old dashboard with inputs, from a ConfigMap.
func TestADashboardOfAConfigMapAppearsWithTheReload(t *testing.T) {
	one := start(t)
	folder := one.provider("folder: Linkerd")
	const topLine = `{"__inputs":[{"name":"DS_PROMETHEUS","type":"datasource"}],"id":null,"uid":"top-line","title":"Linkerd Top Line",
		"schemaVersion":18,"panels":[{"type":"graph","datasource":"${DS_PROMETHEUS}"},{"type":"singlestat"}]}`
	mount(t, folder, "1", map[string]string{"top-line.json": topLine, "readme.txt": "no dashboard"})
	one.reload()
	one.expect(one.call(200, "GET", "/api/search?type=dash-db", ""), "0.uid", "top-line", "0.folderTitle", "Linkerd", "1.uid", "<nothing>")
	one.expect(one.call(200, "GET", "/api/dashboards/uid/top-line", ""), "meta.provisioned", "true", "meta.provisionedExternalId", "top-line.json",
		"meta.canSave", "false", "dashboard.panels.0.datasource", "${DS_PROMETHEUS}", "dashboard.panels.0.type", "graph", "dashboard.version", "1")
	one.reload()
	one.expect(one.call(200, "GET", "/api/dashboards/uid/top-line", ""), "dashboard.version", "1")
	mount(t, folder, "2", map[string]string{"top-line.json": strings.Replace(topLine, "Top Line", "Changed", 1)})
	one.reload()
	one.expect(one.call(200, "GET", "/api/dashboards/uid/top-line", ""), "dashboard.version", "2", "dashboard.title", "Linkerd Changed")
}

func TestAProvisionedDashboardIsItsFiles(t *testing.T) {
	one := start(t)
	folder := one.provider("allowUiUpdates: false")
	path := filepath.Join(folder, "a.json")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		one.reload()
	}
	write(`{"uid":"a","title":"From a file"}`)
	save := `{"dashboard":{"uid":"a","title":"From a person"},"overwrite":true}`
	one.expect(one.call(400, "POST", "/api/dashboards/db", save), "message", "Cannot save provisioned dashboard")
	one.expect(one.call(400, "DELETE", "/api/dashboards/uid/a", ""), "message", "provisioned dashboard cannot be deleted")
	write(`{"uid":"a","title":`)
	one.expect(one.call(200, "GET", "/api/dashboards/uid/a", ""), "dashboard.title", "From a file")
	write(`{"uid":"b","title":"Another uid"}`)
	one.call(404, "GET", "/api/dashboards/uid/a", "")
	one.call(200, "GET", "/api/dashboards/uid/b", "")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	one.reload()
	one.call(404, "GET", "/api/dashboards/uid/b", "")
}

func TestADashboardMayOutliveItsFileAndPeopleMaySaveIt(t *testing.T) {
	one := start(t)
	folder := one.provider("allowUiUpdates: true, disableDeletion: true")
	path := filepath.Join(folder, "a.json")
	if err := os.WriteFile(path, []byte(`{"uid":"a","title":"From a file"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	one.reload()
	one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"a","title":"From a person"},"overwrite":true}`)
	if err := os.WriteFile(path, []byte(`{"uid":"a","title":"The file again"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	one.reload()
	one.expect(one.call(200, "GET", "/api/dashboards/uid/a", ""), "dashboard.title", "The file again", "dashboard.version", "3")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	one.reload()
	one.expect(one.call(200, "GET", "/api/dashboards/uid/a", ""), "meta.provisioned", "false")
	one.call(200, "DELETE", "/api/dashboards/uid/a", "")
}

func TestFoldersFollowFromTheFilesFoldersWhereTheProviderSaysSo(t *testing.T) {
	one := start(t)
	folder := t.TempDir()
	one.write("dashboards/provider.yaml", "apiVersion: 1\nproviders:\n  - { name: files, options: { path: "+folder+", foldersFromFilesStructure: true } }\n")
	for name, title := range map[string]string{"root.json": "r", "team/one.json": "s", ".hidden/no.json": "n"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(`{"title":"`+title+`"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	one.reload()
	one.expect(one.call(200, "GET", "/api/search", ""), "0.title", "team", "1.title", "r", "1.folderTitle", "<nothing>",
		"2.title", "s", "2.folderTitle", "team", "3.title", "<nothing>")
	one.write("dashboards/provider.yaml", "apiVersion: 1\nproviders: []\n")
	one.reload()
	one.expect(one.call(200, "GET", "/api/search?type=dash-db", ""), "0.title", "<nothing>")
}
