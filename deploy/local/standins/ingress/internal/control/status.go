package control

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"time"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
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

// write brings what is stored to what is wanted, until there is a newer word. One namespace's many Mappings do not make another's
// wait: it takes one of each namespace after the other.
func (s *Statuses) write(ctx context.Context, states map[types.NamespacedName]*model.State) bool {
	complete := true
	for _, mapping := range inTurns(cluster.Snapshot(s.store).Mappings()) {
		if len(s.wanted) > 0 || ctx.Err() != nil {
			return true
		}
		state := states[types.NamespacedName{Namespace: mapping.Namespace, Name: mapping.Name}]
		if state == nil {
			continue
		}
		if wanted := status(state); mapping.Status == nil || *mapping.Status != wanted {
			complete = s.patch(ctx, mapping, wanted) && complete
		}
	}
	return complete
}

// inTurns sorts by how many Mappings of the same namespace come before.
func inTurns(mappings []*emissary.Mapping) []*emissary.Mapping {
	before, turns := map[string]int{}, map[*emissary.Mapping]int{}
	for _, mapping := range mappings {
		turns[mapping] = before[mapping.Namespace]
		before[mapping.Namespace]++
	}
	slices.SortFunc(mappings, func(a, b *emissary.Mapping) int { return turns[a] - turns[b] })
	return mappings
}

func status(state *model.State) emissary.MappingStatus {
	made := emissary.MappingStatus{State: "Running", Reason: strings.Join(state.Reasons, "; ")}
	if state.Dropped {
		made.State = "Inactive"
	}
	if len(made.Reason) > longestReason {
		made.Reason = strings.ToValidUTF8(made.Reason[:longestReason], "") + "…"
	}
	return made
}

func (s *Statuses) patch(ctx context.Context, mapping *emissary.Mapping, wanted emissary.MappingStatus) bool {
	content, err := json.Marshal(map[string]any{"status": map[string]string{"state": wanted.State, "reason": wanted.Reason}})
	if err == nil {
		_, err = s.client.Resource(cluster.Mappings).Namespace(mapping.Namespace).
			Patch(ctx, mapping.Name, types.MergePatchType, content, metav1.PatchOptions{}, "status")
	}
	if err != nil && !apierrors.IsNotFound(err) {
		s.logger.Warn("status not written", "mapping", mapping.Namespace+"/"+mapping.Name, "reason", err.Error())
		return false
	}
	return true
}
