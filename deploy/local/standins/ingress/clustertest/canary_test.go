package clustertest

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// slack is for Mappings that many requests at once go through: none may fail, and the default of 3 s is short on a busy machine.
const slack = ", timeout_ms: 30000, connect_timeout_ms: 30000"

// count asks n times over a few connections, and counts who answered and with which statuses.
func (l *lab) count(n int, path string) (served map[string]int, statuses map[int]int) {
	l.Helper()
	served, statuses = map[string]int{}, map[int]int{}
	var mutex sync.Mutex
	var left atomic.Int64
	left.Store(int64(n))
	kept := &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer kept.CloseIdleConnections()
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				request, _ := http.NewRequest(http.MethodGet, "http://"+gateway+path, nil)
				request.Host = l.host
				response, err := kept.Do(request)
				if err != nil {
					l.Error(err)
					return
				}
				response.Body.Close()
				mutex.Lock()
				served[response.Header.Get("X-Served-By")]++
				statuses[response.StatusCode]++
				mutex.Unlock()
			}
		})
	}
	workers.Wait()
	return served, statuses
}

// The documentation of canaries: the weight is the share in per cent, and those without one have the rest.
func TestACanaryGetsItsShare(t *testing.T) {
	lab := newLab(t)
	lab.serve("main", &echo{name: "main"})
	lab.serve("canary", &echo{name: "canary"})
	lab.mapping("main", "prefix: /, service: main"+slack)
	lab.awaitServer("main", "/")
	for _, weight := range []struct {
		fields string
		share  float64
	}{{"weight: 10", 0.1}, {"weight: 50", 0.5}, {"weight: 0", 0}, {"weight: 100", 1}} {
		lab.mapping("canary", "prefix: /, service: canary, "+weight.fields+slack)
		lab.settle()
		const n = 3000
		served, statuses := lab.count(n, "/")
		within(t, weight.fields, served["canary"], n, weight.share)
		if statuses[200] != n {
			t.Errorf("%s: %v", weight.fields, statuses)
		}
	}
}

// settle waits until the configuration in force includes every change made before.
func (l *lab) settle() {
	l.Helper()
	want := fmt.Sprintf("s%d.example", time.Now().UnixNano())
	l.apply(`{apiVersion: getambassador.io/v3alpha1, kind: Mapping, metadata: {name: settled},
		spec: {hostname: "settled.HOST", prefix: /, host_redirect: true, service: ` + want + `}}`)
	l.await("the changes are in force", func() error {
		got, err := l.try("/", host("settled."+l.host))
		if err == nil && got.header.Get("Location") != "http://"+want+"/" {
			err = errorf("not yet: %q", got.header.Get("Location"))
		}
		return err
	})
}

// Emissary does not scale weights: what is missing to 100 falls through, and what is above is an error and still served.
func TestWeightsAreNotScaled(t *testing.T) {
	lab := newLab(t)
	lab.serve("a", &echo{name: "a"})
	lab.serve("b", &echo{name: "b"})
	lab.mapping("a", "prefix: /, service: a, weight: 30"+slack)
	lab.mapping("b", "prefix: /, service: b, weight: 30"+slack)
	lab.settle()
	const n = 3000
	served, statuses := lab.count(n, "/")
	within(t, "30 of 30+30", served["a"], n, 0.3)
	within(t, "nobody's of 30+30", statuses[404], n, 0.4)
	lab.mapping("a", "prefix: /, service: a, weight: 60"+slack)
	lab.mapping("b", "prefix: /, service: b, weight: 60"+slack)
	lab.awaitDiagnostics("errors", "a", "Total weight of mappings exceeds 100")
	lab.awaitDiagnostics("errors", "a", "Could not normalize mapping weights, ignoring")
	lab.settle()
	served, statuses = lab.count(n, "/")
	within(t, "60 of 60+60", served["a"], n, 0.6)
	if statuses[200] != n {
		t.Errorf("60+60: %v", statuses)
	}
}

// The namespace is no part of a group: a Mapping of another namespace with the same hostname and prefix takes half.
func TestAnotherNamespaceSharesTheSameHostname(t *testing.T) {
	lab, other := newLab(t), newLab(t)
	lab.serve("mine", &echo{name: "mine"})
	other.serve("theirs", &echo{name: "theirs"})
	lab.mapping("mine", "prefix: /, service: mine"+slack)
	lab.awaitServer("mine", "/")
	other.apply(`{apiVersion: getambassador.io/v3alpha1, kind: Mapping, metadata: {name: theirs}, spec: {hostname: "` + lab.host + `", prefix: /, service: theirs` + slack + `}}`)
	lab.settle()
	lab.settle()
	const n = 2000
	served, _ := lab.count(n, "/")
	within(t, "the other namespace's", served["theirs"], n, 0.5)
}

// A canary is moved step by step, and the old Mapping deleted, while clients keep asking: none of them may notice.
func TestACanaryIsMovedWithoutAFailedRequest(t *testing.T) {
	lab := newLab(t)
	lab.serve("main", &echo{name: "main"})
	lab.serve("canary", &echo{name: "canary"})
	lab.mapping("main", "prefix: /, service: main"+slack)
	lab.awaitServer("main", "/")
	load := lab.load("/")
	for _, weight := range []string{"10", "50", "100"} {
		lab.mapping("canary", "prefix: /, service: canary, weight: "+weight+slack)
		lab.settle()
		time.Sleep(300 * time.Millisecond)
	}
	lab.delete("Mapping", "main")
	lab.delete("Service", "main")
	lab.awaitServer("canary", "/")
	time.Sleep(500 * time.Millisecond)
	load.expectNoFailure()
}

// load is clients that keep asking.
type load struct {
	lab     *lab
	stop    func()
	done    sync.WaitGroup
	asked   atomic.Int64
	failure atomic.Pointer[string]
}

func (l *lab) load(path string) *load {
	stopped := make(chan struct{})
	made := &load{lab: l, stop: sync.OnceFunc(func() { close(stopped) })}
	l.Cleanup(made.stop)
	for worker := range 8 {
		made.done.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				// Half of the clients keep their connections.
				asking := client
				if worker%2 == 0 {
					asking = keeping
				}
				request, _ := http.NewRequest(http.MethodGet, "http://"+gateway+path, nil)
				request.Host = l.host
				response, err := asking.Do(request)
				made.asked.Add(1)
				text := ""
				if err != nil {
					text = err.Error()
				} else if response.Body.Close(); response.StatusCode != 200 {
					text = response.Status
				}
				if text != "" {
					made.failure.CompareAndSwap(nil, &text)
				}
			}
		})
	}
	return made
}

var keeping = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}

func (l *load) expectNoFailure() {
	l.lab.Helper()
	l.stop()
	l.done.Wait()
	l.lab.Logf("%d requests", l.asked.Load())
	if failure := l.failure.Load(); failure != nil || l.asked.Load() < 100 {
		text := "none"
		if failure != nil {
			text = *failure
		}
		l.lab.Errorf("of %d requests one failed: %s", l.asked.Load(), text)
	}
}
