package clustertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// patience is how long a change may take at most where a test does not measure it.
const patience = 2 * time.Minute

// lab is a namespace with a hostname of its own, as a learner has them.
type lab struct {
	*testing.T
	namespace string
	host      string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	made := &lab{T: t, namespace: "ingress-test-" + hex.EncodeToString(random)}
	made.host = made.namespace + ".labs.localhost"
	made.apply("{apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE}}")
	t.Cleanup(func() {
		grace := int64(0)
		_ = cluster.Resource(kinds["Namespace"]).Delete(context.Background(), made.namespace, metav1.DeleteOptions{GracePeriodSeconds: &grace})
	})
	return made
}

// apply writes the objects of a manifest, in which NAMESPACE and HOST stand for the lab's.
func (l *lab) apply(manifest string) {
	l.Helper()
	if err := l.tryApply(manifest); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) tryApply(manifest string) error {
	manifest = strings.NewReplacer("NAMESPACE", l.namespace, "HOST", l.host).Replace(manifest)
	for _, document := range strings.Split("\n"+manifest, "\n---") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			return fmt.Errorf("%w in %s", err, document)
		}
		content, err := json.Marshal(object.Object)
		if err != nil {
			return err
		}
		namespace := object.GetNamespace()
		if namespace == "" && object.GetKind() != "Namespace" {
			namespace = l.namespace
		}
		force := true
		_, err = cluster.Resource(kinds[object.GetKind()]).Namespace(namespace).Patch(context.Background(), object.GetName(),
			types.ApplyPatchType, content, metav1.PatchOptions{FieldManager: "ingress-test", Force: &force})
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// mapping writes a Mapping of the lab's hostname; the fields are YAML of one line.
func (l *lab) mapping(name, fields string) {
	l.Helper()
	l.apply(fmt.Sprintf(`{apiVersion: getambassador.io/v3alpha1, kind: Mapping, metadata: {name: %s}, spec: {hostname: "HOST", %s}}`, name, fields))
}

func (l *lab) delete(kind, name string) {
	l.Helper()
	if err := cluster.Resource(kinds[kind]).Namespace(l.namespace).Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) get(kind, name string) map[string]any {
	l.Helper()
	object, err := cluster.Resource(kinds[kind]).Namespace(l.namespace).Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		l.Fatal(err)
	}
	return object.Object
}

// serve makes a Service whose pods are handlers of this process, each on a port of its own.
func (l *lab) serve(name string, handlers ...http.Handler) {
	l.Helper()
	l.apply(fmt.Sprintf(`{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{name: http, port: 80}]}}`, name))
	for at, handler := range handlers {
		listener, port := services.listen()
		server := &http.Server{Handler: handler}
		go server.Serve(listener)
		l.Cleanup(func() { server.Close() })
		l.apply(fmt.Sprintf(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %s-%d, labels: {kubernetes.io/service-name: %s}}
addressType: IPv4
endpoints: [{addresses: ["%s"], conditions: {ready: true}}]
ports: [{name: http, port: %d, protocol: TCP}]`, name, at, name, services.address, port))
	}
	if len(handlers) > 0 {
		l.awaitService(name)
	}
}

// awaitService waits until the node leads a Service's address to its pods.
func (l *lab) awaitService(name string) {
	l.Helper()
	address := text(l.get("Service", name), "spec", "clusterIP")
	l.await("the Service "+name, func() error {
		connection, err := net.DialTimeout("tcp", net.JoinHostPort(address, "80"), 5*time.Second)
		if err != nil {
			return err
		}
		return connection.Close()
	})
}

// answer is what came back.
type answer struct {
	status int
	body   string
	header http.Header
}

// client follows no redirects, and makes a connection for each request unless told otherwise.
var client = &http.Client{
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil},
}

type edit func(*http.Request)

func header(name, value string) edit {
	return func(request *http.Request) { request.Header.Set(name, value) }
}

func method(name string) edit { return func(request *http.Request) { request.Method = name } }

func host(name string) edit { return func(request *http.Request) { request.Host = name } }

// onPort goes to another port of the ingress than the one that its Service has: to the pod itself.
func onPort(t *testing.T, number int) edit {
	return func(request *http.Request) { request.URL.Host = fmt.Sprintf("%s:%d", pod(t), number) }
}

func (l *lab) try(path string, edits ...edit) (answer, error) {
	request, err := http.NewRequest(http.MethodGet, "http://"+gateway+path, nil)
	if err != nil {
		return answer{}, err
	}
	request.Host = l.host
	for _, change := range edits {
		change(request)
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return answer{status: response.StatusCode, header: response.Header}, nil
	}
	body, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, body: string(bytes.TrimSpace(body)), header: response.Header}, err
}

func (l *lab) request(path string, edits ...edit) answer {
	l.Helper()
	got, err := l.try(path, edits...)
	if err != nil {
		l.Fatal(err)
	}
	return got
}

// awaitStatus asks until the answer has the status.
func (l *lab) awaitStatus(status int, path string, edits ...edit) answer {
	l.Helper()
	var got answer
	l.await(fmt.Sprintf("%s answers %d", path, status), func() error {
		var err error
		if got, err = l.try(path, edits...); err == nil && got.status != status {
			err = fmt.Errorf("it answers %d %q", got.status, got.body)
		}
		return err
	})
	return got
}

func (l *lab) await(what string, condition func() error) {
	l.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			l.Fatalf("%s: not within %s: %v", what, patience, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// diagnostics reads the lines of the errors or notices that speak of an object, or of nothing in particular.
func (l *lab) diagnostics(kind string, keys ...string) (string, error) {
	var entries [][2]string
	if err := readJSON("/ambassador/v0/diag/?json=true&filter="+kind, &entries); err != nil {
		return "", err
	}
	var found []string
	for _, entry := range entries {
		for _, key := range keys {
			if entry[0] == key+"."+l.namespace+".1" || key == "" && entry[0] == "" {
				found = append(found, entry[1])
			}
		}
	}
	return strings.Join(found, "\n"), nil
}

func (l *lab) awaitDiagnostics(kind, key, want string) {
	l.Helper()
	l.await("diagnostics of "+key, func() error {
		found, err := l.diagnostics(kind, key)
		if err == nil && !strings.Contains(found, want) {
			err = fmt.Errorf("%q lacks %q", found, want)
		}
		return err
	})
}

func (l *lab) awaitState(name, state, reason string) {
	l.Helper()
	l.await("the state of "+name, func() error {
		object := l.get("Mapping", name)
		if got := text(object, "status", "state"); got != state {
			return fmt.Errorf("it is %q, %q", got, text(object, "status", "reason"))
		}
		if got := text(object, "status", "reason"); !strings.Contains(got, reason) {
			return fmt.Errorf("its reason is %q", got)
		}
		return nil
	})
}
