// Package prometheus asks a Prometheus server, and answers as Grafana's data source of that type does.
package prometheus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// maxAnswer bounds what is read of one answer.
	maxAnswer = 16 << 20
	// maxRunning bounds how many answers are in memory at the same time.
	maxRunning = 4
)

var running = make(chan struct{}, maxRunning)

// Server says how one Prometheus is reached.
type Server struct {
	URL            string
	Method         string
	ScrapeInterval string
	Timeout        string
}

// Transport is what reaches every server: never through a proxy.
var Transport = newTransport()

func newTransport() *http.Transport {
	base, _ := http.DefaultTransport.(*http.Transport)
	transport := base.Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 8
	return transport
}

// Address is that of a path below the server's own, with those of a request.
func (s *Server) Address(path string, parameters url.Values) (*url.URL, error) {
	if s.URL == "" {
		return nil, errors.New("the data source has no URL")
	}
	base, err := url.Parse(s.URL)
	if err != nil {
		return nil, err
	}
	if base.Path == "" {
		base.Path = "/"
	}
	address := base.JoinPath(path)
	all := base.Query()
	maps.Copy(all, parameters)
	address.RawQuery = all.Encode()
	return address, nil
}

// answer is Prometheus' envelope, with the HTTP status that it came with.
type answer struct {
	HTTPStatus int    `json:"-"`
	Status     string `json:"status"`
	Data       struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
	ErrorType string   `json:"errorType"`
	Error     string   `json:"error"`
	Warnings  []string `json:"warnings"`
	Infos     []string `json:"infos"`
}

// ask sends one request of the API and reads its envelope.
func (s *Server) ask(ctx context.Context, method, path string, form url.Values) (*answer, error) {
	parameters, body := form, ""
	if method == http.MethodPost {
		parameters, body = nil, form.Encode()
	}
	address, err := s.Address(path, parameters)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, address.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	// A redirect could lead anywhere.
	client := &http.Client{Transport: Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return readAnswer(response)
}

func readAnswer(response *http.Response) (*answer, error) {
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxAnswer {
		return nil, fmt.Errorf("the answer of Prometheus is larger than %d MiB: ask for fewer series or points", maxAnswer>>20)
	}
	switch code := response.StatusCode; {
	case code/100 == 2, code == http.StatusBadRequest, code == http.StatusUnprocessableEntity, code == http.StatusServiceUnavailable:
	default:
		return nil, fmt.Errorf("unexpected response with status code %d: %.1024s", code, content)
	}
	read := &answer{HTTPStatus: response.StatusCode}
	if err := json.Unmarshal(content, read); err != nil || read.Status == "" {
		return nil, fmt.Errorf("unexpected response with status code %d, not of Prometheus' API: %.200s", response.StatusCode, content)
	}
	return read, nil
}

// Health asks for 1+1, as the real one does: it works on an empty server too. An empty text means that all is well.
func (s *Server) Health(ctx context.Context) string {
	const failed = " - There was an error returned querying the Prometheus API."
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	form := url.Values{"query": {"1+1"}, "time": {"4"}}
	read, err := s.ask(ctx, s.Method, "api/v1/query", form)
	if err != nil {
		return err.Error() + failed
	}
	if read.Status != "success" {
		return read.ErrorType + ": " + read.Error + failed
	}
	return ""
}
