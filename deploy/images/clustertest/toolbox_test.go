package clustertest

import (
	"slices"
	"strings"
	"testing"
)

// toolbox is where a learner works: a ServiceAccount that may do everything in its namespace and nothing outside.
const toolbox = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: learner
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: learner
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: learner}]
---
apiVersion: v1
kind: Pod
metadata:
  name: toolbox
spec:
  serviceAccountName: learner
  terminationGracePeriodSeconds: 1
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: toolbox
      image: seaworthy.local/toolbox:1
      imagePullPolicy: IfNotPresent
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: home, mountPath: /home/learner}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - {name: home, emptyDir: {}}
    - {name: tmp, emptyDir: {}}
`

// run types a command into the toolbox's shell.
func run(t *testing.T, command string) string {
	t.Helper()
	return must(t, "exec", "toolbox", "--", "bash", "-euc", command)
}

func TestTheQueryFindsTheLinesOfATraceInAllServicesInOrderOfTime(t *testing.T) {
	id := openPage(t)
	var lines []string
	eventually(t, "four lines", func() (bool, string) {
		text := run(t, "lablogs --json --trace "+id)
		lines = strings.Split(strings.TrimSpace(text), "\n")
		return len(lines) == 4, text
	})
	var services, times []string
	for _, line := range lines {
		entry := read[struct {
			Service string
			At      string
			TraceID string `json:"trace_id"`
		}](t, line)
		services, times = append(services, entry.Service), append(times, entry.At)
		if entry.TraceID != id {
			t.Errorf("a line of another trace: %s", line)
		}
	}
	if !slices.IsSorted(times) {
		t.Errorf("not in order: %v", times)
	}
	slices.Sort(services)
	if !slices.Equal(services, []string{"authors", "front", "qotm", "store"}) {
		t.Errorf("lines of %v", services)
	}
	if text := run(t, "lablogs --service store --trace "+id); strings.Count(text, "\n") != 1 || !strings.Contains(text, "store") {
		t.Errorf("got %s", text)
	}
}

func TestTheQueryFindsErrorsAlone(t *testing.T) {
	fault(t, "store", `{"error_rate":1}`)
	send(t, "GET", "front", "/", "")
	eventually(t, "errors of store, qotm and front", func() (bool, string) {
		text := run(t, "lablogs --level error --since 1m")
		return strings.Contains(text, " store-") && strings.Contains(text, " qotm-") && strings.Contains(text, " front-") &&
			!strings.Contains(text, " INFO ") && !strings.Contains(text, " WARN "), text
	})
}

func TestTheShellCompletesHelmAndTheQuery(t *testing.T) {
	for _, tried := range []struct{ command, words, expected string }{
		{"helm", "helm ins", "install"},
		{"lablogs", "lablogs --tr", "--trace"},
	} {
		got := run(t, `. /usr/share/bash-completion/bash_completion; _completion_loader `+tried.command+` || true
COMP_LINE="`+tried.words+`"; COMP_WORDS=($COMP_LINE); COMP_CWORD=1; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
f=$(complete -p `+tried.command+` | sed 's/.*-F \([^ ]*\).*/\1/'); set +eu; $f `+tried.command+` "${COMP_WORDS[1]}" `+tried.command+`; printf '%s\n' "${COMPREPLY[@]}"`)
		if !strings.Contains(got, tried.expected) {
			t.Errorf("%s: %q", tried.words, got)
		}
	}
}
