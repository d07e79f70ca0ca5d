package inject

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// Settings are those of the control plane.
type Settings struct {
	Image        string
	TrustAnchors string
}

type object = map[string]any

// Operation is one step of a JSON patch.
type Operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// Patch adds the proxy to a pod, of which raw is the JSON that the API sent: what this program does not know stays as it is.
func Patch(settings Settings, decision Decision, pod *corev1.Pod, namespace *corev1.Namespace, raw object) []Operation {
	annotations := map[string]string{}
	maps.Copy(annotations, pod.Annotations)
	maps.Copy(annotations, Inherited(pod.Annotations, namespace.Annotations))
	sum := sha256.Sum256([]byte(settings.TrustAnchors))
	annotations["linkerd.io/created-by"] = "linkerd/proxy-injector " + names.Version
	annotations["linkerd.io/proxy-version"] = names.Version
	annotations["linkerd.io/trust-root-sha256"] = hex.EncodeToString(sum[:])
	if decision.Ingress {
		annotations[names.Inject] = "ingress"
	}
	labels := map[string]string{}
	maps.Copy(labels, pod.Labels)
	labels[names.ControlPlaneLabel] = names.ControlPlaneNamespace
	labels[names.WorkloadLabel] = namespace.Name
	if kind, name := cluster.Owner(pod); kind != "" && len(name) <= 63 {
		labels[names.OwnerLabelPrefix+kind] = name
	}
	spec, _ := raw["spec"].(object)
	before, _ := spec["initContainers"].([]any)
	mounts, _ := spec["volumes"].([]any)
	return []Operation{
		{"add", "/metadata/annotations", annotations},
		{"add", "/metadata/labels", labels},
		{"add", "/spec/initContainers", append([]any{validator(settings), proxy(settings, annotations)}, before...)},
		{"add", "/spec/volumes", append(slices.Clone(mounts), volumes()...)},
	}
}

func restricted(user int) object {
	return object{
		"runAsUser": user, "runAsNonRoot": true, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false,
		"capabilities": object{"drop": []string{"ALL"}}, "seccompProfile": object{"type": "RuntimeDefault"},
	}
}

// validator fails where the CNI plugin has not led the pod's traffic through the proxy.
func validator(settings Settings) object {
	return object{
		"name": names.ValidatorContainer, "image": settings.Image, "imagePullPolicy": "IfNotPresent", "args": []string{"validate"},
		"securityContext": restricted(65534), "terminationMessagePolicy": "FallbackToLogsOnError",
	}
}

func proxy(settings Settings, annotations map[string]string) object {
	field := func(name, path string) object {
		return object{"name": name, "valueFrom": object{"fieldRef": object{"fieldPath": path}}}
	}
	probe := func(path string) object { return object{"httpGet": object{"path": path, "port": names.AdminPort}} }
	liveness, readiness := probe("/live"), probe("/ready")
	liveness["initialDelaySeconds"], readiness["initialDelaySeconds"] = 10, 2
	level := annotations[names.ConfigPrefix+"proxy-log-level"]
	if level == "" {
		level = "warn,linkerd=info"
	}
	container := object{
		"name": names.ProxyContainer, "image": settings.Image, "imagePullPolicy": "IfNotPresent", "args": []string{"run"},
		"restartPolicy": "Always",
		"env": []object{
			field("POD_NAME", "metadata.name"), field("POD_NAMESPACE", "metadata.namespace"), field("POD_IP", "status.podIP"),
			{"name": "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS", "value": settings.TrustAnchors},
			{"name": "LINKERD2_PROXY_IDENTITY_SVC_ADDR", "value": "linkerd-identity.linkerd.svc.cluster.local:8080"},
			{"name": "LINKERD2_PROXY_LOG", "value": level},
		},
		"ports": []object{
			{"name": names.ProxyContainer, "containerPort": names.InboundPort}, {"name": "linkerd-admin", "containerPort": names.AdminPort},
		},
		"livenessProbe": liveness, "readinessProbe": readiness,
		"securityContext": restricted(names.ProxyUser), "terminationMessagePolicy": "FallbackToLogsOnError",
		"volumeMounts": []object{
			{"name": "linkerd-identity-end-entity", "mountPath": names.IdentityFolder},
			{"name": "linkerd-identity-token", "mountPath": "/var/run/secrets/tokens"},
		},
	}
	if annotations[names.ConfigPrefix+"proxy-await"] != "disabled" {
		startup := probe("/ready")
		startup["periodSeconds"], startup["failureThreshold"] = 1, 120
		container["startupProbe"] = startup
	}
	if resources := proxyResources(annotations); len(resources) > 0 {
		container["resources"] = resources
	}
	return container
}

func proxyResources(annotations map[string]string) object {
	resources := object{}
	for _, amount := range []string{"cpu", "memory"} {
		for _, bound := range []string{"request", "limit"} {
			key := names.ConfigPrefix + "proxy-" + amount + "-" + bound
			value, ok := annotations[key]
			if !ok {
				continue
			}
			if _, err := resource.ParseQuantity(value); err != nil {
				slog.Warn("annotation ignored", "annotation", key, "value", value, "error", err)
				continue
			}
			group, _ := resources[bound+"s"].(object)
			if group == nil {
				group = object{}
			}
			group[amount] = value
			resources[bound+"s"] = group
		}
	}
	return resources
}

func volumes() []any {
	return []any{
		object{"name": "linkerd-identity-end-entity", "emptyDir": object{"medium": "Memory"}},
		object{"name": "linkerd-identity-token", "projected": object{"sources": []object{{"serviceAccountToken": object{
			"path": "linkerd-identity-token", "audience": names.TokenAudience, "expirationSeconds": 86400,
		}}}}},
	}
}
