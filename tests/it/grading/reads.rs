//! Checks that read through the ingress, on a mock of the cluster with a server of the test's own behind it.

use seaworthy::config::Config;
use seaworthy::labs::{LabSession, SessionState};
use serde_json::json;
use tempfile::TempDir;

use super::{ask_hints, verdict};
use crate::support::{LearnerService, MockCluster, Page, TestApp, Visitor, link_shipped_labs};

pub(super) const PAGE: &str = "/labs/reads";
const HEAD: &str = "name: reads\ntitle: Reads\nsummary: It reads.\nminutes: 5\ntime_to_live_minutes: 60\nextend_minutes: 30\n\
                    max_extensions: 1\nguide: guide.md\nquota: { pods: '5' }\nrequires: [ingress, metrics, traces]\n";

/// A learner with a running lab whose tasks are the test's.
pub(super) struct Setting {
    pub(super) app: TestApp,
    pub(super) kube: MockCluster,
    pub(super) ada: Visitor,
    pub(super) session: LabSession,
    pub(super) service: LearnerService,
    _folder: TempDir,
}

impl Setting {
    pub(super) async fn open(tasks: &str) -> Self {
        Self::open_with(tasks, |_config| {}).await
    }

    async fn open_with(tasks: &str, adjust: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        link_shipped_labs(folder.path());
        let lab = folder.path().join("reads");
        std::fs::create_dir(&lab).unwrap();
        std::fs::write(lab.join("guide.md"), "## Begin\n").unwrap();
        std::fs::write(lab.join("lab.yaml"), format!("{HEAD}tasks:\n{tasks}")).unwrap();
        let (app, kube) = TestApp::spawn_with_cluster_and(|config| {
            config.labs.folder = Some(folder.path().to_owned());
            adjust(config);
        })
        .await;
        let service = LearnerService::start();
        for (namespace, name) in [
            ("emissary", "emissary-ingress"),
            ("linkerd-viz", "prometheus"),
            ("linkerd-viz", "metrics-api"),
            ("observability", "jaeger"),
        ] {
            kube.put_part((namespace, name), service.port);
        }
        app.app.cluster.find_parts().await.unwrap();
        let ada = app.learner("ada").await;
        app.app.labs.start(&ada.person().id, "reads").await.unwrap();
        let session = run_until_ready(&app, &ada).await;
        Self { app, kube, ada, session, service, _folder: folder }
    }

    /// Requests a check, runs the job, and reads the page.
    pub(super) async fn check(&self) -> Page {
        self.app.advance(jiff::SignedDuration::from_secs(1));
        assert_eq!(self.ada.post(&format!("{PAGE}/check"), &[]).await.location(), format!("{PAGE}#tasks"));
        self.app.run_jobs().await;
        ask_hints(&self.ada, PAGE).await
    }
}

async fn run_until_ready(app: &TestApp, ada: &Visitor) -> LabSession {
    for _ in 0..10 {
        app.run_jobs().await;
        let session = app.app.labs.find_session(&ada.person().id, "reads").await.unwrap();
        if let Some(session) = session.filter(|session| session.state == SessionState::Ready) {
            return session;
        }
        app.advance(jiff::SignedDuration::from_secs(2));
    }
    panic!("the session does not become ready");
}

const SLOW: &str = "- id: slow\n  title: Slow\n  text: It answers.\n  read: { it: { http: { path: /slow, requests: 3, timeoutSeconds: 10 } } }\n  \
                    checks: [{ id: a, title: A, pass: it.answered == 3, retry_seconds: 30 }]\n";
const HELD: &str = "- id: held\n  title: Held\n  text: It stays.\n  read: { it: { apiVersion: v1, kind: Service } }\n  \
                    checks: [{ id: a, title: A, pass: it.size() == 0, stable_seconds: 30 }]\n";
const RETRIED: &str = "- id: retried\n  title: Retried\n  text: It comes.\n  read: { it: { apiVersion: v1, kind: Service } }\n  \
                       checks: [{ id: a, title: A, pass: it.size() == 9, retry_seconds: 30, hints: [{ say: There are none. }] }]\n";

#[actix_web::test]
async fn a_service_that_hangs_holds_a_check_no_longer_than_its_bound() {
    let tasks = format!("{SLOW}{HELD}{RETRIED}");
    let setting = Setting::open_with(&tasks, |config| config.labs.check_timeout_seconds = 1).await;
    let page = setting.check().await;
    let hint = |task: &str| page.text(&format!("#task-{task} .verdict-hint"));
    for (task, expected, told) in [
        (
            "slow",
            "could-not-grade",
            "What /slow answers through the ingress was not read, since this check of your work took longer than 1 s in all",
        ),
        (
            "held",
            "could-not-grade",
            "It holds. Whether it still does 30 s later was not seen, since this check of your work took longer",
        ),
        (
            "retried",
            "fail",
            "There are none. It was not tried again, since this check of your work took longer than 1 s in all.",
        ),
    ] {
        assert_eq!(verdict(&page, task).as_deref(), Some(expected), "{task}: {}", hint(task));
        assert!(hint(task).contains(told), "{}", hint(task));
    }
    assert!(hint("slow").contains("Nothing is held against you"));
}

