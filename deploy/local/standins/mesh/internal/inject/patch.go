package inject

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
func Patch(control Settings, decision Decision, pod *corev1.Pod, namespace *corev1.Namespace, raw object) []Operation {
	chosen := settings(pod, namespace)
	annotations, labels := map[string]string{}, map[string]string{}
	maps.Copy(annotations, pod.Annotations)
	maps.Copy(annotations, chosen)
	sum := sha256.Sum256([]byte(control.TrustAnchors))
	annotations["linkerd.io/created-by"] = "linkerd/proxy-injector " + names.Version
	annotations["linkerd.io/proxy-version"] = names.Version
	annotations["linkerd.io/trust-root-sha256"] = hex.EncodeToString(sum[:])
	if decision.Ingress {
		annotations[names.Inject] = "ingress"
	}
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
		{"add", "/spec/initContainers", append([]any{proxy(control, chosen)}, before...)},
		{"add", "/spec/volumes", append(slices.Clone(mounts), volumes()...)},
	}
}

func proxy(control Settings, chosen map[string]string) object {
	field := func(name, path string) object {
		return object{"name": name, "valueFrom": object{"fieldRef": object{"fieldPath": path}}}
	}
	probe := func(path string, more object) object {
		more["httpGet"] = object{"path": path, "port": names.AdminPort}
		more["timeoutSeconds"] = 5 // of a busy node
		return more
	}
	return object{
		"name": names.ProxyContainer, "image": control.Image, "imagePullPolicy": "IfNotPresent", "restartPolicy": "Always",
		"env": []object{
			field("POD_NAME", "metadata.name"), field("POD_NAMESPACE", "metadata.namespace"), field("POD_IP", "status.podIP"),
			{"name": "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS", "value": control.TrustAnchors},
			{"name": "LINKERD2_PROXY_IDENTITY_SVC_ADDR", "value": "linkerd-identity.linkerd.svc.cluster.local:8080"},
		},
		"ports": []object{
			{"name": names.ProxyContainer, "containerPort": names.InboundPort}, {"name": "linkerd-admin", "containerPort": names.AdminPort},
		},
		"livenessProbe":  probe("/live", object{"initialDelaySeconds": 10}),
		"readinessProbe": probe("/ready", object{"initialDelaySeconds": 2}),
		"startupProbe":   probe("/ready", object{"periodSeconds": 1, "failureThreshold": 120}),
		"resources":      resources(chosen),
		"securityContext": object{
			"runAsUser": names.ProxyUser, "runAsNonRoot": true, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false,
			"capabilities": object{"drop": []string{"ALL"}}, "seccompProfile": object{"type": "RuntimeDefault"},
		},
		"terminationMessagePolicy": "FallbackToLogsOnError",
		"volumeMounts": []object{
			{"name": "linkerd-identity-end-entity", "mountPath": names.IdentityFolder},
			{"name": "linkerd-identity-token", "mountPath": "/var/run/secrets/tokens"},
		},
	}
}

// resources leaves out what is no amount.
func resources(chosen map[string]string) object {
	made := object{}
	for _, bound := range []string{"request", "limit"} {
		amounts := object{}
		for _, kind := range []string{"cpu", "memory"} {
			key := names.ConfigPrefix + "proxy-" + kind + "-" + bound
			if value, ok := chosen[key]; ok && validate(key, value) == nil {
				amounts[kind] = value
			}
		}
		made[bound+"s"] = amounts
	}
	return made
}

// validate tells what is wrong with a setting.
func validate(key, value string) error {
	if key == names.DefaultInboundPolicy {
		if !slices.Contains([]string{"all-unauthenticated", "all-authenticated", "deny"}, value) {
			return fmt.Errorf("%q is not known here, only all-unauthenticated, all-authenticated and deny", value)
		}
		return nil
	}
	_, err := resource.ParseQuantity(value)
	return err
}

func volumes() []any {
	return []any{
		object{"name": "linkerd-identity-end-entity", "emptyDir": object{"medium": "Memory"}},
		object{"name": "linkerd-identity-token", "projected": object{"sources": []object{{"serviceAccountToken": object{
			"path": "linkerd-identity-token", "audience": names.TokenAudience, "expirationSeconds": 86400,
		}}}}},
	}
}
