package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"seaworthy/deploy/local/standins/grafana/internal/settings"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// instance is a running stand-in with folders of its own.
type instance struct {
	*testing.T
	address, data, provisioning string
	login, password             string
	close                       func()
}

// start runs one on empty folders, with the given settings.
func start(t *testing.T, environment ...string) *instance {
	t.Helper()
	one := &instance{T: t, data: t.TempDir(), provisioning: t.TempDir(), login: "admin", password: "admin"}
	one.restart(environment...)
	return one
}

// restart begins anew on the same folders.
func (i *instance) restart(environment ...string) {
	i.Helper()
	if err := i.tryRestart(environment...); err != nil {
		i.Fatal(err)
	}
}

func (i *instance) tryRestart(environment ...string) error {
	if i.close != nil {
		i.close()
	}
	i.close = nil
	environment = append(environment, "GF_PATHS_DATA="+i.data, "GF_PATHS_PROVISIONING="+i.provisioning)
	obeyed, err := settings.Load(environment)
	if err != nil {
		return err
	}
	lock, err := store.Lock(obeyed.Data)
	if err != nil {
		return err
	}
	public := filepath.Join(i.data, "public")
	if err := os.MkdirAll(public, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"index.html", "app.js"} {
		if err := os.WriteFile(filepath.Join(public, name), []byte("this is "+name), 0o600); err != nil {
			return err
		}
	}
	server, err := assemble(obeyed, public)
	if err != nil {
		lock.Close()
		return err
	}
	listening := httptest.NewServer(server.Handler())
	i.address = listening.URL
	i.close = sync.OnceFunc(func() {
		listening.Close()
		lock.Close()
	})
	i.Cleanup(i.close)
	return nil
}

// write puts a file below the provisioning folder.
func (i *instance) write(name, content string) {
	i.Helper()
	path := filepath.Join(i.provisioning, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		i.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		i.Fatal(err)
	}
}

// answer is a JSON answer, read by paths such as `results.A.frames.0.schema`.
type answer struct {
	status int
	text   string
	body   any
	header http.Header
}

// call sends a request as the current person, and fails the test if its status is another.
func (i *instance) call(status int, method, path, body string) answer {
	i.Helper()
	found := i.send(method, path, body, nil)
	if found.status != status {
		i.Fatalf("%s %s: expected %d, got %d %s", method, path, status, found.status, found.text)
	}
	return found
}

func (i *instance) send(method, path, body string, header http.Header) answer {
	i.Helper()
	request, err := http.NewRequestWithContext(i.Context(), method, i.address+path, strings.NewReader(body))
	if err != nil {
		i.Fatal(err)
	}
	if header != nil {
		request.Header = header
	} else if i.login != "" {
		request.SetBasicAuth(i.login, i.password)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		i.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		i.Fatal(err)
	}
	found := answer{status: response.StatusCode, text: string(content), header: response.Header}
	_ = json.Unmarshal(content, &found.body) // not every answer is JSON
	return found
}

// at gives what stands at a path of the answer, as text.
func (a answer) at(path string) string {
	value := a.body
	for _, step := range strings.Split(path, ".") {
		switch found := value.(type) {
		case map[string]any:
			next, isThere := found[step]
			if !isThere {
				return "<nothing>"
			}
			value = next
		case []any:
			var index int
			if _, err := fmt.Sscan(step, &index); err != nil || index >= len(found) {
				return "<nothing>"
			}
			value = found[index]
		default:
			return "<nothing>"
		}
	}
	if text, isText := value.(string); isText {
		return text
	}
	content, _ := json.Marshal(value) // it came from JSON
	return string(content)
}

// expect compares places of an answer.
func (i *instance) expect(found answer, pairs ...string) {
	i.Helper()
	for at := 0; at+1 < len(pairs); at += 2 {
		if value := found.at(pairs[at]); value != pairs[at+1] {
			i.Errorf("%s: expected %q, got %q in %s", pairs[at], pairs[at+1], value, found.text)
		}
	}
}

// fakePrometheus answers every query with the same results, and remembers what it was asked.
type fakePrometheus struct {
	*httptest.Server
	result string
	lock   sync.Mutex
	asked  []*http.Request
}

func startPrometheus(t *testing.T, result string) *fakePrometheus {
	t.Helper()
	fake := &fakePrometheus{result: result}
	fake.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		fake.lock.Lock()
		fake.asked = append(fake.asked, r)
		fake.lock.Unlock()
		switch {
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		case strings.HasSuffix(r.Form.Get("query"), "{"):
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"status":"error","errorType":"bad_data","error":"parse error: unexpected end of input"}`)
		default:
			fmt.Fprintf(w, `{"status":"success","data":%s}`, fake.result)
		}
	}))
	t.Cleanup(fake.Close)
	return fake
}

func (f *fakePrometheus) last() *http.Request {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.asked[len(f.asked)-1]
}

const oneSeries = `{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"values":[[60,"1"],[120,"NaN"],[180,"+Inf"]]}]}`

// addPrometheus makes a data source of the uid prom.
func (i *instance) addPrometheus(url, jsonData string) {
	i.Helper()
	i.call(200, "POST", "/api/datasources", fmt.Sprintf(
		`{"name":"Prometheus","uid":"prom","type":"prometheus","access":"proxy","url":%q,"jsonData":%s}`, url, jsonData))
}
