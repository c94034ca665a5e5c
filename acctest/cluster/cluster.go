// Package cluster is what acceptance tests do to a cluster with nodes as its administrator: apply and delete objects, wait until they are
// ready, run programs in pods, read logs.
package cluster

import (
	"fmt"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a cluster as its administrator sees it. It is safe for concurrent use.
type Cluster struct {
	// Config is the administrator's, and API and Dynamic are clients of it.
	Config  *rest.Config
	API     kubernetes.Interface
	Dynamic dynamic.Interface

	discovery discovery.DiscoveryInterface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
}

// Connect gives the cluster of a kubeconfig's current context. It asks the cluster nothing yet.
func Connect(kubeconfig string) (*Cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig %s: %w", kubeconfig, err)
	}
	config.QPS = -1 // it is a cluster of tests alone
	config.WarningHandler = rest.NoWarnings{}
	c := &Cluster{Config: config}
	if c.API, err = kubernetes.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("connect to the cluster of %s: %w", kubeconfig, err)
	}
	if c.Dynamic, err = dynamic.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("connect to the cluster of %s: %w", kubeconfig, err)
	}
	c.discovery = c.API.Discovery()
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(c.discovery))
	return c, nil
}
