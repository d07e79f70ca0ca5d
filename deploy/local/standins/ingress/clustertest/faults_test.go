package clustertest

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// failing answers 500 for so many requests, and then works.
type failing struct {
	left, count atomic.Int64
}

func (f *failing) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	f.count.Add(1)
	if f.left.Add(-1) >= 0 {
		w.WriteHeader(500)
	}
}

// slow answers after a while.
type slow struct {
	delay atomic.Int64
	count atomic.Int64
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count.Add(1)
	select {
	case <-time.After(time.Duration(s.delay.Load())):
	case <-r.Context().Done():
	}
}

// The documentation of retries: one attempt and num_retries more, while it fails.
func TestFailedRequestsAreTriedAgain(t *testing.T) {
	lab := newLab(t)
	service := &failing{}
	lab.serve("qotm", service)
	lab.mapping("qotm", "prefix: /, service: qotm, retry_policy: {retry_on: 5xx, num_retries: 2}"+slack)
	lab.awaitStatus(200, "/")
	service.count.Store(0)
	service.left.Store(2)
	if got := lab.request("/"); got.status != 200 || service.count.Load() != 3 {
		t.Errorf("failing twice: %d after %d attempts", got.status, service.count.Load())
	}
	service.count.Store(0)
	service.left.Store(1000)
	if got := lab.request("/"); got.status != 500 || service.count.Load() != 3 {
		t.Errorf("failing always: %d after %d attempts", got.status, service.count.Load())
	}
}

// The documentation of timeouts: 3 s unless said otherwise, answered with 504; only per_try_timeout lets slowness be retried.
func TestSlowRequestsTimeOut(t *testing.T) {
	lab := newLab(t)
	service := &slow{}
	lab.serve("qotm", service)
	lab.mapping("default", "prefix: /default/, service: qotm, retry_policy: {retry_on: 5xx, num_retries: 3}")
	lab.mapping("short", "prefix: /short/, service: qotm, timeout_ms: 1500")
	lab.mapping("tries", `prefix: /tries/, service: qotm, timeout_ms: 14000, retry_policy: {retry_on: 5xx, num_retries: 3, per_try_timeout: "1.5s"}`)
	for _, path := range []string{"/default/", "/short/", "/tries/"} {
		lab.awaitStatus(200, path)
	}
	service.delay.Store(int64(15 * time.Second))
	for path, expected := range map[string]struct {
		attempts int64
		after    time.Duration
	}{"/default/": {1, 3 * time.Second}, "/short/": {1, 1500 * time.Millisecond}, "/tries/": {4, 6 * time.Second}} {
		service.count.Store(0)
		began := time.Now()
		got := lab.request(path)
		// Envoy counts from when its loop last read the clock.
		if got.status != 504 || service.count.Load() != expected.attempts || time.Since(began) < expected.after-20*time.Millisecond {
			t.Errorf("%s: %d %q after %d attempts and %s", path, got.status, got.body, service.count.Load(), time.Since(began))
		}
		if path != "/tries/" && got.body != "upstream request timeout" {
			t.Errorf("%s: %q", path, got.body)
		}
	}
}

// The documentation of circuit breakers: what is over the limits is refused at once, and says why.
func TestACircuitBreakerRefusesWhatIsTooMuch(t *testing.T) {
	lab := newLab(t)
	var held atomic.Bool
	release := make(chan struct{})
	lab.serve("qotm", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if held.Load() {
			<-release
		}
	}))
	lab.mapping("qotm", "prefix: /, service: qotm, timeout_ms: 120000, stats_name: NAMESPACE, circuit_breakers: [{max_connections: 1, max_pending_requests: 1}]")
	lab.awaitStatus(200, "/")
	held.Store(true)
	var refused, served atomic.Int64
	var clients sync.WaitGroup
	for range 6 {
		clients.Go(func() {
			switch got, err := lab.try("/"); {
			case err != nil:
				t.Error(err)
			case got.status == 200:
				served.Add(1)
			case got.status == 503 && got.header.Get("X-Envoy-Overloaded") == "true" && strings.Contains(got.body, "overflow"):
				refused.Add(1)
			default:
				t.Errorf("%d %q %v", got.status, got.body, got.header)
			}
		})
	}
	// One is with the service and one waits for it until the others have been refused.
	for began := time.Now(); refused.Load() < 4 && time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
	}
	close(release)
	clients.Wait()
	if served.Load() != 2 || refused.Load() != 4 {
		t.Errorf("%d were served and %d refused", served.Load(), refused.Load())
	}
	lab.await("the metric", func() error {
		if got := metric(t, "envoy_cluster_upstream_rq_pending_overflow", `envoy_cluster_name="`+lab.namespace+`"`); got != 4 {
			return errorf("it counts %v", got)
		}
		return nil
	})
}

// What a learner sees of a service that is not there: no address, no pod, or nobody who listens.
func TestAMissingServiceAnswers503(t *testing.T) {
	lab := newLab(t)
	lab.serve("empty")
	lab.mapping("misspelt", "prefix: /misspelt/, service: qotn")
	lab.mapping("service", "prefix: /service/, service: empty")
	lab.mapping("endpoint", "prefix: /endpoint/, service: empty, resolver: endpoint")
	lab.mapping("port", `prefix: /port/, service: "empty:81", resolver: endpoint`)
	for path, body := range map[string]string{
		"/misspelt/": "no healthy upstream",
		"/service/":  "upstream connect error or disconnect/reset before headers",
		"/endpoint/": "no healthy upstream",
		"/port/":     "no healthy upstream",
	} {
		lab.await(path+" answers 503", func() error {
			got, err := lab.try(path)
			if err == nil && (got.status != 503 || !strings.HasPrefix(got.body, body)) {
				err = errorf("%d %q", got.status, got.body)
			}
			return err
		})
	}
	lab.awaitDiagnostics("errors", "port", "matches no endpoints from Kubernetes")
	lab.awaitState("port", "Running", "matches no endpoints")
	lab.serve("qotn", &echo{name: "qotn"})
	lab.awaitServer("qotn", "/misspelt/")
}

// The documentation of websockets: an upgrade is refused unless the Mapping allows it.
func TestUpgradesAreRefusedUnlessAllowed(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusSwitchingProtocols)
	}))
	upgrade := []edit{header("Connection", "Upgrade"), header("Upgrade", "websocket")}
	lab.mapping("qotm", "prefix: /, service: qotm")
	lab.awaitStatus(403, "/", upgrade...)
	lab.mapping("qotm", "prefix: /, service: qotm, allow_upgrade: [websocket]")
	lab.awaitStatus(101, "/", upgrade...)
}
