package networkpolicy

import (
	"context"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"

	"seaworthy/deploy/local/internal/layout"
)

// oneNode answers which node this is from the layout: the controller asks the API server, where the kubelet registers the
// node only after the controller has to run.
type oneNode struct{ kubernetes.Interface }

func (c oneNode) CoreV1() typed.CoreV1Interface { return coreWithOneNode{c.Interface.CoreV1()} }

type coreWithOneNode struct{ typed.CoreV1Interface }

func (c coreWithOneNode) Nodes() typed.NodeInterface { return nodesOfOne{c.CoreV1Interface.Nodes()} }

type nodesOfOne struct{ typed.NodeInterface }

func (nodesOfOne) Get(context.Context, string, meta.GetOptions) (*core.Node, error) {
	return &core.Node{
		ObjectMeta: meta.ObjectMeta{Name: layout.NodeName},
		Status:     core.NodeStatus{Addresses: []core.NodeAddress{{Type: core.NodeInternalIP, Address: layout.NodeAddress}}},
	}, nil
}
