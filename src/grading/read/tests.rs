//! What is a read, and what is none.

use super::*;

fn read(yaml: &str) -> Result<Read, String> {
    let value: serde_json::Value = crate::yaml::read(yaml).unwrap();
    serde_json::from_value(value).map_err(|fault| fault.to_string())
}

#[test]
fn each_kind_of_read_is_known_by_its_fields() {
    let object = read("{ apiVersion: v1, kind: Service, name: qotm }").unwrap();
    assert_eq!(object.describe(), "The Service qotm");
    let Read::Http(probe) = read(
        "http: { path: /quote/, requests: 200, atOnce: 10, timeoutSeconds: 1, counts: { by: { json: /server } } }",
    )
    .unwrap() else {
        panic!("it is a probe by HTTP")
    };
    assert_eq!((probe.method.as_str(), probe.requests, probe.timeout_seconds), ("GET", 200, 1));
    assert_eq!(probe.counts["by"], CountBy::Json("/server".to_owned()));
    assert_eq!(read("promql: sum(up)"), Ok(Read::Promql(PromqlProbe("sum(up)".to_owned()))));
    assert!(matches!(read("trace: { service: front }"), Ok(Read::Trace(TraceProbe { since_seconds: 900, .. }))));
    assert!(matches!(read("log: { labels: app=qotm }"), Ok(Read::Log(LogProbe { lines: 200, .. }))));
}

/// Every one of `reads` is refused, and told so.
fn assert_refused(reads: &[(&str, &str)]) {
    for (yaml, told) in reads {
        let fault = read(yaml).expect_err(yaml);
        assert!(fault.contains(told), "{yaml}: {fault}");
    }
}

#[test]
fn what_is_no_read_is_told_in_words() {
    assert_refused(&[
        ("{ kind: Service }", "by its apiVersion and its kind"),
        ("{ promql: up, kind: Pod }", "or one of http, promql, log"),
        ("{ promql: up, log: { labels: a=b } }", "or one of http, promql, log"),
        ("{}", "or one of http, promql, log"),
        ("{ apiVersion: v1, kind: Pod, namespace: other }", "unknown field"),
    ]);
}

#[test]
fn an_object_that_no_namespace_can_have_is_told_in_words() {
    assert_refused(&[
        ("{ apiVersion: v1, kind: Pod, name: a, labels: b=c }", "one of them picks it"),
        ("{ apiVersion: '', kind: Pod }", "apiVersion \"\" is none"),
        ("{ apiVersion: apps/v1/x, kind: Pod }", "is none"),
        ("{ apiVersion: Apps/v1, kind: Pod }", "is none"),
        ("{ apiVersion: apps, kind: Deployment }", "write one such as v1 or apps/v1"),
        ("{ apiVersion: v1, kind: pods }", "kind \"pods\" is none"),
        ("{ apiVersion: v1, kind: '' }", "kind \"\" is none"),
        ("{ apiVersion: v1, kind: Pod/log }", "is none"),
        ("{ apiVersion: v1, kind: Node, name: a }", "a Node belongs to no namespace"),
        ("{ apiVersion: v1, kind: Namespace }", "belongs to no namespace"),
        ("{ apiVersion: v1, kind: Pod, name: '' }", "can be no object's name"),
        ("{ apiVersion: v1, kind: Pod, name: ../../nodes/a }", "can be no object's name"),
        ("{ apiVersion: v1, kind: Pod, name: 'a b' }", "can be no object's name"),
        ("{ apiVersion: v1, kind: Pod, name: a?watch=1 }", "can be no object's name"),
        ("{ apiVersion: v1, kind: Pod, labels: 'a b=((' }", "labels: \"b\" behind a is no operator"),
    ]);
    for yaml in
        ["{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, name: 'system:a' }", "{ apiVersion: v1, kind: Pod }"]
    {
        assert!(read(yaml).is_ok(), "{yaml}");
    }
}

