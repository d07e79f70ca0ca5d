package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAPodIsMeshedByItsContainersAlone(t *testing.T) {
	for _, c := range []struct {
		containers, initContainers []container
		want                       bool
	}{
		{[]container{{"web"}}, nil, false},
		{[]container{{"web"}}, []container{{"linkerd-proxy"}}, true},
		{[]container{{"linkerd-proxy"}}, nil, true},
		// Such a pod writes its rules itself.
		{[]container{{"linkerd-proxy"}}, []container{{"linkerd-init"}}, false},
	} {
		found := pod{}
		found.Spec.Containers, found.Spec.InitContainers = c.containers, c.initContainers
		if got := found.isMeshed(); got != c.want {
			t.Errorf("%v, %v: %v", c.initContainers, c.containers, got)
		}
	}
}

func TestAPodThatTheNodeMayNotReadYetIsAskedForAgain(t *testing.T) {
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries < 3 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`{"spec": {"containers": [{"name": "linkerd-proxy"}]}}`))
	}))
	defer server.Close()
	if pod, err := await(server.Client(), server.URL); err != nil || !pod.isMeshed() || tries != 3 {
		t.Errorf("%+v after %d tries, %v", pod, tries, err)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	if _, err := await(gone.Client(), gone.URL); err == nil || errors.Is(err, errRefused) {
		t.Errorf("a pod that is gone: %v", err)
	}
}
