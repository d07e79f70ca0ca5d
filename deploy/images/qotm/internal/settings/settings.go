// Package settings reads what the environment says about a service, and refuses to start with what cannot be meant.
package settings

import (
	"fmt"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"seaworthy/deploy/images/qotm/internal/faults"
)

// Settings are what the environment says about one of the services.
type Settings struct {
	// Service is the name of the program that runs: front, qotm, authors, store or docs.
	Service string
	// Listen is the address to listen on: QOTM_LISTEN.
	Listen string
	// TLSListen is the address for TLS, where QOTM_TLS_SECRET is set: QOTM_TLS_LISTEN.
	TLSListen string
	// TLSSecret is what the authority of the services' certificates is derived from: QOTM_TLS_SECRET.
	TLSSecret string
	// Server is the name in every answer: QOTM_SERVER, by default the host's name, which in a pod is the pod's.
	Server string
	// Version is in every answer, in its header X-Version and in the metrics: QOTM_VERSION.
	Version string
	// Namespace is added to the names in certificates: QOTM_NAMESPACE.
	Namespace string
	// DrainDelay is how long the server still answers after the signal to stop: QOTM_DRAIN_DELAY_MS.
	DrainDelay time.Duration
	// StartDelay is how long the program takes before it listens: QOTM_START_DELAY_MS.
	StartDelay time.Duration
	// UpstreamTimeout is how long a request to another service may take: QOTM_UPSTREAM_TIMEOUT_MS.
	UpstreamTimeout time.Duration
	// LogProbes also logs probes and scrapes that went well: QOTM_LOG_PROBES.
	LogProbes bool
	// Upstreams are the addresses of the services that this one asks, by their names: QOTM_URL, AUTHORS_URL, STORE_URL.
	Upstreams map[string]*url.URL
	// StoreFile is where the store keeps its quotes; without one it keeps them in memory: STORE_FILE.
	StoreFile string
	// DocsFolder is where the pages of docs are: DOCS_FOLDER, /docs unless set.
	DocsFolder string
	// Fault is the fault to start with: QOTM_ERROR_RATE and its like.
	Fault faults.Fault
}

// addresses are the variables that name the upstreams of each service.
var addresses = map[string]map[string]string{
	"front":   {"qotm": "QOTM_URL"},
	"qotm":    {"authors": "AUTHORS_URL", "store": "STORE_URL"},
	"authors": {},
	"store":   {},
	"docs":    {},
}

// Services are the names of the programs.
func Services() []string {
	names := make([]string, 0, len(addresses))
	for name := range addresses {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// reader reads variables and keeps the first mistake.
type reader struct {
	environment func(string) string
	err         error
}

// Read gives the settings of a service.
func Read(service string, environment func(string) string) (Settings, error) {
	if addresses[service] == nil {
		return Settings{}, fmt.Errorf("there is no service %q, only %s", service, strings.Join(Services(), ", "))
	}
	host, unnamed := os.Hostname()
	if unnamed != nil {
		host = service
	}
	from := &reader{environment: environment}
	read := Settings{
		Service:    service,
		Listen:     from.text("QOTM_LISTEN", ":8080"),
		TLSListen:  from.text("QOTM_TLS_LISTEN", ":8443"),
		TLSSecret:  from.text("QOTM_TLS_SECRET", ""),
		Server:     from.text("QOTM_SERVER", host),
		Version:    from.text("QOTM_VERSION", "1"),
		Namespace:  from.text("QOTM_NAMESPACE", ""),
		StoreFile:  from.text("STORE_FILE", ""),
		DocsFolder: from.text("DOCS_FOLDER", "/docs"),
		Fault:      faults.None,
	}
	read.DrainDelay = from.milliseconds("QOTM_DRAIN_DELAY_MS", 500*time.Millisecond)
	read.StartDelay = from.milliseconds("QOTM_START_DELAY_MS", 0)
	read.UpstreamTimeout = from.milliseconds("QOTM_UPSTREAM_TIMEOUT_MS", time.Second)
	parse(from, "QOTM_LOG_PROBES", &read.LogProbes, strconv.ParseBool)
	read.Upstreams = from.upstreams(service)
	from.fault(&read.Fault)
	if from.err == nil && read.UpstreamTimeout == 0 {
		from.err = fmt.Errorf("QOTM_UPSTREAM_TIMEOUT_MS must be above 0")
	}
	if from.err == nil {
		from.err = read.Fault.Validate(read.FaultLimits())
	}
	return read, from.err
}

// FaultLimits say which faults this service can have.
func (s Settings) FaultLimits() faults.Limits {
	limits := faults.Limits{Service: s.Service, TLS: s.TLSSecret != ""}
	for name := range s.Upstreams {
		limits.Upstreams = append(limits.Upstreams, name)
	}
	sort.Strings(limits.Upstreams)
	return limits
}

func (r *reader) text(name, without string) string {
	if value := r.environment(name); value != "" {
		return value
	}
	return without
}

func (r *reader) milliseconds(name string, without time.Duration) time.Duration {
	value := without.Milliseconds()
	parse(r, name, &value, parseCount)
	return time.Duration(value) * time.Millisecond
}

// upstreams refuses an address that no request could be sent to. One that leads nowhere shows when it is asked.
func (r *reader) upstreams(service string) map[string]*url.URL {
	read := map[string]*url.URL{}
	for name, variable := range addresses[service] {
		text := r.environment(variable)
		if text == "" {
			continue
		}
		address, err := url.Parse(text)
		if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
			r.fail("%s=%q is not an address such as http://%s", variable, text, name)
			continue
		}
		read[name] = address
	}
	return read
}

func (r *reader) fault(fault *faults.Fault) {
	parse(r, "QOTM_ERROR_RATE", &fault.ErrorRate, func(text string) (float64, error) { return strconv.ParseFloat(text, 64) })
	parse(r, "QOTM_LATENCY_MS", &fault.LatencyMilliseconds, parseInteger)
	parse(r, "QOTM_JITTER_MS", &fault.JitterMilliseconds, parseInteger)
	parse(r, "QOTM_READY", &fault.Ready, strconv.ParseBool)
	parse(r, "QOTM_MEMORY_MB", &fault.MemoryMiB, parseInteger)
	parse(r, "QOTM_LEAK_KB", &fault.LeakKiB, parseInteger)
	fault.Down = r.text("QOTM_DOWN", "")
	fault.Hang = r.text("QOTM_HANG", "")
	fault.Certificate = r.text("QOTM_CERTIFICATE", "")
}

func (r *reader) fail(format string, arguments ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, arguments...)
	}
}

// parse fills the target from a variable that is set.
func parse[T any](from *reader, name string, target *T, read func(string) (T, error)) {
	text := from.environment(name)
	if text == "" {
		return
	}
	value, err := read(text)
	if err != nil {
		from.fail("%s=%q is not a value it can have", name, text)
		return
	}
	*target = value
}

func parseInteger(text string) (int64, error) { return strconv.ParseInt(text, 10, 32) }

func parseCount(text string) (int64, error) {
	value, err := strconv.ParseUint(text, 10, 31)
	return int64(value), err
}
