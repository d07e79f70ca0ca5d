// Package controlplane is the mesh's one server: the proxy injector, the identity service, and what proxies are told.
package controlplane

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/identity"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// Kube is what the control plane writes to the API, and asks it.
type Kube struct{ Client dynamic.Interface }

const (
	issuerSecret = "linkerd-identity-issuer"
	rootsMap     = "linkerd-identity-trust-roots"
	webhookName  = "linkerd-proxy-injector-webhook-config"
)

var (
	secrets    = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	events     = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	webhooks   = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingwebhookconfigurations"}
	reviews    = schema.GroupVersionResource{Group: "authentication.k8s.io", Version: "v1", Resource: "tokenreviews"}
	owners     = map[string]schema.GroupVersionResource{
		"deployment":  {Group: "apps", Version: "v1", Resource: "deployments"},
		"statefulset": {Group: "apps", Version: "v1", Resource: "statefulsets"},
		"daemonset":   {Group: "apps", Version: "v1", Resource: "daemonsets"},
		"replicaset":  {Group: "apps", Version: "v1", Resource: "replicasets"},
		"job":         {Group: "batch", Version: "v1", Resource: "jobs"},
	}
)

// Authority reads the mesh's issuer, or makes one where there is none. Of two control planes that make one, the first wins.
func (k Kube) Authority(ctx context.Context, lifetime time.Duration) (*identity.Authority, error) {
	resource := k.Client.Resource(secrets).Namespace(names.ControlPlaneNamespace)
	found, err := resource.Get(ctx, issuerSecret, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		if found, err = createIssuer(ctx, resource); apierrors.IsAlreadyExists(err) {
			found, err = resource.Get(ctx, issuerSecret, metav1.GetOptions{})
		}
	}
	if err != nil {
		return nil, err
	}
	secret := corev1.Secret{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, &secret); err != nil {
		return nil, err
	}
	return identity.Open(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey], lifetime)
}

func createIssuer(ctx context.Context, resource dynamic.ResourceInterface) (*unstructured.Unstructured, error) {
	certificate, key, err := identity.NewMaterial()
	if err != nil {
		return nil, err
	}
	return resource.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": string(corev1.SecretTypeTLS),
		"metadata": map[string]any{"name": issuerSecret, "labels": map[string]any{"seaworthy.dev/stands-in-for": "linkerd"}},
		"data": map[string]any{
			corev1.TLSCertKey:       base64.StdEncoding.EncodeToString(certificate),
			corev1.TLSPrivateKeyKey: base64.StdEncoding.EncodeToString(key),
		},
	}}, metav1.CreateOptions{})
}

// Publish writes the trust anchors where others read them, and into the injector's webhook.
func (k Kube) Publish(ctx context.Context, anchors []byte) error {
	options := metav1.ApplyOptions{FieldManager: "linkerd-standin", Force: true}
	_, err := k.Client.Resource(configMaps).Namespace(names.ControlPlaneNamespace).Apply(ctx, rootsMap, &unstructured.Unstructured{
		Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": rootsMap, "labels": map[string]any{"seaworthy.dev/stands-in-for": "linkerd"}},
			"data":     map[string]any{"ca-bundle.crt": string(anchors)},
		},
	}, options)
	if err != nil {
		return err
	}
	patch, err := json.Marshal([]map[string]any{{
		"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": base64.StdEncoding.EncodeToString(anchors),
	}})
	if err != nil {
		return err
	}
	_, err = k.Client.Resource(webhooks).Patch(ctx, webhookName, types.JSONPatchType, patch, metav1.PatchOptions{})
	return err
}

// Review asks the API whose token it is and gives that ServiceAccount's identity.
func (k Kube) Review(ctx context.Context, token string) (proved string, err error) {
	review, err := k.Client.Resource(reviews).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
		"spec": map[string]any{"token": token, "audiences": []any{names.TokenAudience}},
	}}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	if isAuthenticated, _, _ := unstructured.NestedBool(review.Object, "status", "authenticated"); !isAuthenticated {
		reason, _, _ := unstructured.NestedString(review.Object, "status", "error")
		return "", fmt.Errorf("the token is none for %s: %s", names.TokenAudience, reason)
	}
	user, _, _ := unstructured.NestedString(review.Object, "status", "user", "username")
	return names.AccountIdentity(user)
}

// Record writes an event on the workload that a pod belongs to; without one there is none to write it on.
func (k Kube) Record(ctx context.Context, pod *corev1.Pod, namespace, reason, message string) error {
	kind, name := cluster.Owner(pod)
	resource, ok := owners[kind]
	if !ok {
		return nil
	}
	owner, err := k.Client.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	now := time.Now().UTC().Format(time.RFC3339)
	_, err = k.Client.Resource(events).Namespace(namespace).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Event", "type": "Normal", "reason": reason, "message": message,
		"metadata": map[string]any{"generateName": name + "-"},
		"involvedObject": map[string]any{
			"apiVersion": owner.GetAPIVersion(), "kind": owner.GetKind(), "name": name, "namespace": namespace, "uid": string(owner.GetUID()),
		},
		"source": map[string]any{"component": "linkerd-proxy-injector"}, "firstTimestamp": now, "lastTimestamp": now, "count": int64(1),
	}}, metav1.CreateOptions{})
	return err
}

// namespace reads a namespace as it is now: a pod may be made right after its namespace was annotated.
func (k Kube) namespace(ctx context.Context, name string) (*corev1.Namespace, error) {
	found, err := k.Client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	namespace := &corev1.Namespace{}
	return namespace, runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, namespace)
}