#[test]
fn a_request_that_does_not_pass_the_ingress_is_told_in_words() {
    for method in ["CONNECT", "TRACE", "get", "PURGE", "''", "'A B'"] {
        assert_refused(&[(&format!("http: {{ path: /, method: {method} }}"), "write one of GET, HEAD, POST")]);
    }
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        assert!(read(&format!("http: {{ path: /, method: {method} }}")).is_ok(), "{method}");
    }
    for name in
        ["Transfer-Encoding", "content-length", "Connection", "Keep-Alive", "TE", "Upgrade", "Expect", "Trailer"]
    {
        assert_refused(&[(&format!("http: {{ path: /, headers: {{ {name}: a }} }}"), "is set by the client itself")]);
    }
    for name in ["''", "'a b'", "'a:'", "':path'", "ä", "\"a\\n\""] {
        assert_refused(&[(&format!("http: {{ path: /, headers: {{ {name}: a }} }}"), "is no name of a header")]);
    }
    for value in ["\"a\\r\\nb: c\"", "\"a\\0\"", "\"a\\tb\"", "\"\\x7f\""] {
        assert_refused(&[(&format!("http: {{ path: /, headers: {{ x-a: {value} }} }}"), "with control characters")]);
    }
    for name in ["Host", "HOST"] {
        assert_refused(&[(
            &format!("http: {{ path: /, headers: {{ {name}: a }} }}"),
            "write what stands before it as subdomain",
        )]);
    }
    assert!(read("http: { path: /, headers: { X-Canary: 'yes', authorization: Bearer x, Accept: '*/*' } }").is_ok());
}

#[test]
fn an_address_that_is_none_is_told_in_words() {
    for path in ["quote", "''", "http://elsewhere/", "'/a b'", "/ä", "/%zz", "/100%", "'/a#b'", "\"/a\\nb\""] {
        assert_refused(&[(&format!("http: {{ path: {path} }}"), "is none: a path")]);
    }
    assert_refused(&[(&format!("http: {{ path: /{} }}", "a".repeat(2000)), "2000 characters")]);
    for subdomain in ["a.b", "''", "-a", "A", "'a b'", "ä", &"a".repeat(64)] {
        assert_refused(&[(&format!("http: {{ path: /, subdomain: {subdomain} }}"), "is not one label")]);
    }
    for path in ["/", "/qotm/?a=b&c=%20d", "/a//b/../c", "'/{id}'"] {
        assert!(read(&format!("http: {{ path: {path} }}")).is_ok(), "{path}");
    }
}

#[test]
fn a_probe_that_counts_or_takes_more_than_it_can_is_told_in_words() {
    assert_refused(&[
        ("http: { path: /, requests: 0 }", "from 1 to 480"),
        ("http: { path: /, requests: 481, atOnce: 16, timeoutSeconds: 1 }", "from 1 to 480"),
        ("http: { path: /, atOnce: 17 }", "from 1 to 16"),
        ("http: { path: /, timeoutSeconds: 11 }", "from 1 to 10"),
        ("http: { path: /, requests: 7 }", "take 35 s when none is answered, and a read has 30 s"),
        ("http: { path: /, requests: 60, atOnce: 6 }", "lower requests or timeoutSeconds, or raise atOnce"),
        ("http: { path: /, requests: 31, atOnce: 10, timeoutSeconds: 8 }", "take 32 s"),
        ("http: { path: /, counts: { a: { json: server } } }", "no JSON pointer"),
        ("http: { path: /, counts: { a: { json: /a~b } } }", "no JSON pointer"),
        ("http: { path: /, counts: { a: { header: 'a b' } } }", "no name of a header"),
        ("http: { path: /, method: HEAD, counts: { a: { json: /a } } }", "no body to count by"),
        ("log: { labels: app=qotm, lines: 501 }", "from 1 to 500"),
        ("log: { labels: app=qotm, sinceSeconds: 0 }", "from 1 to 3600"),
        ("log: { labels: 'a b=((' }", "log: labels: \"b\" behind a is no operator"),
        ("log: { labels: app, container: Qotm }", "can be none"),
        ("log: { labels: app, contains: \"a\\nb\" }", "no line break"),
    ]);
    for yaml in ["http: { path: /, requests: 480, atOnce: 16, timeoutSeconds: 1 }", "http: { path: /, requests: 6 }"] {
        assert!(read(yaml).is_ok(), "{yaml}");
    }
}

