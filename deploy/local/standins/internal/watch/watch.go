// Package watch keeps copies of the cluster's objects of some kinds in memory, and says when one of them changed.
package watch

import (
	"context"
	"fmt"
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
)

// Kind is a kind of object to keep, in all namespaces.
type Kind struct {
	Resource      schema.GroupVersionResource
	FieldSelector string
	// Decode makes the type that readers want, without what they do not read.
	Decode func(*unstructured.Unstructured) (metav1.Object, error)
}

// Undecodable stands for an object whose content does not fit its type.
type Undecodable struct {
	metav1.ObjectMeta
	Err error
}

// Store holds the copies.
type Store struct {
	informers map[schema.GroupVersionResource]cache.SharedIndexInformer
	changed   chan struct{}
}

// Decode reads an object into its Go type.
func Decode[T any, P interface {
	*T
	metav1.Object
}](object *unstructured.Unstructured) (metav1.Object, error) {
	decoded := P(new(T))
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, decoded); err != nil {
		return nil, err
	}
	return decoded, nil
}

// New prepares a store; Run fills it.
func New(client dynamic.Interface, kinds ...Kind) (*Store, error) {
	store := &Store{informers: map[schema.GroupVersionResource]cache.SharedIndexInformer{}, changed: make(chan struct{}, 1)}
	for _, kind := range kinds {
		informer := cache.NewSharedIndexInformer(listWatch(client, kind), &unstructured.Unstructured{}, 0, cache.Indexers{})
		if err := informer.SetTransform(kind.transform); err != nil {
			return nil, err
		}
		if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { store.signal() },
			UpdateFunc: func(before, after any) {
				if !sameContent(before, after) {
					store.signal()
				}
			},
			DeleteFunc: func(any) { store.signal() },
		}); err != nil {
			return nil, err
		}
		store.informers[kind.Resource] = informer
	}
	return store, nil
}

func listWatch(client dynamic.Interface, kind Kind) cache.ListerWatcher {
	resource := client.Resource(kind.Resource)
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = kind.FieldSelector
			return resource.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (apiwatch.Interface, error) {
			options.FieldSelector = kind.FieldSelector
			return resource.Watch(ctx, options)
		},
	}
}

func (k Kind) transform(object any) (any, error) {
	raw, ok := object.(*unstructured.Unstructured)
	if !ok {
		return object, nil
	}
	decoded, err := k.Decode(raw)
	if err != nil {
		return &Undecodable{ObjectMeta: metav1.ObjectMeta{
			Name: raw.GetName(), Namespace: raw.GetNamespace(), UID: raw.GetUID(), ResourceVersion: raw.GetResourceVersion(),
		}, Err: err}, nil
	}
	decoded.SetManagedFields(nil)
	return decoded, nil
}

// Run watches until the context ends, and returns when every kind has been read once.
func (s *Store) Run(ctx context.Context) error {
	for _, informer := range s.informers {
		go informer.RunWithContext(ctx)
	}
	for resource, informer := range s.informers {
		if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			return fmt.Errorf("%s were not read: %w", resource.Resource, context.Cause(ctx))
		}
	}
	return nil
}

// Changed receives once after any number of changes.
func (s *Store) Changed() <-chan struct{} { return s.changed }

func (s *Store) signal() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// sameContent tells whether only the status of an object changed, as far as its kind lets that be seen.
func sameContent(before, after any) bool {
	old, known := before.(metav1.Object)
	new, readable := after.(metav1.Object)
	return known && readable && old.GetGeneration() != 0 && old.GetGeneration() == new.GetGeneration() &&
		old.GetUID() == new.GetUID() && maps.Equal(old.GetLabels(), new.GetLabels())
}

// List gives the objects of a kind that could be read; those that could not are of type *Undecodable.
func List[T metav1.Object](store *Store, resource schema.GroupVersionResource) []T {
	var found []T
	for _, object := range store.informers[resource].GetStore().List() {
		if typed, ok := object.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

// Get gives one object, by its namespace and name.
func Get[T metav1.Object](store *Store, resource schema.GroupVersionResource, namespace, name string) (T, bool) {
	object, exists, err := store.informers[resource].GetStore().GetByKey(namespace + "/" + name)
	typed, ok := object.(T)
	return typed, err == nil && exists && ok
}
