package clustertest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// object is JSON, whose parts are found by their keys.
type object map[string]any

func (o object) child(key string) object { return object(o[key].(map[string]any)) }

// item is the one of a list that has the name.
func (o object) item(list, name string) object {
	for _, found := range o[list].([]any) {
		if found := object(found.(map[string]any)); found["name"] == name {
			return found
		}
	}
	panic("no " + name + " in " + list)
}

func (o object) add(list string, value object) {
	items, _ := o[list].([]any)
	o[list] = append(items, map[string]any(value))
}

// injectedPod is a pod as the injector made it, to be made again under another name.
func (l lab) injectedPod() object {
	l.Helper()
	pod := object{}
	found := kubectl(l.T, "-n", l.namespace, "get", "pods", "-l", "app=qotm", "-o", "json")
	list := struct{ Items []object }{}
	if err := json.Unmarshal([]byte(found), &list); err != nil || len(list.Items) == 0 {
		l.Fatalf("no pod: %v %s", err, found)
	}
	metadata := list.Items[0].child("metadata")
	pod["apiVersion"], pod["kind"] = "v1", "Pod"
	pod["metadata"] = map[string]any{
		"name": "copy", "labels": metadata["labels"], "annotations": metadata["annotations"], "ownerReferences": metadata["ownerReferences"],
	}
	pod["spec"] = list.Items[0]["spec"]
	delete(pod.child("spec"), "nodeName")
	return pod
}

// bend gives the API server the pod changed, for a dry run.
func (l lab) bend(pod object, change func(pod, spec, proxy, app object)) error {
	l.Helper()
	content, err := json.Marshal(pod)
	if err != nil {
		l.Fatal(err)
	}
	bent := object{}
	if err := json.Unmarshal(content, &bent); err != nil {
		l.Fatal(err)
	}
	spec := bent.child("spec")
	change(bent, spec, spec.item("initContainers", "linkerd-proxy"), spec.item("containers", "main"))
	if content, err = json.Marshal(bent); err != nil {
		l.Fatal(err)
	}
	_, err = try(string(content), "-n", l.namespace, "create", "--dry-run=server", "-f", "-")
	return err
}

