package clustertest

import (
	"bytes"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// capture reads what passes through the node's network devices, in which each pod's traffic shows, until it is stopped.
func capture(t *testing.T) (stop func() [][]byte) {
	t.Helper()
	const allProtocols = 0x0300 // ETH_P_ALL in network order
	socket, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, allProtocols)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 200000}); err != nil {
		t.Fatal(err)
	}
	// On a busy machine much arrives before it is read.
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 64<<20); err != nil {
		t.Fatal(err)
	}
	own, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	var ending atomic.Int64
	done := make(chan [][]byte)
	go func() {
		defer syscall.Close(socket)
		var packets [][]byte
		buffer := make([]byte, 65536)
		for {
			length, from, err := syscall.Recvfrom(socket, buffer, 0)
			// What the node says to itself is no pod's.
			if place, isPacket := from.(*syscall.SockaddrLinklayer); err == nil && isPacket && place.Ifindex != own.Index {
				packets = append(packets, bytes.Clone(buffer[:length]))
			}
			// What had arrived by then is read first.
			if end := ending.Load(); end != 0 && (err != nil || time.Now().UnixNano() > end) {
				done <- packets
				return
			}
		}
	}()
	return func() [][]byte {
		time.Sleep(500 * time.Millisecond)
		ending.Store(time.Now().Add(5 * time.Second).UnixNano())
		return <-done
	}
}

func contains(packets [][]byte, text string) bool {
	for _, packet := range packets {
		if bytes.Contains(packet, []byte(text)) {
			return true
		}
	}
	return false
}

// tlsTo tells whether a TLS handshake was sent to a port.
func tlsTo(packets [][]byte, port int) bool {
	for _, packet := range packets {
		if len(packet) < 54 || packet[12] != 8 || packet[13] != 0 || packet[23] != 6 {
			continue
		}
		tcp := packet[14+int(packet[14]&15)*4:]
		payload := tcp[int(tcp[12]>>4)*4:]
		if int(tcp[2])<<8|int(tcp[3]) == port && len(payload) > 2 && payload[0] == 22 && payload[1] == 3 {
			return true
		}
	}
	return false
}

func TestMeshedPodsSpeakTLSOnPort4143AndOthersPlainText(t *testing.T) {
	ns := namespace(t, meshed)
	workload(t, ns, "qotm", "default", "", 1)
	service(t, ns, "qotm", "")
	workload(t, ns, "client", "client", "", 1)
	workload(t, ns, "bare", "default", "linkerd.io/inject: disabled", 1)
	stop := capture(t)
	answers(t, ns, "client", "http://qotm/?secret-of-the-mesh", "200")
	packets := stop()
	if contains(packets, "secret-of-the-mesh") {
		t.Error("a meshed client's request was readable")
	}
	if !tlsTo(packets, 4143) {
		t.Error("no TLS handshake to port 4143 was seen")
	}
	stop = capture(t)
	answers(t, ns, "bare", "http://qotm/?secret-of-nobody", "200")
	if !contains(stop(), "secret-of-nobody") {
		t.Error("an unmeshed client's request was not seen, so the capture proves nothing")
	}
	seen(t, ns, "qotm", "request_total", `target_port="8080"`, `tls="true"`, fmt.Sprintf(`client_id=%q`, identity("client", ns)))
	seen(t, ns, "client", "request_total", `direction="outbound"`, `tls="true"`, fmt.Sprintf(`server_id=%q`, identity("default", ns)))
}

func TestWhatIsNoHTTPIsEncryptedToo(t *testing.T) {
	ns := namespace(t, meshed)
	workload(t, ns, "qotm", "default", "", 1)
	service(t, ns, "qotm", "")
	workload(t, ns, "client", "client", "", 1)
	answers(t, ns, "client", "http://qotm/", "200")
	stop := capture(t)
	shell(t, ns, "client", `exec 3<>/dev/tcp/qotm/80; echo secret-of-the-mesh >&3; timeout 60 cat <&3`)
	if packets := stop(); contains(packets, "secret-of-the-mesh") || !tlsTo(packets, 4143) {
		t.Error("the connection was not encrypted")
	}
	counted(t, 1, ns, "qotm", "inbound_tcp_authz_allow_total", `target_port="8080"`, `tls="true"`)
}
