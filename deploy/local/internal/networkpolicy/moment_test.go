package networkpolicy

import (
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	listers "k8s.io/client-go/listers/core/v1"
)

func TestASynchronizationSeesThePodsOfOneMoment(t *testing.T) {
	factory := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
	pods, namespaces := factory.Core().V1().Pods().Informer(), factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	podsThen, namespacesThen, policiesThen := newMoment(pods, namespaces, policies)
	addressed := func() (found []string) {
		listed, err := listers.NewPodLister(podsThen.GetIndexer()).Pods("session").List(labels.Everything())
		if err != nil {
			t.Fatal(err)
		}
		for _, pod := range listed {
			found = append(found, pod.Status.PodIP)
		}
		if len(found) != len(podsThen.GetIndexer().List()) {
			t.Error("the pods of a namespace are not those that are listed")
		}
		return found
	}

	pod := &core.Pod{ObjectMeta: meta.ObjectMeta{Name: "toolbox", Namespace: "session"}}
	must(t, pods.GetIndexer().Add(pod))
	must(t, policies.GetIndexer().Add(&networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{Name: "dns", Namespace: "session"}}))
	if listed := policiesThen.GetIndexer().List(); len(listed) != 1 {
		t.Fatalf("%d policies", len(listed))
	}
	if found := addressed(); len(found) != 1 || found[0] != "" {
		t.Errorf("before it has an address: %q", found)
	}

	started := pod.DeepCopy()
	started.Status.PodIP = "10.244.0.7"
	must(t, pods.GetIndexer().Update(started))
	must(t, namespaces.GetIndexer().Add(&core.Namespace{ObjectMeta: meta.ObjectMeta{Name: "session"}}))
	if found := addressed(); len(found) != 1 || found[0] != "" {
		t.Errorf("in the midst of a synchronization: %q", found)
	}
	if listed := namespacesThen.GetIndexer().List(); len(listed) != 0 {
		t.Errorf("in the midst of a synchronization: %d namespaces", len(listed))
	}

	policiesThen.GetIndexer().List()
	if found := addressed(); len(found) != 1 || found[0] != "10.244.0.7" {
		t.Errorf("in the next one: %q", found)
	}
	if listed := namespacesThen.GetIndexer().List(); len(listed) != 1 {
		t.Errorf("in the next one: %d namespaces", len(listed))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
