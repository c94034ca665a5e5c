package cluster

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Discover gives what the server serves. An aggregated API server that is away takes its own groups from it and no others.
func (c *Client) Discover(ctx context.Context) (found *Discovery, err error) {
	err = c.guard(ctx, func() error {
		groups, lists, err := c.discovery.ServerGroupsAndResourcesWithContext(ctx)
		var failed *discovery.ErrGroupDiscoveryFailed
		if err != nil && !errors.As(err, &failed) {
			return err
		}
		if found, err = discovered(groups, lists); err != nil {
			return err
		}
		if failed != nil {
			found.Failed = failed.Groups
		}
		return nil
	})
	return found, err
}

func discovered(groups []*metav1.APIGroup, lists []*metav1.APIResourceList) (*Discovery, error) {
	found := &Discovery{Groups: map[string][]Version{}, Failed: map[schema.GroupVersion]error{}}
	resources := map[schema.GroupVersion]map[string][]string{}
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, fmt.Errorf("discovery lists %q: %w", list.GroupVersion, err)
		}
		verbs := map[string][]string{}
		for _, r := range list.APIResources {
			verbs[r.Name] = r.Verbs
		}
		resources[gv] = verbs
	}
	for _, group := range groups {
		for _, version := range group.Versions {
			gv := schema.GroupVersion{Group: group.Name, Version: version.Version}
			if verbs, ok := resources[gv]; ok {
				found.Groups[group.Name] = append(found.Groups[group.Name], Version{Name: version.Version, Resources: verbs})
			}
		}
	}
	return found, nil
}
