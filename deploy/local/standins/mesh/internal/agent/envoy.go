package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/metrics"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

const (
	bootstrapFile = proxyapi.Folder + "/bootstrap.json"
	adminSocket   = proxyapi.Folder + "/admin.sock"
	// discoverySocket is where the proxy answers Envoy.
	discoverySocket = proxyapi.Folder + "/discovery.sock"
	// maxLine is longer than any line of the access log, in which a path may take 60 KiB.
	maxLine = 1 << 20
)

// writeFiles writes the trust anchors and the bootstrap, which leaves everything to what the control plane says. Envoy's own
// statistics are off: what is shown is counted from the access log.
func writeFiles(settings Settings) error {
	pipe := func(path string) map[string]any { return map[string]any{"pipe": map[string]any{"path": path}} }
	content, err := json.Marshal(map[string]any{
		"node":  map[string]any{"id": settings.Namespace + "/" + settings.Pod, "cluster": "linkerd-proxy"},
		"admin": map[string]any{"address": pipe(adminSocket)},
		"static_resources": map[string]any{"clusters": []any{map[string]any{
			"name": proxyapi.DiscoveryCluster, "type": "STATIC", "connect_timeout": "1s",
			"load_assignment": map[string]any{"cluster_name": proxyapi.DiscoveryCluster, "endpoints": []any{map[string]any{
				"lb_endpoints": []any{map[string]any{"endpoint": map[string]any{"address": pipe(discoverySocket)}}},
			}}},
			"typed_extension_protocol_options": map[string]any{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map[string]any{
				"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
				"explicit_http_config": map[string]any{"http2_protocol_options": map[string]any{}},
			}},
			"circuit_breakers": map[string]any{"thresholds": []any{map[string]any{"max_requests": 100000, "max_pending_requests": 100000}}},
		}}},
		"dynamic_resources": map[string]any{"lds_config": proxyapi.Source(), "cds_config": proxyapi.Source()},
		"stats_config":      map[string]any{"stats_matcher": map[string]any{"reject_all": true}},
	})
	if err != nil {
		return err
	}
	if err := os.Mkdir(proxyapi.Folder, 0o700); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(proxyapi.AnchorsFile, []byte(settings.Anchors), 0o600), os.WriteFile(bootstrapFile, content, 0o600))
}

// runEnvoy runs Envoy until it ends by itself or the context does, and counts what it reports.
func runEnvoy(ctx context.Context, traffic *metrics.Traffic) error {
	command := exec.CommandContext(ctx, "/usr/local/bin/envoy", "-c", bootstrapFile,
		"--concurrency", "1", "--disable-hot-restart", "--log-level", "warn", "--file-flush-interval-msec", "100",
		"--drain-time-s", "5", "--drain-strategy", "immediate")
	command.Stderr = os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 10 * time.Second
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	slog.Info("envoy started", "process", command.Process.Pid)
	if err := countLines(output, traffic); err != nil {
		slog.Error("access log not read", "error", err)
	}
	if err := command.Wait(); ctx.Err() == nil {
		return fmt.Errorf("envoy ended: %w", err)
	}
	return nil
}

func countLines(output io.Reader, traffic *metrics.Traffic) error {
	lines := bufio.NewScanner(output)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		line := proxyapi.Line{}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			slog.Warn("access log line not understood", "line", lines.Text(), "error", err)
			continue
		}
		traffic.Count(line)
	}
	return lines.Err()
}

// envoyAdmin asks Envoy at its own admin socket.
var envoyAdmin = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", adminSocket)
	},
}}

func envoyIsReady() error {
	answer, err := envoyAdmin.Get("http://envoy/ready")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("envoy is not ready: %s", answer.Status)
	}
	return nil
}

// hosts reads what Envoy knows of each endpoint.
func hosts() ([]metrics.Host, error) {
	answer, err := envoyAdmin.Get("http://envoy/clusters?format=json")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	found := struct {
		Clusters []struct {
			Name  string `json:"name"`
			Hosts []struct {
				Address struct {
					Socket struct {
						Address string `json:"address"`
						Port    int    `json:"port_value"`
					} `json:"socket_address"`
				} `json:"address"`
				Stats []struct {
					Name  string `json:"name"`
					Value string `json:"value"`
				} `json:"stats"`
			} `json:"host_statuses"`
		} `json:"cluster_statuses"`
	}{}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return nil, err
	}
	var all []metrics.Host
	for _, cluster := range found.Clusters {
		for _, host := range cluster.Hosts {
			address := net.JoinHostPort(host.Address.Socket.Address, strconv.Itoa(host.Address.Socket.Port))
			read := metrics.Host{Cluster: cluster.Name, Address: address}
			for _, stat := range host.Stats {
				value, _ := strconv.ParseFloat(stat.Value, 64)
				switch stat.Name {
				case "cx_active":
					read.Active = value
				case "cx_total":
					read.Total = value
				}
			}
			all = append(all, read)
		}
	}
	return all, nil
}
