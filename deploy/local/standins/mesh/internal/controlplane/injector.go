package controlplane

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seaworthy/deploy/local/standins/mesh/internal/inject"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// inject admits every pod, with a proxy or without one, but those that bring an imitation of it.
func (s *Server) inject(w http.ResponseWriter, r *http.Request) {
	review := admissionv1.AdmissionReview{}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "this is no AdmissionReview", http.StatusBadRequest)
		return
	}
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if err := s.patch(r.Context(), review.Request, review.Response); err != nil {
		slog.Error("pod not injected", "namespace", review.Request.Namespace, "error", err)
		review.Response.Warnings = append(review.Response.Warnings, "the pod was not injected: "+err.Error())
	}
	review.Request = nil
	answer(w, review)
}

func (s *Server) patch(ctx context.Context, request *admissionv1.AdmissionRequest, response *admissionv1.AdmissionResponse) error {
	pod, raw := &corev1.Pod{}, map[string]any{}
	if err := json.Unmarshal(request.Object.Raw, pod); err != nil {
		return err
	}
	if err := json.Unmarshal(request.Object.Raw, &raw); err != nil {
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
	if decision.IsImitation {
		response.Allowed = false
		response.Result = &metav1.Status{Message: "A pod of a lab brings no container " + names.ProxyContainer +
			" of its own: annotate it with " + names.Inject + ": enabled, and the mesh adds the proxy."}
		return nil
	}
	if !decision.Inject {
		if decision.Reason != "" {
			s.record(ctx, request, pod, "InjectionSkipped", "Linkerd sidecar proxy injection skipped: "+decision.Reason)
		}
		return nil
	}
	patch, err := json.Marshal(inject.Patch(s.Injection, decision, pod, namespace, raw))
	if err != nil {
		return err
	}
	response.PatchType, response.Patch = new(admissionv1.PatchTypeJSONPatch), patch
	response.Warnings = inject.Warnings(pod, namespace)
	s.record(ctx, request, pod, "Injected", "Linkerd sidecar proxy injected")
	slog.Info("pod injected", "namespace", request.Namespace, "pod", pod.Name+pod.GenerateName, "ingress", decision.Ingress)
	return nil
}

// record does not hold the pod up.
func (s *Server) record(ctx context.Context, request *admissionv1.AdmissionRequest, pod *corev1.Pod, reason, message string) {
	if request.DryRun != nil && *request.DryRun {
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