#[test]
fn a_service_that_none_can_be_is_told_in_words() {
    assert_refused(&[
        ("http: { path: /, port: 80 }", "write its name as service"),
        ("http: { path: /, service: a }", "is asked at a port"),
        ("http: { path: /, service: a.b, port: 80 }", "without a domain"),
        ("http: { path: /, service: 'http://a', port: 80 }", "without a domain"),
        ("http: { path: /, service: a, port: 0 }", "from 1 to 65535"),
        ("http: { path: /, service: a, port: 80, subdomain: b }", "subdomain is of the ingress"),
        (
            "http: { path: /, service: a, port: 80, authorization: { secret: b } }",
            "userKey and passwordKey, or tokenKey",
        ),
        (
            "http: { path: /, service: a, port: 80, authorization: { secret: b, userKey: c, tokenKey: d } }",
            "userKey and passwordKey, or tokenKey",
        ),
        ("http: { path: /, service: a, port: 80, authorization: { secret: ../b, tokenKey: d } }", "no Secret's name"),
        ("http: { path: /, service: a, port: 80, authorization: { secret: b, tokenKey: ../d } }", "no key of a Secret"),
        (
            "http: { path: /, service: a, port: 80, headers: { Authorization: x }, authorization: { secret: b, tokenKey: d } }",
            "leave one of them out",
        ),
        ("grafana: { service: a.b, port: 80, authorization: { secret: b, tokenKey: c } }", "grafana: service"),
        ("load: { id: '../a' }", "load: id"),
        ("{ load: { id: a }, promql: up }", "or one of http"),
    ]);
    let Ok(Read::Http(probe)) =
        read("http: { path: '/a?b=c', service: a, port: http, query: { query: 'up{a=\"b\"}' } }")
    else {
        panic!("it is a read of a Service")
    };
    assert_eq!(probe.target(), "/a?b=c&query=up%7Ba%3D%22b%22%7D");
    assert_eq!(Read::Http(probe).part(), None);
}

#[test]
fn a_trace_that_nothing_can_be_is_told_in_words() {
    let long = "a".repeat(201);
    assert_refused(&[
        ("trace: {}", "missing field `service`"),
        ("trace: { service: '' }", "service \"\" is none; write the service's name in its traces"),
        ("trace: { service: \"a\\nb\" }", "is none"),
        (&format!("trace: {{ service: {long} }}"), "is none"),
        ("trace: { service: a, operation: '' }", "or leave it out"),
        ("trace: { service: a, minMilliseconds: 0 }", "from 1 to 3600000"),
        ("trace: { service: a, minMilliseconds: 3600001 }", "from 1 to 3600000"),
        ("trace: { service: a, sinceSeconds: 0 }", "from 1 to 86400"),
        ("trace: { service: a, attributes: { '': b } }", "attribute \"\" is none"),
        ("trace: { service: a, attributes: { b: \"c\\nd\" } }", "can never have the value"),
        ("trace: { service: a, minDuration: 5 }", "unknown field"),
        ("trace: { service: a, attributes: { a: 1, b: 2 } }", "expected a string"),
    ]);
    let many: Vec<String> = (0..17).map(|key| format!("k{key}: v")).collect();
    assert_refused(&[(&format!("trace: {{ service: a, attributes: {{ {} }} }}", many.join(", ")), "16 at the most")]);
}

#[test]
fn a_read_is_written_as_it_was_read() {
    for yaml in [
        "{apiVersion: v1, kind: Service, name: qotm}",
        "http: {path: /a}",
        "promql: up",
        "trace: {service: a}",
        "log: {labels: a=b}",
        "http: {path: /a, service: b, port: 80, authorization: {secret: c, tokenKey: d}}",
        "grafana: {service: b, port: http, authorization: {secret: c, userKey: d, passwordKey: e}}",
        "load: {id: a}",
    ] {
        let one = read(yaml).unwrap();
        let written = serde_json::to_string(&one).unwrap();
        assert_eq!(read(&written), Ok(one), "{written}");
    }
}
