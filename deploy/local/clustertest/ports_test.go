package clustertest

import "testing"

func TestAPodOfALabReachesWhatPartsOfferItAndNoneOfTheirOwnPorts(t *testing.T) {
	own, other := newLab(t), newLab(t)
	other.deploy("qotm", 1000, "")
	// Its own proxy would answer for an address that cannot be reached.
	own.deploy("toolbox", 1000, "linkerd.io/inject: disabled")
	for address, want := range map[string]string{
		"http://metrics-api.linkerd-viz:8085/healthz":  "200",
		"http://jaeger.observability:4318/v1/traces":   "405",
		"https://linkerd-identity.linkerd:8080/config": "401",
		"http://emissary-ingress.emissary/nowhere":     "404",
	} {
		own.answers("toolbox", address, want)
	}
	address := func(namespace, selector string) string {
		return kubectl(t, "-n", namespace, "get", "pods", "-l", selector, "-o", "jsonpath={.items[0].status.podIP}")
	}
	ingress, mesh, node := address("emissary", "app.kubernetes.io/name=emissary-standin"), address("linkerd", "app=linkerd-standin"), kubectl(t, "get", "nodes", "-o",
		`jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}`)
	prometheus, jaeger := address("linkerd-viz", "component=prometheus"), address("observability", "app.kubernetes.io/name=jaeger")
	victim := other.podAddress("qotm")
	for _, address := range []string{
		"http://emissary-ingress-admin.emissary:8877/ambassador/v0/diag/", "http://" + ingress + ":8877/metrics", "http://" + ingress + ":8001/config_dump",
		"https://linkerd-proxy-injector.linkerd/inject", "https://" + mesh + ":9443/inject",
		"http://prometheus.linkerd-viz:9090/api/v1/query?query=up", "http://" + prometheus + ":9090/federate",
		"http://jaeger.observability:16686/api/v3/services", "http://" + jaeger + ":16686/api/v3/services",
		"https://" + node + ":10250/pods", "https://" + node + ":2379/version", "http://" + node + ":10249/configz", "https://" + node + ":10259/metrics",
		"http://169.254.169.254/latest/meta-data/", "http://qotm." + other.namespace + "/", "http://" + victim + ":8080/",
		"http://" + victim + ":4191/metrics", "https://" + victim + ":4143/",
	} {
		if got := own.status("toolbox", address); got != "000" {
			t.Errorf("%s answers %s", address, got)
		}
	}
}
