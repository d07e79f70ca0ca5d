//! The traces of a session, from a Jaeger behind the mock of the Kubernetes interface.

mod list;
mod trouble;
mod waterfall;

use jiff::Timestamp;
use seaworthy::labs::LabSession;
use serde_json::{Value, json};

use super::start_until_ready;
use crate::support::{MockCluster, TestApp, Visitor};

const TRACES: &str = "/labs/service-annotations/traces";
const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const MILLI: i128 = 1_000_000;

/// A learner with a running lab on a cluster that has a Jaeger.
struct Setting {
    app: TestApp,
    kube: MockCluster,
    ada: Visitor,
    session: LabSession,
}

impl Setting {
    async fn open() -> Self {
        let (app, kube) = TestApp::spawn_with_cluster().await;
        put_jaeger(&kube);
        let ada = app.learner("ada").await;
        let session = start_until_ready(&app, &ada).await;
        Self { app, kube, ada, session }
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Has Jaeger receive a span of the session, with its times in milliseconds from a second ago.
    fn receive(&self, trace: &str, service: &str, span: Value) {
        self.receive_of(&self.session.namespace, trace, service, span);
    }

    fn receive_of(&self, tenant: &str, trace: &str, service: &str, mut span: Value) {
        let start = self.now().as_nanosecond() - 1_000 * MILLI;
        for (key, milli) in [("startTimeUnixNano", "from"), ("endTimeUnixNano", "to")] {
            let at = i128::from(span[milli].as_i64().unwrap()) * MILLI;
            span[key] = (start + at).to_string().into();
        }
        span["traceId"] = trace.into();
        self.kube.jaeger(|jaeger| jaeger.receive(tenant, service, span));
    }

    /// A page that asks one service, which asks two others, of which the last is slow and fails.
    fn receive_request(&self, trace: &str) {
        let span = |id: &str, parent: &str, name: &str, (from, to): (u64, u64), kind: u8| json!({ "spanId": id, "parentSpanId": parent, "name": name, "from": from, "to": to, "kind": kind });
        self.receive(trace, "front", span("00000000000000a1", "", "GET /", (0, 404), 2));
        self.receive(trace, "front", span("00000000000000a2", "00000000000000a1", "GET qotm", (1, 403), 3));
        self.receive(trace, "qotm", span("00000000000000b1", "00000000000000a2", "GET /", (2, 402), 2));
        self.receive(trace, "store", span("00000000000000c1", "00000000000000b1", "GET /quotes", (3, 10), 2));
        let mut slow = span("00000000000000d1", "00000000000000b1", "GET /authors/{id}", (11, 400), 2);
        slow["status"] = json!({ "code": 2, "message": "no <author>" });
        slow["attributes"] = json!([{ "key": "http.response.status_code", "value": { "intValue": "500" } }]);
        let at = self.now().as_nanosecond() - 800 * MILLI;
        slow["events"] = json!([{ "name": "cache missed", "timeUnixNano": at.to_string(), "attributes": [] }]);
        self.receive(trace, "authors", slow);
    }
}

fn put_jaeger(kube: &MockCluster) {
    let metadata = json!({ "name": "jaeger", "namespace": "observability" });
    let ports = json!([{ "name": "otlp-http", "port": 4318 }, { "name": "query", "port": 16686 }]);
    let labels = json!({ "app": "jaeger" });
    kube.put(&json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": { "selector": labels, "ports": ports },
    }));
    kube.put(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
        "spec": { "template": {
            "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "jaeger", "image": "jaeger:1.76" }] },
        } },
    }));
}
