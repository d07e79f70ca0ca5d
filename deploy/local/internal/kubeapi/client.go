// Package kubeapi speaks to the cluster's API server as its admin: as much as a start needs, over plain HTTP.
package kubeapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"seaworthy/deploy/local/internal/layout"
)

// Client is a connection to the API server.
type Client struct {
	http   *http.Client
	server string

	mutex sync.Mutex
	// resources are the kinds that the API server said it serves, by version.
	resources map[string][]resource
}

// Object is a Kubernetes object as it stands in a manifest.
type Object map[string]any

// New reads the admin's certificate from the cluster's folder.
func New(folder layout.Layout) (*Client, error) {
	certificate, err := tls.LoadX509KeyPair(folder.Credential("admin.crt"), folder.Credential("admin.key"))
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(folder.Credential("ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 8,
	}
	return &Client{
		http:      &http.Client{Transport: transport, Timeout: 30 * time.Second},
		server:    layout.APIServerURL(),
		resources: map[string][]resource{},
	}, nil
}

// IsReady tells whether the API server takes requests, and why not.
func (c *Client) IsReady(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodGet, "/readyz", nil)
	return err
}

// Version gives the version that the API server says it has.
func (c *Client) Version(ctx context.Context) (string, error) {
	content, err := c.call(ctx, http.MethodGet, "/version", nil)
	if err != nil {
		return "", err
	}
	version := struct{ GitVersion string }{}
	if err := json.Unmarshal(content, &version); err != nil {
		return "", err
	}
	return version.GitVersion, nil
}

// Get fetches the object at a path of the API.
func (c *Client) Get(ctx context.Context, path string) (Object, error) {
	content, err := c.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	object := Object{}
	return object, json.Unmarshal(content, &object)
}

// Apply makes the object be as given, whatever of it there is already.
func (c *Client) Apply(ctx context.Context, object Object) error {
	reference, err := object.Reference()
	if err != nil {
		return err
	}
	path, err := c.pathOf(ctx, reference)
	if err != nil {
		return err
	}
	content, err := json.Marshal(object)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, http.MethodPatch, path+"?fieldManager=seaworthy-cluster&force=true", content)
	return err
}

// Find fetches an object by its name.
func (c *Client) Find(ctx context.Context, reference Reference) (Object, error) {
	path, err := c.pathOf(ctx, reference)
	if err != nil {
		return nil, err
	}
	return c.Get(ctx, path)
}

// Delete removes an object; one that is gone already is no error.
func (c *Client) Delete(ctx context.Context, reference Reference) error {
	path, err := c.pathOf(ctx, reference)
	if err == nil {
		_, err = c.call(ctx, http.MethodDelete, path, nil)
	}
	if IsGone(err) {
		return nil
	}
	return err
}

// IsGone tells whether the error says that there is no such object.
func IsGone(err error) bool {
	var refused *StatusError
	var notServed *NotServed
	return errors.As(err, &notServed) || (errors.As(err, &refused) && refused.Code == http.StatusNotFound)
}

// StatusError is a refusal by the API server.
type StatusError struct {
	Method, Path string
	Code         int
	Message      string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s %s: %d %s: %s", e.Method, e.Path, e.Code, http.StatusText(e.Code), e.Message)
}

func (c *Client) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the API server does not answer: %w", err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("the API server broke off its answer: %w", err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, &StatusError{Method: method, Path: path, Code: response.StatusCode, Message: message(content)}
	}
	return content, nil
}

// message picks the sentence out of the API server's error object.
func message(content []byte) string {
	status := struct{ Message string }{}
	if json.Unmarshal(content, &status) == nil && status.Message != "" {
		return status.Message
	}
	return strings.TrimSpace(string(content))
}