// bends are the fields of an injected pod by which somebody else's numbers or key could be the proxy's.
var bends = map[string]func(pod, spec, proxy, app object){
	"another image of the proxy":  func(_, _, proxy, _ object) { proxy["image"] = "seaworthy.local/toolbox:1" },
	"a command":                   func(_, _, proxy, _ object) { proxy["command"] = []any{"/usr/local/bin/envoy"} },
	"arguments":                   func(_, _, proxy, _ object) { proxy["args"] = []any{"--forge"} },
	"an entry of the environment": func(_, _, proxy, _ object) { proxy.add("env", object{"name": "GODEBUG", "value": "x509sha1=1"}) },
	"the environment of a ConfigMap": func(_, _, proxy, _ object) {
		proxy.add("envFrom", object{"configMapRef": map[string]any{"name": "own"}})
	},
	"another user":    func(_, _, proxy, _ object) { proxy.child("securityContext")["runAsUser"] = 1000 },
	"a writable root": func(_, _, proxy, _ object) { delete(proxy.child("securityContext"), "readOnlyRootFilesystem") },
	"a hook": func(_, _, proxy, _ object) {
		proxy["lifecycle"] = map[string]any{"preStop": map[string]any{"sleep": map[string]any{"seconds": 1}}}
	},
	"a probe that asks another port": func(_, _, proxy, _ object) { proxy.child("readinessProbe").child("httpGet")["port"] = 8080 },
	"no startup probe":               func(_, _, proxy, _ object) { delete(proxy, "startupProbe") },
	"a probe that is a command": func(_, _, proxy, _ object) {
		proxy["livenessProbe"] = map[string]any{"exec": map[string]any{"command": []any{"/x"}}}
	},
	"another working folder": func(_, _, proxy, _ object) { proxy["workingDir"] = "/tmp" },
	"no restart of the proxy": func(_, _, proxy, _ object) {
		delete(proxy, "restartPolicy")
		delete(proxy, "livenessProbe")
		delete(proxy, "readinessProbe")
		delete(proxy, "startupProbe")
	},
	"a terminal":                func(_, _, proxy, _ object) { proxy["stdin"] = true },
	"another port called admin": func(_, _, proxy, _ object) { proxy.item("ports", "linkerd-admin")["containerPort"] = 9999 },
	"one more port":             func(_, _, proxy, _ object) { proxy.add("ports", object{"name": "more", "containerPort": 9999}) },
	"another control plane": func(_, _, proxy, _ object) {
		proxy.item("env", "LINKERD2_PROXY_IDENTITY_SVC_ADDR")["value"] = "own:8080"
	},
	"trust anchors beside the mesh's": func(_, _, proxy, _ object) {
		anchors := proxy.item("env", "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS")
		anchors["value"] = fmt.Sprint(anchors["value"], "own")
	},
	"a volume over the proxy's files": func(_, _, proxy, _ object) {
		proxy.add("volumeMounts", object{"name": "linkerd-identity-end-entity", "mountPath": "/etc"})
	},
	"a kept volume for its key": func(_, spec, _, _ object) {
		spec.item("volumes", "linkerd-identity-end-entity")["emptyDir"] = map[string]any{}
	},
	"another audience of its token": func(_, spec, _, _ object) {
		sources := spec.item("volumes", "linkerd-identity-token").child("projected")["sources"].([]any)
		object(sources[0].(map[string]any)).child("serviceAccountToken")["audience"] = ""
	},
	"a container before the proxy": func(_, spec, _, app object) {
		first := object{}
		for key, value := range app {
			first[key] = value
		}
		first["name"] = "first"
		delete(first, "readinessProbe")
		spec["initContainers"] = append([]any{map[string]any(first)}, spec["initContainers"].([]any)...)
	},
	"the proxy among the other containers": func(_, spec, proxy, _ object) {
		spec["initContainers"] = []any{}
		delete(proxy, "restartPolicy")
		spec.add("containers", proxy)
	},
	"a rule-writing container": func(_, _, _, app object) { app["name"] = "linkerd-init" },
	"the proxy's files in another's hands": func(_, _, _, app object) {
		app.add("volumeMounts", object{"name": "linkerd-identity-end-entity", "mountPath": "/proxy"})
	},
	"the proxy's token in another's hands": func(_, _, _, app object) {
		app.add("volumeMounts", object{"name": "linkerd-identity-token", "mountPath": "/token"})
	},
	"the proxy's processes for all":         func(_, spec, _, _ object) { spec["shareProcessNamespace"] = true },
	"the proxy's user for another":          func(_, _, _, app object) { app.child("securityContext")["runAsUser"] = 2102 },
	"the proxy's user by the pod":           func(_, spec, _, _ object) { spec.child("securityContext")["runAsUser"] = 2102 },
	"the proxy's port in another container": func(_, _, _, app object) { app.add("ports", object{"name": "own", "containerPort": 4191}) },
	"the name of the proxy's port":          func(_, _, _, app object) { app.add("ports", object{"name": "linkerd-admin", "containerPort": 9999}) },
	"another workload's name": func(pod, _, _, _ object) {
		pod.child("metadata").child("labels")["linkerd.io/proxy-deployment"] = "other"
	},
	"one more workload": func(pod, _, _, _ object) {
		pod.child("metadata").child("labels")["linkerd.io/proxy-statefulset"] = "other"
	},
	"a workload by other signs": func(pod, _, _, _ object) {
		pod.child("metadata").child("labels")["linkerd-io_proxy-deployment"] = "other"
	},
	"another namespace's name": func(pod, _, _, _ object) {
		pod.child("metadata").child("labels")["linkerd.io/workload-ns"] = "kube-system"
	},
	"another control plane's name": func(pod, _, _, _ object) {
		pod.child("metadata").child("labels")["linkerd.io/control-plane-ns"] = "own"
	},
	"no workload's name": func(pod, _, _, _ object) {
		delete(pod.child("metadata").child("labels"), "linkerd.io/proxy-deployment")
	},
	"the labels without the proxy": func(_, spec, _, _ object) { spec["initContainers"] = []any{} },
}

// isRefusedByPolicy tells the policy's refusal from any other mistake in the pod.
func isRefusedByPolicy(err error) bool {
	return err != nil && strings.Contains(err.Error(), "ValidatingAdmissionPolicy 'linkerd-proxy-imitations'")
}

