package docs

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seaworthy/deploy/images/qotm/internal/server"
	"seaworthy/deploy/images/qotm/internal/settings"
	"seaworthy/deploy/images/qotm/internal/telemetry"
)

// start serves files that are mounted as a ConfigMap is: links into a hidden folder.
func start(t *testing.T, files map[string]string) *server.Service {
	t.Helper()
	folder := t.TempDir()
	data := filepath.Join(folder, "..data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(data, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	read, err := settings.Read("docs", func(name string) string { return map[string]string{"DOCS_FOLDER": folder}[name] })
	if err != nil {
		t.Fatal(err)
	}
	service, err := server.New(read, slog.New(slog.NewJSONHandler(io.Discard, nil)), &telemetry.Tracing{})
	if err == nil {
		err = Register(service)
	}
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func get(service *server.Service, path string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	service.Handler().ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
	return answer
}

func TestAPageIsShownByItsNameWithTheTitleOfItsFirstHeading(t *testing.T) {
	service := start(t, map[string]string{"qotm-runbook.md": "# `qotm` is *ill*\n\n## What to do\n\nRoll it <b>back</b>.\n"})
	for _, path := range []string{"/qotm-runbook", "/qotm-runbook.md"} {
		answer := get(service, path)
		for _, part := range []string{"<title>qotm is ill</title>", "<h2>What to do</h2>", "Roll it"} {
			if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), part) {
				t.Errorf("%s: %d, without %s: %s", path, answer.Code, part, answer.Body)
			}
		}
	}
}

func TestRawHTMLAndScriptsAreLeftOut(t *testing.T) {
	service := start(t, map[string]string{"a.md": "<script>alert(1)</script>\n\n[b](javascript:alert(2)) <img onerror=x src=y>\n"})
	text := get(service, "/a").Body.String()
	for _, part := range []string{"<script", "javascript:", "onerror"} {
		if strings.Contains(text, part) {
			t.Errorf("%s is in %s", part, text)
		}
	}
}

func TestAMissingPageNamesThoseThatThereAre(t *testing.T) {
	service := start(t, map[string]string{"front-runbook.md": "# Front", "notes.txt": "no page"})
	for _, path := range []string{"/fornt-runbook", "/a/b", "/..data", "/notes.txt", "/..%2f..%2fetc%2fpasswd", "/.md"} {
		answer := get(service, path)
		if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), `<a href="/front-runbook">`) {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	if answer := get(service, "/"); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "front-runbook") || strings.Contains(answer.Body.String(), "notes") {
		t.Errorf("the list: %d %s", answer.Code, answer.Body)
	}
}

func TestAFolderWithoutPagesSaysSoAndAChangeIsSeenAtOnce(t *testing.T) {
	service := start(t, nil)
	if answer := get(service, "/"); !strings.Contains(answer.Body.String(), "no page yet") {
		t.Error(answer.Body)
	}
	if err := os.WriteFile(filepath.Join(service.Settings.DocsFolder, "new.md"), []byte("no heading"), 0o644); err != nil {
		t.Fatal(err)
	}
	if answer := get(service, "/new"); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "<title>new</title>") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestAFolderThatIsNotThereStopsTheStart(t *testing.T) {
	service := start(t, nil)
	service.Settings.DocsFolder = "/nowhere"
	if err := Register(service); err == nil || !strings.Contains(err.Error(), "DOCS_FOLDER") {
		t.Errorf("got %v", err)
	}
}
