// Package upstream asks another service, with a timeout, a trace, metrics, and the faults that stand between the two.
package upstream

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seaworthy/deploy/images/qotm/internal/faults"
)

// maxAnswerBytes is far above the size of any answer of these services.
const maxAnswerBytes = 1 << 20

// Client asks one upstream.
type Client struct {
	Name    string
	Address *url.URL
	http    *http.Client
	timeout time.Duration
	metrics *Metrics
}

// Settings are what all clients of a service share.
type Settings struct {
	Timeout time.Duration
	// Transport opens the connections.
	Transport http.RoundTripper
	// Trace wraps the transport, for the upstream of that name.
	Trace   func(next http.RoundTripper, upstream string) http.RoundTripper
	Metrics *Metrics
	Fault   *faults.State
}

// Metrics count what upstreams answered.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers them.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "upstream_requests_total",
			Help: "Requests to other services, by status or by what kept them from one: refused, timeout, name, certificate, other.",
		}, []string{"upstream", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "upstream_request_duration_seconds", Help: "Time that requests to other services took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"upstream"}),
	}
	registry.MustRegister(m.requests, m.duration)
	return m
}

// New makes the client of an upstream.
func New(name string, address *url.URL, settings Settings) *Client {
	faulty := &faultTransport{upstream: name, state: settings.Fault, next: settings.Transport}
	return &Client{
		Name: name, Address: address, timeout: settings.Timeout, metrics: settings.Metrics,
		http: &http.Client{Transport: settings.Trace(faulty, name)},
	}
}

// StatusError is an answer that is not a success.
type StatusError struct {
	Upstream string
	Status   int
	Message  string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answered %d: %s", e.Upstream, e.Status, e.Message)
}

// Get asks for a path and reads the answer's JSON.
func (c *Client) Get(ctx context.Context, path string, answer any) error {
	return c.Do(ctx, http.MethodGet, path, nil, answer)
}

// Do sends a request, with JSON where there is a body, and reads the answer's JSON.
func (c *Client) Do(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Address.JoinPath(path).String(), content)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	result, err := c.send(request, answer)
	c.metrics.requests.WithLabelValues(c.Name, result).Inc()
	c.metrics.duration.WithLabelValues(c.Name).Observe(time.Since(began).Seconds())
	return err
}

func (c *Client) send(request *http.Request, answer any) (string, error) {
	received, err := c.http.Do(request)
	if err != nil {
		return failure(err), fmt.Errorf("%s: %w", c.Name, err)
	}
	defer received.Body.Close()
	result := strconv.Itoa(received.StatusCode)
	content, err := io.ReadAll(io.LimitReader(received.Body, maxAnswerBytes))
	if err != nil {
		return failure(err), fmt.Errorf("%s: %w", c.Name, err)
	}
	if received.StatusCode/100 != 2 {
		told := struct{ Error string }{}
		if json.Unmarshal(content, &told) != nil || told.Error == "" {
			told.Error = http.StatusText(received.StatusCode)
		}
		return result, &StatusError{Upstream: c.Name, Status: received.StatusCode, Message: told.Error}
	}
	if answer == nil {
		return result, nil
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return "other", fmt.Errorf("%s answered something else than expected: %w", c.Name, err)
	}
	return result, nil
}

// failure names in one word why there was no answer.
func failure(err error) string {
	var name *net.DNSError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	var timeout net.Error
	switch {
	case errors.As(err, &name) && !name.IsTimeout:
		return "name"
	case errors.As(err, &invalid), errors.As(err, &unknown), errors.As(err, &wrongName):
		return "certificate"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	default:
		return "other"
	}
}

// GatewayStatus is the status with which a service answers when an upstream failed it.
func GatewayStatus(err error) int {
	if failure(err) == "timeout" {
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// faultTransport fails requests as a network does whose far end refuses or is silent.
type faultTransport struct {
	upstream string
	state    *faults.State
	next     http.RoundTripper
}

func (t *faultTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	fault := t.state.Get()
	switch t.upstream {
	case fault.Down:
		return nil, &net.OpError{
			Op: "dial", Net: "tcp", Addr: dialedAddress(request.URL),
			Err: &faultError{syscall.ECONNREFUSED},
		}
	case fault.Hang:
		<-request.Context().Done()
		return nil, request.Context().Err()
	default:
		return t.next.RoundTrip(request)
	}
}

type faultError struct{ error }

func (e *faultError) Error() string { return "connect: " + e.error.Error() }

func (e *faultError) Unwrap() error { return e.error }

// hostAddress is an address as it is dialled.
type hostAddress string

func dialedAddress(address *url.URL) hostAddress {
	port := address.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[address.Scheme]
	}
	return hostAddress(net.JoinHostPort(address.Hostname(), port))
}

func (hostAddress) Network() string { return "tcp" }

func (a hostAddress) String() string { return string(a) }