func TestWithoutTheInjectorAPodIsAdmittedOnlyAsTheInjectorMakesIt(t *testing.T) {
	own := newLab(t)
	own.deploy("qotm", 1000, "")
	pod := own.injectedPod()
	// The API server asks no injector about the pods of such a namespace, as if there were none.
	kubectl(t, "label", "namespace", own.namespace, "config.linkerd.io/admission-webhooks=disabled")
	if err := own.bend(pod, func(_, _, _, _ object) {}); err != nil {
		t.Fatalf("a pod just as the injector makes it: %v", err)
	}
	for name, change := range bends {
		if err := own.bend(pod, change); !isRefusedByPolicy(err) {
			t.Errorf("with %s: %v", name, err)
		}
	}
	// One without a proxy is nobody's imitation.
	own.deploy("toolbox", 1000, "")
}

func TestAPodIsNotMadeAMeshedOneOnceItRuns(t *testing.T) {
	own := newLab(t)
	own.deploy("qotm", 1000, "")
	own.deploy("toolbox", 1000, "linkerd.io/inject: disabled")
	name := func(app string) string {
		return kubectl(t, "-n", own.namespace, "get", "pods", "-l", "app="+app, "-o", "jsonpath={.items[0].metadata.name}")
	}
	meshed, bare := name("qotm"), name("toolbox")
	debug := func(pod string, user int, container string) []string {
		patch := fmt.Sprintf(`{"spec":{"ephemeralContainers":[{"image":"seaworthy.local/toolbox:1","command":["/usr/local/bin/pause"],
			"securityContext":{"runAsUser":%d,"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}},%s}]}}`, user, container)
		return []string{"patch", "pod", pod, "--subresource=ephemeralcontainers", "-p", patch}
	}
	for what, arguments := range map[string][]string{
		"the mesh's label on a pod without it": {"label", "pod", bare, "linkerd.io/control-plane-ns=linkerd"},
		"another workload's name":              {"label", "--overwrite", "pod", meshed, "linkerd.io/proxy-deployment=other"},
		"a label taken away":                   {"label", "pod", meshed, "linkerd.io/workload-ns-"},
		"another image of the proxy":           {"set", "image", "pod/" + meshed, "linkerd-proxy=seaworthy.local/toolbox:1"},
		"a debugger of the proxy":              debug(meshed, 1000, `"name":"debug","targetContainerName":"linkerd-proxy"`),
		"a debugger with the proxy's files":    debug(meshed, 1000, `"name":"debug","volumeMounts":[{"name":"linkerd-identity-end-entity","mountPath":"/proxy"}]`),
		"a debugger that is the proxy's user":  debug(meshed, 2102, `"name":"debug"`),
		"a debugger called as the proxy":       debug(bare, 1000, `"name":"linkerd-proxy"`),
	} {
		if _, err := try("", append([]string{"-n", own.namespace}, arguments...)...); !isRefusedByPolicy(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	kubectl(t, "-n", own.namespace, "label", "pod", meshed, "team=own")
	kubectl(t, append([]string{"-n", own.namespace}, debug(meshed, 1000, `"name":"debug","targetContainerName":"main"`)...)...)
}

func TestALearnerRunsNoCommandInTheProxy(t *testing.T) {
	own := newLab(t)
	own.deploy("qotm", 1000, "")
	kubectl(t, "-n", own.namespace, "create", "rolebinding", "client", "--clusterrole=edit", "--serviceaccount="+own.namespace+":client")
	learner := []string{
		"-n", own.namespace, "--as=system:serviceaccount:" + own.namespace + ":client", "--as-group=system:serviceaccounts:" + own.namespace,
		"--as-group=system:serviceaccounts", "--as-group=system:authenticated",
	}
	for _, verb := range []string{"exec", "attach"} {
		arguments := append(learner, verb, "deploy/qotm", "-c", "linkerd-proxy")
		if verb == "exec" {
			arguments = append(arguments, "--", "/usr/local/bin/envoy", "--version")
		}
		if out, err := try("", arguments...); err == nil || !strings.Contains(err.Error(), "No command runs in the mesh's proxy") {
			t.Errorf("%s: %s %v", verb, out, err)
		}
	}
	// In their own container they do.
	if out, err := try("", append(learner, "exec", "deploy/qotm", "-c", "main", "--", "/no-such-program")...); err == nil || strings.Contains(err.Error(), "denied request") {
		t.Errorf("%s %v", out, err)
	}
}