const NUMBERS: &str = "- id: numbers\n  title: Numbers\n  text: It answers.\n  read: { it: { http: { path: /numbers } } }\n  \
                       checks: [{ id: a, title: A, pass: it.answered == 1, hints: [{ say: 'It was {{ it.faults }}.' }] }]\n";

#[actix_web::test]
async fn an_answer_that_is_too_large_is_told_with_the_limit() {
    let setting = Setting::open(NUMBERS).await;
    let page = setting.check().await;
    let hint = page.text("#task-numbers .verdict-hint");
    assert!(
        hint.contains("the answer's body is larger than 256 KiB, which is the most that a check reads of one"),
        "{hint}"
    );
    assert!(!hint.contains("annotation"), "{hint}");
}

/// Three queries, and a hint with the tokens that they were asked with.
fn queries(name: &str) -> String {
    format!(
        "- id: queries\n  title: Queries\n  text: It counts.\n  read: {{ a: {{ promql: {name}_a }}, b: {{ promql: {name}_b }}, c: {{ promql: {name}_c }} }}\n  \
         checks: [{{ id: a, title: A, pass: a.samples.size() + b.samples.size() + c.samples.size() == 9, hints: [{{ say: '{{{{ a.samples }}}} \
         {{{{ b.samples }}}} {{{{ c.samples }}}}' }}] }}]\n"
    )
}

#[actix_web::test]
async fn one_token_serves_all_queries_of_a_session_until_it_ends() {
    let setting = Setting::open(&queries("up")).await;
    for _ in 0..2 {
        let hint = setting.check().await.text("#task-queries .verdict-hint");
        assert_eq!(hint.matches("mock-token-0").count(), 3, "{hint}");
    }
    assert_eq!(setting.kube.tokens(), 1);
    setting.app.app.labs.stop(&setting.ada.person().id, "reads").await.unwrap();
    setting.app.app.labs.start(&setting.ada.person().id, "reads").await.unwrap();
    let again = run_until_ready(&setting.app, &setting.ada).await;
    assert_ne!(again.id, setting.session.id);
    let hint = setting.check().await.text("#task-queries .verdict-hint");
    assert_eq!((hint.matches("mock-token-1").count(), setting.kube.tokens()), (3, 2), "{hint}");
}

#[actix_web::test]
async fn a_token_that_is_refused_is_replaced_by_a_new_one() {
    let setting = Setting::open(&queries("refused")).await;
    let hint = setting.check().await.text("#task-queries .verdict-hint");
    assert_eq!((hint.matches("mock-token-1").count(), setting.kube.tokens()), (3, 2), "{hint}");
}

const TRACE: &str = "- id: trace\n  title: Trace\n  text: It is followed.\n  read: { slow: { trace: { service: front, minMilliseconds: 300, \
                     attributes: { http.response.status_code: '500' } } } }\n  checks: [{ id: a, title: A, hints: [{ say: 'Of {{ slow.found }} traces \
                     {{ slow.spans }}' }], pass: \"slow.found == 1 && slow.spans.exists(one, one.service == 'store' && one.error && \
                     one.ownMilliseconds >= 250.0 && slow.spans.exists(parent, parent.id == one.parent && parent.service == 'front'))\" }]\n";

fn span((trace, id, parent): (&str, &str, &str), milliseconds: u64, code: u16) -> serde_json::Value {
    json!({
        "traceId": trace.repeat(32), "spanId": id, "parentSpanId": parent, "name": "GET /", "startTimeUnixNano": "1000000000",
        "endTimeUnixNano": (1_000_000_000 + milliseconds * 1_000_000).to_string(), "status": { "code": if code < 500 { 1 } else { 2 } },
        "attributes": [{ "key": "http.response.status_code", "value": { "intValue": code } }],
    })
}

#[actix_web::test]
async fn a_check_sees_the_spans_of_the_trace_that_it_looks_for_in_its_own_namespace() {
    let setting = Setting::open(TRACE).await;
    let receive =
        |tenant: &str, service: &str, span| setting.kube.jaeger(|jaeger| jaeger.receive(tenant, service, span));
    receive("0123456789abcdef", "front", span(("9", "9", ""), 400, 500));
    receive(&setting.session.namespace, "front", span(("1", "1", ""), 400, 200));
    let page = setting.check().await;
    assert_eq!(verdict(&page, "trace").as_deref(), Some("fail"));
    assert!(page.text("#task-trace .verdict-hint").contains("Of 0 traces []"), "{}", page.text("#task-trace"));
    receive(&setting.session.namespace, "front", span(("2", "1", ""), 400, 500));
    receive(&setting.session.namespace, "store", span(("2", "2", "1"), 300, 500));
    let page = setting.check().await;
    assert_eq!(verdict(&page, "trace").as_deref(), Some("pass"), "{}", page.text("#task-trace"));
}

