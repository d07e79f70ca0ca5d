package model

import (
	"strings"
	"testing"
)

const everyListener = `
---
{kind: Listener, metadata: {name: http}, spec: {port: 8080, protocol: HTTP, securityModel: XFP, hostBinding: {namespace: {from: ALL}}}}`

func TestAHostTakesMappingsByHostnameAndLabels(t *testing.T) {
	for _, row := range []struct {
		host, mapping string
		taken         bool
	}{
		{`hostname: "*"`, `}, spec: {hostname: x`, true},
		{`hostname: "*"`, `}, spec: {host: x`, true},
		{`hostname: "*"`, `}, spec: {headers: {":authority": x}`, true},
		{`hostname: x`, `}, spec: {hostname: y`, false},
		{`hostname: "*"`, `}, spec: {prefix_exact: false`, false},
		{`hostname: x`, `}, spec: {host: "y.*", host_regex: true`, true},
		{`hostname: x, mappingSelector: {matchLabels: {l: v}}`, `, labels: {l: v}}, spec: {hostname: x`, true},
		{`hostname: x, mappingSelector: {matchLabels: {l: v}}`, `, labels: {l: w}}, spec: {hostname: x`, false},
		{`hostname: x, mappingSelector: {matchLabels: {l: v}}`, `, labels: {l: v}}, spec: {hostname: y`, false},
		{`hostname: x, mappingSelector: {matchLabels: {l: v, m: w}}`, `, labels: {l: v}}, spec: {hostname: x`, false},
		{`hostname: x, selector: {matchLabels: {l: v}}`, `, labels: {l: v}}, spec: {prefix_exact: false`, true},
		{`hostname: x, mappingSelector: {matchLabels: {l: v}}`, `, labels: {l: v}}, spec: {host: "y.*", host_regex: true`, true},
	} {
		model := Build(objects(t, `{kind: Host, metadata: {name: h}, spec: {`+row.host+`}}
---
{kind: Mapping, metadata: {name: m`+row.mapping+`, prefix: /, service: foo}}`+everyListener))
		if taken := len(model.Listeners[0].Hosts[0].Groups) == 1; taken != row.taken {
			t.Errorf("%s takes %s: %v", row.host, row.mapping, taken)
		}
		explained := false
		for _, notice := range model.Report.Notices {
			explained = explained || strings.Contains(notice.Text, "no Host takes this Mapping")
		}
		if explained == row.taken {
			t.Errorf("%s, %s: explained: %v", row.host, row.mapping, explained)
		}
	}
}

func TestWithoutAHostThereIsOneForCleartext(t *testing.T) {
	model := Build(objects(t, `{kind: Mapping, metadata: {name: m}, spec: {hostname: "*", prefix: /, service: foo}}`+everyListener))
	host := model.Listeners[0].Hosts[0]
	if host.Hostname != "*" || host.Insecure != Route || len(host.Groups) != 1 {
		t.Errorf("%+v", host)
	}
	if !strings.Contains(model.Report.Notices[0].Text, "cleartext-only") {
		t.Errorf("%v", model.Report.Notices)
	}
}

func TestAHostWithAWrongCertificateIsLeftOut(t *testing.T) {
	for fields, words := range map[string]string{
		"tlsSecret: {name: certificate}":                        "",
		"tlsSecret: {name: missing}":                            "invalid TLS secret missing.default",
		"tlsSecret: {name: missing, namespace: other}":          "invalid TLS secret missing.other",
		"tlsSecret: {name: certificate}, tlsContext: {name: c}": "does not know the details of TLS",
	} {
		model := Build(objects(t, `{kind: Host, metadata: {name: h}, spec: {hostname: x, `+fields+`}}`+everyListener))
		if got := errorsOf(model); !strings.Contains(got, words) || (words == "") != (got == "") {
			t.Errorf("%s: %q", fields, got)
		}
		if words == "" && model.Listeners[0].Hosts[0].Certificate == nil {
			t.Error("the certificate is missing")
		}
	}
}

