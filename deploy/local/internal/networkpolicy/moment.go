package networkpolicy

import "k8s.io/client-go/tools/cache"

// moment lets a whole synchronization see the pods and namespaces as they were when it began. The controller reads them
// anew for each policy, and once more for the chains of pods: a pod whose address came in between would be refused what
// the policies before allow it, or be open to everybody, until the next synchronization.
type moment struct {
	live []cache.SharedIndexInformer
	seen []cache.Indexer
}

// newMoment gives what stands in for the informers of pods, namespaces and policies, in this order. A synchronization
// begins by listing the policies, so that these are never older than the pods that they are for.
func newMoment(pods, namespaces, policies cache.SharedIndexInformer) (_, _, _ cache.SharedIndexInformer) {
	m := &moment{live: []cache.SharedIndexInformer{pods, namespaces}}
	var seen [2]cache.SharedIndexInformer
	for at, informer := range m.live {
		indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, informer.GetIndexer().GetIndexers())
		m.seen = append(m.seen, indexer)
		seen[at] = shownAs{informer, indexer}
	}
	return seen[0], seen[1], shownAs{policies, beginning{policies.GetIndexer(), m}}
}

func (m *moment) begin() {
	for at, informer := range m.live {
		_ = m.seen[at].Replace(informer.GetIndexer().List(), "") // only an object without a name is refused
	}
}

// shownAs is an informer whose objects are read elsewhere.
type shownAs struct {
	cache.SharedIndexInformer
	indexer cache.Indexer
}

func (s shownAs) GetIndexer() cache.Indexer { return s.indexer }

// beginning is the policies, the listing of which begins a synchronization.
type beginning struct {
	cache.Indexer
	moment *moment
}

func (b beginning) List() []any {
	b.moment.begin()
	return b.Indexer.List()
}
