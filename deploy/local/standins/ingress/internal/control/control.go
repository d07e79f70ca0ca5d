// Package control keeps Envoy at what the cluster's objects say.
package control

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"seaworthy/deploy/local/standins/ingress/internal/cluster"
	"seaworthy/deploy/local/standins/ingress/internal/model"
	"seaworthy/deploy/local/standins/ingress/internal/translate"
	"seaworthy/deploy/local/standins/internal/envoy"
	"seaworthy/deploy/local/standins/internal/watch"
	"seaworthy/deploy/local/standins/internal/xds"
)

const (
	// gatherTime lets changes that come together become one.
	gatherTime = 20 * time.Millisecond
	// publishTimeout bounds the waits for Envoy's answers and for addresses that are looked up.
	publishTimeout = 2 * time.Second
	// maxSilence bounds how often Envoy's answers to one change are waited for.
	maxSilence = 30
	// maxRefusals bounds how often one change is tried again without what Envoy refuses.
	maxRefusals = 20
)

// Loop is the control loop.
type Loop struct {
	Store     *watch.Store
	Node      *xds.Node
	Admin     envoy.Admin
	Envoy     string
	Namespace string
	Logger    *slog.Logger

	current atomic.Pointer[model.Model]
	// refused are the objects that Envoy does not take, by the generation that it was asked about.
	refused map[types.UID]refusal
	// accepted are the generations of the Mappings in the last configuration that Envoy took.
	accepted map[types.UID]int64
}

type refusal struct {
	generation int64
	reason     string
}

// Current is the model in force, or nothing before the first.
func (l *Loop) Current() *model.Model { return l.current.Load() }

// Run follows the objects until the context ends. After each change it calls reported.
func (l *Loop) Run(ctx context.Context, reported func(*model.Model)) {
	l.refused, l.accepted = map[types.UID]refusal{}, map[types.UID]int64{}
	silence := 0
	for {
		began := time.Now()
		current, err := l.reconcile(ctx)
		if err != nil {
			l.Logger.Error("configuration not updated", "reason", err.Error())
		}
		l.current.Store(current)
		reported(current)
		l.Logger.Debug("configuration updated", "took", time.Since(began).String(), "errors", len(current.Report.Errors))
		// A refusal may come after the wait for it, on a busy machine.
		var again <-chan time.Time
		if l.Node.IsUnanswered() && silence < maxSilence {
			again = time.After(publishTimeout)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.Store.Changed():
			silence = 0
		case <-again:
			silence++
		}
		time.Sleep(gatherTime)
	}
}

// reconcile makes Envoy serve what the objects say, without those that it refuses.
func (l *Loop) reconcile(ctx context.Context) (*model.Model, error) {
	objects := cluster.Snapshot(l.Store)
	input := objects.Input(l.Namespace)
	generations := map[types.UID]int64{}
	for _, mapping := range input.Mappings {
		generations[mapping.UID] = mapping.Generation
	}
	for _, listener := range input.Listeners {
		generations[listener.UID] = listener.Generation
	}
	for uid, refused := range l.refused {
		if generations[uid] != refused.generation {
			delete(l.refused, uid)
		}
	}
	var current *model.Model
	var err error
	for range maxRefusals {
		input.Refused = l.reasons()
		current = model.Build(input)
		var culprits map[types.UID]string
		culprits, err = l.try(ctx, input, current, objects.Addresses)
		if err == nil && len(culprits) == 0 {
			if !l.Node.IsUnanswered() {
				l.accepted = generations
			}
			return current, nil
		}
		if len(culprits) == 0 {
			break
		}
		for uid, reason := range culprits {
			l.refused[uid] = refusal{generation: generations[uid], reason: reason}
			l.Logger.Warn("object refused", "uid", string(uid), "reason", reason)
		}
	}
	current.Report.Errors = append(current.Report.Errors, model.Entry{
		Text: "Envoy does not take the configuration, no update performed, continuing with current configuration: " + describe(err),
	})
	return current, err
}

func describe(err error) string {
	if err == nil {
		return "too many objects were refused"
	}
	return err.Error()
}

func (l *Loop) reasons() map[types.UID]string {
	reasons := map[types.UID]string{}
	for uid, refused := range l.refused {
		reasons[uid] = refused.reason
	}
	return reasons
}

// try hands the model to Envoy, and finds out whose fault it is if that fails.
func (l *Loop) try(ctx context.Context, input model.Input, current *model.Model, addresses translate.Addresses) (map[types.UID]string, error) {
	result, err := translate.Translate(current, addresses)
	if err != nil || len(result.Refused) > 0 {
		return result.Refused, err
	}
	limited, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	err = l.Node.Publish(limited, result.Configuration, l.Admin.AwaitClusters)
	var refused *xds.Refusal
	if errors.As(err, &refused) {
		return l.culprits(ctx, refused, input, current, result), err
	}
	return nil, err
}
