package clustertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// The cluster's pods reach nothing on its node, but the node reaches its pods. So the services of these tests, whose handlers
// are functions of the tests, stand behind one pod: it runs this same program as a tunnel, and gives each connection that it
// gets on a service's port to one that the tests have opened to it before.
const (
	tunnelVariable = "INGRESS_TEST_TUNNEL"
	tunnelPort     = 9000
	// idleConnections is how many connections to a service can begin at the same moment.
	idleConnections = 32
)

// runTunnel is the pod's side.
func runTunnel() error {
	control, err := net.Listen("tcp", fmt.Sprintf(":%d", tunnelPort))
	if err != nil {
		return err
	}
	var mutex sync.Mutex
	idle := map[string]chan net.Conn{}
	for {
		connection, err := control.Accept()
		if err != nil {
			return err
		}
		go func() {
			port, err := bufio.NewReaderSize(connection, 16).ReadString('\n')
			if err != nil {
				connection.Close()
				return
			}
			port = strings.TrimSpace(port)
			mutex.Lock()
			if idle[port] == nil {
				if listener, err := net.Listen("tcp", ":"+port); err == nil {
					idle[port] = make(chan net.Conn, 1000)
					go forward(listener, idle[port])
				}
			}
			waiting := idle[port]
			mutex.Unlock()
			waiting <- connection
		}()
	}
}

func forward(listener net.Listener, idle <-chan net.Conn) {
	for {
		incoming, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			behind := <-idle
			if _, err := behind.Write([]byte{1}); err != nil {
				incoming.Close()
				return
			}
			go func() {
				io.Copy(behind, incoming)
				behind.Close()
				incoming.Close()
			}()
			io.Copy(incoming, behind)
			incoming.Close()
			behind.Close()
		}()
	}
}

// tunnel is the tests' side.
type tunnel struct {
	address string
	mutex   sync.Mutex
	ports   int
}

var services = &tunnel{ports: 10000}

// start runs the pod, and gives what ends it.
func (s *tunnel) start() (stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	namespace := fmt.Sprintf("ingress-test-tunnel-%08x", rand.Uint32())
	manifest := fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: tunnel}
spec:
  terminationGracePeriodSeconds: 0
  automountServiceAccountToken: false
  containers:
    - name: tunnel
      image: seaworthy.local/toolbox:1
      imagePullPolicy: IfNotPresent
      command: [/tests/%s]
      env: [{name: %s, value: "1"}]
      volumeMounts: [{name: tests, mountPath: /tests, readOnly: true}]
  volumes: [{name: tests, hostPath: {path: %s}}]`, filepath.Base(program), tunnelVariable, filepath.Dir(program))
	pod := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &pod.Object); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	space := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": namespace}}}
	if _, err := cluster.Resource(kinds["Namespace"]).Create(ctx, space, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cluster.Resource(kinds["Namespace"]).Delete(context.Background(), namespace, metav1.DeleteOptions{})
	}
	if _, err := cluster.Resource(kinds["Pod"]).Namespace(namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		return stop, err
	}
	for ctx.Err() == nil {
		made, err := cluster.Resource(kinds["Pod"]).Namespace(namespace).Get(ctx, "tunnel", metav1.GetOptions{})
		if err != nil {
			return stop, err
		}
		s.address = text(made.Object, "status", "podIP")
		if connection, err := net.DialTimeout("tcp", s.control(), time.Second); s.address != "" && err == nil {
			return stop, connection.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return stop, fmt.Errorf("the tunnel's pod does not answer")
}

func (s *tunnel) control() string { return net.JoinHostPort(s.address, fmt.Sprint(tunnelPort)) }

// listen gives a listener for a port of the tunnel's pod.
func (s *tunnel) listen() (*tunnelListener, int) {
	s.mutex.Lock()
	s.ports++
	port := s.ports
	s.mutex.Unlock()
	listener := &tunnelListener{tunnel: s, port: port, accepted: make(chan net.Conn), closed: make(chan struct{})}
	for range idleConnections {
		go listener.wait()
	}
	return listener, port
}

type tunnelListener struct {
	tunnel   *tunnel
	port     int
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

// wait keeps one connection at the pod for the next that comes.
func (l *tunnelListener) wait() {
	for {
		connection, err := net.Dial("tcp", l.tunnel.control())
		if err != nil {
			return
		}
		go func() {
			<-l.closed
			connection.Close()
		}()
		if _, err := fmt.Fprintf(connection, "%d\n", l.port); err != nil {
			return
		}
		if _, err := io.ReadFull(connection, make([]byte, 1)); err != nil {
			return
		}
		select {
		case l.accepted <- connection:
		case <-l.closed:
			return
		}
	}
}

func (l *tunnelListener) Accept() (net.Conn, error) {
	select {
	case connection := <-l.accepted:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *tunnelListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *tunnelListener) Addr() net.Addr { return &net.TCPAddr{Port: l.port} }
