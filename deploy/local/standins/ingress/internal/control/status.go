package control

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"seaworthy/deploy/local/standins/ingress/internal/cluster"
	"seaworthy/deploy/local/standins/ingress/internal/model"
	"seaworthy/deploy/local/standins/internal/watch"
)

const (
	// longestReason keeps a status readable in a table.
	longestReason = 1000
	// statusRetry is how long to wait after a status could not be written.
	statusRetry = 2 * time.Second
)

// Statuses writes how Mappings fare into their status. Emissary does so only if it is asked to.
type Statuses struct {
	client dynamic.Interface
	store  *watch.Store
	logger *slog.Logger
	wanted chan map[types.NamespacedName]*model.State
}

// NewStatuses prepares the writer.
func NewStatuses(client dynamic.Interface, store *watch.Store, logger *slog.Logger) *Statuses {
	return &Statuses{client: client, store: store, logger: logger, wanted: make(chan map[types.NamespacedName]*model.State, 1)}
}

// Want says what the statuses should be; only the last word counts.
func (s *Statuses) Want(states map[types.NamespacedName]*model.State) {
	for {
		select {
		case s.wanted <- states:
			return
		case <-s.wanted:
		}
	}
}

// Run writes until the context ends.
func (s *Statuses) Run(ctx context.Context) {
	var states map[types.NamespacedName]*model.State
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case states = <-s.wanted:
		case <-retry:
		}
		retry = nil
		if !s.write(ctx, states) {
			retry = time.After(statusRetry)
		}
	}
}

func (s *Statuses) write(ctx context.Context, states map[types.NamespacedName]*model.State) bool {
	complete := true
	for _, mapping := range cluster.Snapshot(s.store).Mappings() {
		state := states[types.NamespacedName{Namespace: mapping.Namespace, Name: mapping.Name}]
		if state == nil {
			continue
		}
		wanted, reason := "Running", strings.Join(state.Reasons, "; ")
		if state.Dropped {
			wanted = "Inactive"
		}
		if len(reason) > longestReason {
			reason = strings.ToValidUTF8(reason[:longestReason], "") + "…"
		}
		if mapping.Status != nil && mapping.Status.State == wanted && mapping.Status.Reason == reason {
			continue
		}
		content, err := json.Marshal(map[string]any{"status": map[string]string{"state": wanted, "reason": reason}})
		if err == nil {
			_, err = s.client.Resource(cluster.Mappings).Namespace(mapping.Namespace).
				Patch(ctx, mapping.Name, types.MergePatchType, content, metav1.PatchOptions{}, "status")
		}
		if err != nil && !apierrors.IsNotFound(err) {
			s.logger.Warn("status not written", "mapping", mapping.Namespace+"/"+mapping.Name, "reason", err.Error())
			complete = false
		}
	}
	return complete
}
