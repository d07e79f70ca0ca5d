package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// proxyPort is the only one that is scraped by way of the gateway.
	proxyPort = "4191"
	// maxLine is longer than any line of a proxy, whose labels are names of Kubernetes objects.
	maxLine = 16 << 10
	// maxScrape is far above what a proxy answers.
	maxScrape = 16 << 20
	textType  = "text/plain; version=0.0.4; charset=utf-8"
)

// scraper is the HTTP proxy through which Prometheus asks the proxies of the mesh. It leaves out the series for which their
// namespace has no room; those that are known go on.
type scraper struct {
	budget *budget
	client *http.Client
	mutex  sync.Mutex
	// told holds when it was last logged of a namespace that series are left out.
	told map[string]time.Time
}

func newScraper(budget *budget) *scraper {
	return &scraper{budget: budget, told: map[string]time.Time{}, client: &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{Proxy: nil, DisableCompression: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second},
		// An answer from elsewhere would count as the numbers of whoever sent it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ServeHTTP answers Prometheus, which says in the address's query whose the target is.
func (s *scraper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	namespace := r.URL.Query().Get("namespace")
	if host, port, err := net.SplitHostPort(r.URL.Host); err != nil || net.ParseIP(host) == nil || port != proxyPort || namespace == "" || r.Method != http.MethodGet {
		http.Error(w, "only GET http://ADDRESS:"+proxyPort+"/..?namespace=.. is passed on", http.StatusForbidden)
		return
	}
	target := url.URL{Scheme: "http", Host: r.URL.Host, Path: r.URL.Path}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, target.String(), nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request.Header.Set("Accept", "text/plain;version=0.0.4")
	answer, err := s.client.Do(request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	w.Header().Set("Content-Type", textType)
	w.WriteHeader(answer.StatusCode)
	if answer.StatusCode != http.StatusOK {
		return
	}
	left, err := s.pass(w, answer.Body, namespace, r.URL.Host)
	if left > 0 {
		s.tell(namespace, left)
	}
	if err != nil {
		slog.Debug("scrape cut short", "target", r.URL.Host, "error", err)
		// Without its end the answer counts as none.
		panic(http.ErrAbortHandler)
	}
}

// pass copies the lines of series that have room, and counts the others.
func (s *scraper) pass(out io.Writer, body io.Reader, namespace, target string) (left int, err error) {
	limited := &io.LimitedReader{R: body, N: maxScrape}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	buffered := bufio.NewWriter(out)
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) > 0 && line[0] != '#' && !s.budget.admits(namespace, target, seriesOf(line)) {
			left++
			continue
		}
		_, _ = buffered.Write(line)
		_ = buffered.WriteByte('\n')
	}
	if limited.N == 0 {
		return left, fmt.Errorf("the answer is longer than %d bytes", maxScrape)
	}
	return left, errors.Join(lines.Err(), buffered.Flush())
}

// seriesOf is the line without its value: a name, and labels, whose values may hold any sign.
func seriesOf(line []byte) []byte {
	open := bytes.IndexByte(line, '{')
	if blank := bytes.IndexAny(line, " \t"); open < 0 || (blank >= 0 && blank < open && len(bytes.TrimLeft(line[blank:open], " \t")) > 0) {
		return line[:max(blank, 0)]
	}
	isQuoted := false
	for at := open; at < len(line); at++ {
		switch {
		case isQuoted && line[at] == '\\':
			at++
		case line[at] == '"':
			isQuoted = !isQuoted
		case !isQuoted && line[at] == '}':
			return line[:at]
		}
	}
	return line
}

// tell logs at most once a minute of a namespace.
func (s *scraper) tell(namespace string, left int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if now := s.budget.now(); now.Sub(s.told[namespace]) > time.Minute {
		if len(s.told) > 1000 {
			clear(s.told)
		}
		s.told[namespace] = now
		slog.Warn("series left out", "namespace", namespace, "series", left, "limit", s.budget.perNamespace)
	}
}
