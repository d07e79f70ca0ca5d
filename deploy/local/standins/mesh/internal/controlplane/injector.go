package controlplane

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seaworthy/deploy/local/standins/mesh/internal/inject"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// admission is as much of an AdmissionReview as the injector reads and writes.
type admission struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Request    *admissionRequest `json:"request,omitempty"`
	Response   *admissionAnswer  `json:"response,omitempty"`
}

type admissionRequest struct {
	UID       string          `json:"uid"`
	Namespace string          `json:"namespace"`
	DryRun    bool            `json:"dryRun"`
	Object    json.RawMessage `json:"object"`
}

type admissionAnswer struct {
	UID       string   `json:"uid"`
	Allowed   bool     `json:"allowed"`
	PatchType string   `json:"patchType,omitempty"`
	Patch     []byte   `json:"patch,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

// inject admits every pod, with a proxy or without one.
func (s *Server) inject(w http.ResponseWriter, r *http.Request) {
	review := admission{}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "this is no AdmissionReview", http.StatusBadRequest)
		return
	}
	response := &admissionAnswer{UID: review.Request.UID, Allowed: true}
	if err := s.patch(r.Context(), review.Request, response); err != nil {
		slog.Error("pod not injected", "namespace", review.Request.Namespace, "error", err)
		response.Warnings = append(response.Warnings, "the pod was not injected: "+err.Error())
	}
	answer(w, admission{APIVersion: review.APIVersion, Kind: review.Kind, Response: response})
}

func (s *Server) patch(ctx context.Context, request *admissionRequest, response *admissionAnswer) error {
	pod, raw := &corev1.Pod{}, map[string]any{}
	if err := json.Unmarshal(request.Object, pod); err != nil {
		return err
	}
	if err := json.Unmarshal(request.Object, &raw); err != nil {
		return err
	}
	if pod.Labels["linkerd.io/control-plane-component"] != "" || pod.Labels["linkerd.io/cni-resource"] != "" {
		return nil
	}
	namespace, err := s.Kube.namespace(ctx, request.Namespace)
	if err != nil {
		return err
	}
	decision := inject.Decide(pod, namespace)
	if !decision.Inject {
		if decision.IsAsked {
			s.record(ctx, request, pod, "InjectionSkipped", "Linkerd sidecar proxy injection skipped: "+strings.Join(decision.Reasons, ", "))
		}
		return nil
	}
	patch, err := json.Marshal(inject.Patch(s.Injection, decision, pod, namespace, raw))
	if err != nil {
		return err
	}
	response.PatchType, response.Patch = "JSONPatch", patch
	response.Warnings = inject.Warnings(pod.Annotations, namespace.Annotations)
	s.record(ctx, request, pod, "Injected", "Linkerd sidecar proxy injected")
	slog.Info("pod injected", "namespace", request.Namespace, "pod", pod.Name+pod.GenerateName, "ingress", decision.Ingress)
	return nil
}

// record does not hold the pod up.
func (s *Server) record(ctx context.Context, request *admissionRequest, pod *corev1.Pod, reason, message string) {
	if request.DryRun {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := s.Kube.Record(ctx, pod, request.Namespace, reason, message); err != nil {
			slog.Warn("event not written", "namespace", request.Namespace, "reason", reason, "error", err)
		}
	}()
}

// isOwn tells whether an identity is that of the pod.
func isOwn(identity string, pod *corev1.Pod) bool {
	return identity == names.Identity(pod.Spec.ServiceAccountName, pod.Namespace)
}