#[actix_web::test]
async fn traces_that_cannot_be_read_hold_nothing_against_the_learner() {
    let setting = Setting::open(TRACE).await;
    setting.kube.jaeger(|jaeger| jaeger.answer = Some((500, "out of memory".to_owned())));
    let page = setting.check().await;
    assert_eq!(verdict(&page, "trace").as_deref(), Some("could-not-grade"));
    let hint = page.text("#task-trace .verdict-hint");
    assert!(
        hint.contains("Jaeger answered 500: out of memory") && hint.contains("Nothing is held against you"),
        "{hint}"
    );
}

const OWN: &str = "- id: own\n  title: Own\n  text: It answers.\n  read: { it: { http: { service: own, port: http, path: '/asked?a=b', query: { query: 'up{a=\"b\"}' }, \
                   authorization: { secret: own, userKey: user, passwordKey: password } } } }\n  checks: [{ id: a, title: A, pass: 'false', \
                   hints: [{ when: it.first == null, say: '{{ it.faults }}' }, { say: '{{ it.host }} {{ it.first.status }} {{ it.first.body }}' }] }]\n";

fn put_secret(setting: &Setting) {
    setting.kube.put(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "own", "namespace": setting.session.namespace },
        "data": { "user": "YWRtaW4=", "password": "Y2FsbS1zZWFzLTQy" },
    }));
}

#[actix_web::test]
async fn a_service_of_the_namespace_is_asked_by_who_its_secret_names_and_the_secret_is_kept_nowhere() {
    let setting = Setting::open(OWN).await;
    let hint = setting.check().await.text("#task-own .verdict-hint");
    assert!(hint.contains("there is no Service own"), "{hint}");
    setting.kube.put_part((&setting.session.namespace, "own"), setting.service.port);
    let hint = setting.check().await.text("#task-own .verdict-hint");
    assert!(hint.contains("there is no Secret own"), "{hint}");
    put_secret(&setting);
    let page = setting.check().await;
    let hint = page.text("#task-own .verdict-hint");
    assert!(hint.contains("own 200") && hint.contains("/asked?a=b&query=up%7Ba%3D%22b%22%7D"), "{hint}");
    assert!(hint.contains("\"host\":[\"own\"]") && hint.contains("Basic redacted"), "{hint}");
    let seen = page.attribute("#task-own a[href*='/seen/']", "href").unwrap();
    let seen = setting.ada.get(&seen).await.expect(200).body;
    assert!(seen.contains("asked"));
    for secret in ["YWRtaW46Y2FsbS1zZWFzLTQy", "Y2FsbS1zZWFzLTQy", "calm-seas-42"] {
        assert!(!hint.contains(secret) && !seen.contains(secret), "{secret}");
    }
}

#[actix_web::test]
async fn no_service_leads_a_read_out_of_its_namespace() {
    let tasks = OWN.replace("/asked?a=b", "/status/302");
    let setting = Setting::open(&tasks).await;
    put_secret(&setting);
    let namespace = setting.session.namespace.clone();
    let put = |spec: serde_json::Value, target: serde_json::Value| {
        setting.kube.put(&json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "own", "namespace": namespace }, "spec": spec,
        }));
        setting.kube.put(&json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": { "name": "own", "namespace": namespace, "labels": { "kubernetes.io/service-name": "own" } },
            "endpoints": [{ "addresses": ["127.0.0.1"], "conditions": { "ready": true }, "targetRef": target }],
            "ports": [{ "name": "http", "port": setting.service.port, "protocol": "TCP" }],
        }));
    };
    let ports = json!([{ "name": "http", "port": 80 }]);
    let elsewhere =
        json!({ "kind": "Pod", "name": "emissary-ingress-1", "namespace": "emissary", "uid": "emissary-ingress" });
    for (spec, target) in [
        (json!({ "type": "ExternalName", "externalName": "kubernetes.default.svc", "ports": ports }), json!(null)),
        (json!({ "ports": ports }), json!(null)),
        (json!({ "ports": ports }), elsewhere),
        (json!({ "ports": ports }), json!({ "kind": "Node", "name": "machine" })),
    ] {
        put(spec, target);
        let hint = setting.check().await.text("#task-own .verdict-hint");
        assert!(hint.contains("no pod stands behind the Service own"), "{hint}");
    }
    // A redirect is an answer.
    setting.kube.put_part((&namespace, "own"), setting.service.port);
    let hint = setting.check().await.text("#task-own .verdict-hint");
    assert!(hint.contains("own 302"), "{hint}");
}
