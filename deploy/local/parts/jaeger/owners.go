package main

import (
	"context"
	"fmt"
	"net"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// owners tells the namespace of the pod that has an address.
type owners func(ip net.IP) (namespace string, isKnown bool)

const byAddress = "address"

// watchPods follows the cluster's pods until the context ends, and returns once it knows them all.
func watchPods(ctx context.Context) (owners, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, err
	}
	client, err := podClient(config)
	if err != nil {
		return nil, err
	}
	pods := cache.NewListWatchFromClient(client, "pods", corev1.NamespaceAll, fields.Everything())
	informer := cache.NewSharedIndexInformer(pods, &corev1.Pod{}, 0, cache.Indexers{byAddress: addresses})
	if err := informer.SetTransform(onlyAddress); err != nil {
		return nil, err
	}
	go informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return nil, fmt.Errorf("the pods were not read: %w", context.Cause(ctx))
	}
	return ownersIn(informer.GetIndexer()), nil
}

// podClient knows pods alone, which takes a fraction of the memory of all kinds.
func podClient(config *rest.Config) (*rest.RESTClient, error) {
	known := runtime.NewScheme()
	if err := corev1.AddToScheme(known); err != nil {
		return nil, err
	}
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(known).WithoutConversion()
	config.ContentType = runtime.ContentTypeProtobuf
	return rest.RESTClientFor(config)
}

// onlyAddress drops everything that is not looked at.
func onlyAddress(object any) (any, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return object, nil
	}
	kept := &corev1.Pod{}
	kept.Name, kept.Namespace, kept.ResourceVersion, kept.UID = pod.Name, pod.Namespace, pod.ResourceVersion, pod.UID
	kept.Spec.HostNetwork, kept.Status.Phase, kept.Status.PodIPs = pod.Spec.HostNetwork, pod.Status.Phase, pod.Status.PodIPs
	return kept, nil
}

// addresses are those that a pod has now: one that has ended may have left its to another, and one in the node's network has
// the node's.
func addresses(object any) ([]string, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok || pod.Spec.HostNetwork || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return nil, nil
	}
	var found []string
	for _, address := range pod.Status.PodIPs {
		if ip := net.ParseIP(address.IP); ip != nil {
			found = append(found, ip.String())
		}
	}
	return found, nil
}

// ownersIn looks an address up. While two pods claim one, it is nobody's.
func ownersIn(pods cache.Indexer) owners {
	return func(ip net.IP) (string, bool) {
		found, err := pods.ByIndex(byAddress, ip.String())
		if err != nil || len(found) != 1 {
			return "", false
		}
		pod, ok := found[0].(*corev1.Pod)
		if !ok {
			return "", false
		}
		return pod.Namespace, true
	}
}
