package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// serverVariable makes the test's own binary be the server, so that it can be killed.
const serverVariable = "GRAFANA_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) != "" {
		fmt.Fprintln(os.Stderr, run("/none/at"))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func (i *instance) spawn(port int) *exec.Cmd {
	i.Helper()
	command := exec.Command(os.Args[0])
	command.Env = []string{
		serverVariable + "=1", fmt.Sprintf("GF_SERVER_HTTP_PORT=%d", port), "GF_SERVER_HTTP_ADDR=127.0.0.1",
		"GF_PATHS_DATA=" + i.data, "GF_PATHS_PROVISIONING=" + i.provisioning, "GF_LOG_LEVEL=warn",
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { _ = command.Process.Kill() })
	for begun := time.Now(); time.Since(begun) < 3*time.Minute; time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(i.address + "/api/health")
		if err == nil {
			response.Body.Close()
			return command
		}
	}
	i.Fatal("the server does not answer")
	return nil
}

// freePort is one that nothing listens on. It lies below those that the system gives to connections, and to listeners that ask
// for any, so that none of these takes it meanwhile.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 12000 + rand.IntN(20000)
		if listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			listener.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func TestWhatWasAnsweredWithSuccessSurvivesAKill(t *testing.T) {
	port := freePort(t)
	one := &instance{T: t, data: t.TempDir(), provisioning: t.TempDir(), login: "admin", password: "admin"}
	one.address = fmt.Sprintf("http://127.0.0.1:%d", port)
	for round := 1; round <= 3; round++ {
		server := one.spawn(port)
		saved := one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"abc","title":"x"},"overwrite":true}`)
		one.expect(saved, "version", fmt.Sprint(round))
		if err := server.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = server.Wait() // it was killed
	}
}
