// Package preflight says in plain words what is missing before anything is changed.
package preflight

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Masterminds/semver/v3"

	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/tools"
)

// Bound is how long a source may take to answer.
const Bound = 5 * time.Second

// Version asks the cluster for its version.
func Version(ctx context.Context, run tools.Run) (string, error) {
	out, err := run(ctx, nil, "kubectl", "version", "--output", "json", "--request-timeout", "10s")
	if err != nil {
		return "", fmt.Errorf("the cluster does not answer: %w", err)
	}
	answer := struct{ ServerVersion struct{ GitVersion string } }{}
	if err := json.Unmarshal(out, &answer); err != nil || answer.ServerVersion.GitVersion == "" {
		return "", fmt.Errorf("the cluster does not say its version: %s", strings.TrimSpace(string(out)))
	}
	return answer.ServerVersion.GitVersion, nil
}

// Rights says what the kubeconfig's user may not do: charts make cluster roles, webhooks and resource definitions.
func Rights(ctx context.Context, run tools.Run) string {
	out, err := run(ctx, nil, "kubectl", "auth", "can-i", "*", "*", "--all-namespaces", "--request-timeout", "10s")
	switch answer := strings.TrimSpace(string(out)); {
	case answer == "yes":
		return ""
	case answer == "no":
		return "The kubeconfig's user is no admin of the cluster (`kubectl auth can-i '*' '*' -A` says no): the charts make cluster roles, webhooks and resource definitions."
	default:
		return fmt.Sprintf("Whether the kubeconfig's user may install cannot be found out: %v", err)
	}
}

// Kubernetes says why a chart is not for this version of Kubernetes; "" when it is.
func Kubernetes(release pins.Release, accepted, version string) string {
	if accepted == "" {
		return ""
	}
	constraint, err := semver.NewConstraint(accepted)
	if err != nil {
		return fmt.Sprintf("%s says that it is for Kubernetes %q, which is no range of versions.", release.Name, accepted)
	}
	found, err := semver.NewVersion(version)
	if err != nil {
		return fmt.Sprintf("The cluster's version %q cannot be read.", version)
	}
	// What a provider adds to a version, such as -gke.1, is no release before it.
	plain, _ := found.SetPrerelease("")
	if constraint.Check(&plain) {
		return ""
	}
	return fmt.Sprintf("%s %s is for Kubernetes %s; the cluster is %s.", release.Name, release.Version, accepted, version)
}

// Source is an address that must answer, and what for.
type Source struct{ URL, For string }

// Sources adds those that a part needs to others: for the charts that are not on this machine yet, and for all images.
func Sources(others []Source, part pins.Part, missing []pins.Release) []Source {
	add := func(source Source) {
		same := func(other Source) bool { return other.URL == source.URL }
		if !slices.ContainsFunc(others, same) {
			others = append(others, source)
		}
	}
	for _, release := range missing {
		add(Source{URL: probe(release.Repository), For: "charts of " + part.Product})
	}
	for _, host := range part.Images {
		add(Source{URL: probe("oci://" + host), For: "images of " + part.Product})
	}
	return others
}

// probe is an address of the repository that answers anybody, if only that one must sign in.
func probe(repository string) string {
	if rest, found := strings.CutPrefix(repository, "oci://"); found {
		host, _, _ := strings.Cut(rest, "/")
		scheme := "https"
		if strings.HasPrefix(host, "127.0.0.1:") {
			scheme = "http"
		}
		return scheme + "://" + host + "/v2/"
	}
	return strings.TrimSuffix(repository, "/") + "/index.yaml"
}

// Unreachable asks all sources at the same time, and says which did not answer within the bound.
func Unreachable(ctx context.Context, sources []Source, bound time.Duration) []string {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	faults := make([]string, len(sources))
	var all sync.WaitGroup
	for at, source := range sources {
		all.Go(func() {
			if err := answers(ctx, source.URL); err != nil {
				faults[at] = fmt.Sprintf("%s (%s) does not answer this machine within %s: %v.", host(source.URL), source.For, bound, err)
			}
		})
	}
	all.Wait()
	return slices.DeleteFunc(faults, func(fault string) bool { return fault == "" })
}

func answers(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if inner, isURL := err.(*url.Error); isURL {
			return inner.Err
		}
		return err
	}
	response.Body.Close()
	// 401 is how a registry asks for a token, which helm and the nodes get by themselves.
	if response.StatusCode >= http.StatusBadRequest && response.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("it says %s", response.Status)
	}
	return nil
}

func host(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	return parsed.Host
}
