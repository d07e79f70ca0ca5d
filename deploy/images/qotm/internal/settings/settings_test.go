package settings

import (
	"strings"
	"testing"
	"time"

	"seaworthy/deploy/images/qotm/internal/faults"
)

func from(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	read, err := Read("qotm", from(map[string]string{
		"QOTM_SERVER": "blue", "QOTM_VERSION": "2", "QOTM_ERROR_RATE": "0.1", "QOTM_LATENCY_MS": "20", "QOTM_JITTER_MS": "5",
		"QOTM_READY": "false", "QOTM_MEMORY_MB": "8", "QOTM_LEAK_KB": "1", "QOTM_DOWN": "authors", "QOTM_HANG": "store",
		"AUTHORS_URL": "https://authors", "STORE_URL": "http://store:80", "QOTM_START_DELAY_MS": "1500",
	}))
	expected := faults.Fault{
		ErrorRate: 0.1, LatencyMilliseconds: 20, JitterMilliseconds: 5, MemoryMiB: 8, LeakKiB: 1, Down: "authors", Hang: "store",
	}
	if err != nil || read.Server != "blue" || read.Version != "2" || read.Fault != expected || read.StartDelay != 1500*time.Millisecond {
		t.Errorf("got %+v, %v", read, err)
	}
	if read.Upstreams["authors"].Host != "authors" || read.Upstreams["store"].Host != "store:80" {
		t.Errorf("got %v", read.Upstreams)
	}
}

func TestAWrongSettingIsNamed(t *testing.T) {
	for name, value := range map[string]string{
		"QOTM_ERROR_RATE": "often", "QOTM_LATENCY_MS": "-3", "QOTM_READY": "perhaps", "QOTM_DRAIN_DELAY_MS": "-1",
		"QOTM_START_DELAY_MS": "soon", "STORE_URL": "store", "AUTHORS_URL": "ftp://authors", "QOTM_UPSTREAM_TIMEOUT_MS": "0",
	} {
		_, err := Read("qotm", from(map[string]string{name: value}))
		wanted := name
		if name == "QOTM_LATENCY_MS" {
			wanted = "latency_ms"
		}
		if err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestAFaultNeedsAnUpstreamThatTheServiceAsks(t *testing.T) {
	if _, err := Read("store", from(map[string]string{"QOTM_DOWN": "authors"})); err == nil || !strings.Contains(err.Error(), "asks no other") {
		t.Errorf("got %v", err)
	}
	if _, err := Read("qotm", from(map[string]string{"QOTM_DOWN": "store"})); err == nil {
		t.Error("qotm without STORE_URL asks no store")
	}
}

func TestThereAreFiveServices(t *testing.T) {
	if got := strings.Join(Services(), " "); got != "authors docs front qotm store" {
		t.Errorf("got %s", got)
	}
	if _, err := Read("moon", from(nil)); err == nil {
		t.Error("a service that does not exist was taken")
	}
}
