// Package model works out, from Emissary's objects alone, what the ingress shall do: which Hosts a Listener serves, which
// Mappings form a group, in which order they are asked and with which weights, and what is wrong with them.
package model

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// Entry is one line of the diagnostics: the object that it is about, or nothing, and words.
type Entry struct {
	Key  string
	Text string
}

// State is how one Mapping fares.
type State struct {
	// Dropped says that the Mapping takes part in nothing.
	Dropped bool
	Reasons []string
}

// Report collects what there is to say about the objects.
type Report struct {
	Errors   []Entry
	Notices  []Entry
	Mappings map[types.NamespacedName]*State
}

// KeyOf is the name by which the diagnostics speak of an object.
func KeyOf(object types.NamespacedName) string {
	return fmt.Sprintf("%s.%s.1", object.Name, object.Namespace)
}

func (r *Report) fail(object types.NamespacedName, format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	r.Errors = append(r.Errors, Entry{Key: KeyOf(object), Text: text})
	r.remark(object, text)
}

func (r *Report) failGlobally(format string, arguments ...any) {
	r.Errors = append(r.Errors, Entry{Text: fmt.Sprintf(format, arguments...)})
}

func (r *Report) notice(object types.NamespacedName, format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	r.Notices = append(r.Notices, Entry{Key: KeyOf(object), Text: text})
	r.remark(object, text)
}

// remark adds words to a Mapping's state, if the object is one.
func (r *Report) remark(object types.NamespacedName, text string) {
	if state := r.Mappings[object]; state != nil && !slices.Contains(state.Reasons, text) {
		state.Reasons = append(state.Reasons, text)
	}
}

func (r *Report) drop(object types.NamespacedName) {
	if state := r.Mappings[object]; state != nil {
		state.Dropped = true
	}
}
