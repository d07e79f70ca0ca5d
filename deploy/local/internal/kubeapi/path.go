package kubeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Reference names an object without its content.
type Reference struct {
	Version   string `json:"apiVersion"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

func (r Reference) String() string {
	if r.Namespace == "" {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// Reference gives the object's own name.
func (o Object) Reference() (Reference, error) {
	metadata, _ := o["metadata"].(map[string]any)
	reference := Reference{}
	reference.Version, _ = o["apiVersion"].(string)
	reference.Kind, _ = o["kind"].(string)
	reference.Name, _ = metadata["name"].(string)
	reference.Namespace, _ = metadata["namespace"].(string)
	if reference.Version == "" || reference.Kind == "" || reference.Name == "" {
		return reference, fmt.Errorf("an object needs apiVersion, kind and name: %v", o)
	}
	return reference, nil
}

// resource is how the API server serves a kind.
type resource struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

// pathOf gives the object's place in the API, as the API server itself says where its kind is served.
func (c *Client) pathOf(ctx context.Context, reference Reference) (string, error) {
	served, err := c.resourcesOf(ctx, reference.Version)
	if err != nil {
		return "", err
	}
	for _, resource := range served {
		if resource.Kind != reference.Kind || strings.Contains(resource.Name, "/") {
			continue
		}
		path := root(reference.Version)
		if resource.Namespaced {
			if reference.Namespace == "" {
				return "", fmt.Errorf("%s %s has no namespace", reference.Kind, reference.Name)
			}
			path += "/namespaces/" + reference.Namespace
		}
		return path + "/" + resource.Name + "/" + reference.Name, nil
	}
	// A CRD that was established a moment ago may be missing from an older answer.
	c.forget(reference.Version)
	return "", &NotServed{Kind: reference.Kind, Version: reference.Version}
}

// NotServed says that there can be no object of the kind.
type NotServed struct{ Kind, Version string }

func (n *NotServed) Error() string {
	return fmt.Sprintf("the API server does not serve the kind %s of %s", n.Kind, n.Version)
}

func (c *Client) resourcesOf(ctx context.Context, version string) ([]resource, error) {
	c.mutex.Lock()
	known, found := c.resources[version]
	c.mutex.Unlock()
	if found {
		return known, nil
	}
	content, err := c.call(ctx, http.MethodGet, root(version), nil)
	if err != nil {
		return nil, err
	}
	list := struct{ Resources []resource }{}
	if err := json.Unmarshal(content, &list); err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.resources[version] = list.Resources
	return list.Resources, nil
}

func (c *Client) forget(version string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.resources, version)
}

func root(version string) string {
	if strings.Contains(version, "/") {
		return "/apis/" + version
	}
	return "/api/" + version
}