func TestAListenerBindsHostsByNamespaceAndLabel(t *testing.T) {
	hosts := `{kind: Host, metadata: {name: a, labels: {l: v}}, spec: {hostname: a}}
---
{kind: Host, metadata: {name: b}, spec: {hostname: b}}
---
{kind: Host, metadata: {name: c, namespace: other, labels: {l: v}}, spec: {hostname: c}}
---
{kind: Host, metadata: {name: d}, spec: {hostname: B, requestPolicy: {insecure: {action: Reject}}}}
---
`
	for binding, want := range map[string]string{
		"hostBinding: {namespace: {from: ALL}}":                                                             "a B c",
		"hostBinding: {namespace: {from: SELF}}":                                                            "a B",
		"hostBinding: {selector: {matchLabels: {l: v}}}":                                                    "a",
		"hostBinding: {namespace: {from: ALL}, selector: {matchLabels: {l: v}}}":                            "a c",
		"hostBinding: {namespace: {from: ALL}, selector: {matchLabels: {l: w}}}":                            "",
		"hostBinding: {namespace: {from: ALL}, selector: {matchExpressions: [{key: l, operator: Exists}]}}": "",
		"hostBinding: {}": "",
		"hostBinding: {namespace: {from: ALL}}, securityModel: INSECURE": "a b c",
	} {
		if !strings.Contains(binding, "securityModel") {
			binding += ", securityModel: XFP"
		}
		model := Build(objects(t, hosts+`{kind: Listener, metadata: {name: l}, spec: {port: 80, protocol: HTTP, `+binding+`}}`))
		var got []string
		for _, listener := range model.Listeners {
			for _, host := range listener.Hosts {
				got = append(got, host.Hostname)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, not %s", binding, got, want)
		}
		if want == "" && errorsOf(model) == "" {
			t.Errorf("%s: nothing is said", binding)
		}
	}
}

func TestAListenersProtocolMustEndInHTTPOverTCP(t *testing.T) {
	for fields, words := range map[string]string{
		"protocol: HTTP":                             "",
		"protocol: HTTPS":                            "",
		"protocol: HTTPPROXY":                        "",
		"protocolStack: [TLS, HTTP, TCP]":            "",
		"protocol: HTTP, protocolStack: [HTTP, TCP]": "using protocolStack and ignoring protocol",
		"protocol: TCP":                              "no TCPMappings and no HTTP/3",
		"protocol: UDP":                              "protocol UDP is not valid",
		"protocolStack: [HTTP, UDP]":                 "no TCPMappings and no HTTP/3",
		"l7Depth: 0":                                 "one of protocol and protocolStack must be specified",
	} {
		model := Build(objects(t, `{kind: Listener, metadata: {name: l, namespace: emissary}, spec: {port: 80, securityModel: XFP, hostBinding: {namespace: {from: ALL}}, `+fields+`}}`))
		if got := errorsOf(model); !strings.Contains(got, words) || (words == "") != (got == "") {
			t.Errorf("%s: %q", fields, got)
		}
	}
	model := Build(objects(t, `{kind: Listener, metadata: {name: a, namespace: emissary}, spec: {port: 80, protocol: HTTP, securityModel: XFP, hostBinding: {namespace: {from: ALL}}}}
---
{kind: Listener, metadata: {name: b, namespace: emissary}, spec: {port: 80, protocol: HTTPS, securityModel: XFP, hostBinding: {namespace: {from: ALL}}}}`))
	if len(model.Listeners) != 1 || !strings.Contains(errorsOf(model), "Duplicate listener b") {
		t.Errorf("%d Listeners, %s", len(model.Listeners), errorsOf(model))
	}
	if model := Build(Input{Namespace: "emissary"}); len(model.Report.Errors) != 0 || !strings.Contains(model.Report.Notices[1].Text, "no active Listeners") {
		t.Errorf("%v", model.Report)
	}
}
