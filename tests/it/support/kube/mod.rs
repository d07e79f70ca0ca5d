//! A mock of the Kubernetes HTTP interface: objects kept in memory under their paths, watches of their changes, and
//! switches that inject faults.

mod deletion;
mod exec;
mod forward;
mod jaeger;
mod parts;
mod path;
mod state;
mod switches;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{Connections, free_port, listen_again};
pub(crate) use jaeger::Jaeger;
use path::ResourcePath;
use state::State;
pub(crate) use switches::{LastWrite, Switches};

/// A cluster that exists in memory alone.
pub(crate) struct MockCluster {
    state: Arc<State>,
    port: u16,
    server: Option<ServerHandle>,
    connections: Connections,
}

impl MockCluster {
    /// An empty cluster with its `kube-system` namespace and the API server's own Service.
    pub(crate) fn start() -> Self {
        let state = Arc::new(State::default());
        state.put(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "default" } }));
        state.put(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "kube-system" } }));
        state.put(&json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "kubernetes", "namespace": "default" },
            "spec": { "clusterIP": "10.96.0.1", "ports": [{ "port": 443 }] },
        }));
        state.forget_writes();
        let mut cluster = Self { state, port: free_port(), server: None, connections: Connections::default() };
        cluster.go_up();
        cluster
    }

    /// Takes the API server away; connections are refused from now on.
    pub(crate) async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            self.state.set_down(true);
            self.connections.stop(&server).await;
        }
    }

    /// Brings the API server back at the same address.
    pub(crate) fn go_up(&mut self) {
        let listener = listen_again(self.port);
        self.state.set_down(false);
        let state = Arc::clone(&self.state);
        let server = HttpServer::new(move || {
            App::new().app_data(Data::from(Arc::clone(&state))).default_service(actix_web::web::to(answer))
        })
        .on_connect(self.connections.counter())
        .workers(1)
        // As long as an API server keeps them: a connection that is closed just as a client uses it again fails its request.
        .keep_alive(Duration::from_secs(90))
        .client_request_timeout(Duration::ZERO)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        self.server = Some(server.handle());
        tokio::spawn(server);
    }

    /// Writes a kubeconfig that leads here.
    pub(crate) fn write_kubeconfig(&self, path: &Path) {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "mock",
            "clusters": [{ "name": "mock", "cluster": { "server": format!("http://127.0.0.1:{}", self.port) } }],
            "users": [{ "name": "mock", "user": {} }],
            "contexts": [{ "name": "mock", "context": { "cluster": "mock", "user": "mock" } }],
        });
        std::fs::write(path, config.to_string()).unwrap();
    }

    /// Injects faults into this cluster.
    pub(crate) fn switches(&self, change: impl FnOnce(&mut Switches)) {
        self.state.switch(change);
    }

    /// Changes the Jaeger that is reached through this cluster, or looks at it.
    pub(crate) fn jaeger<T>(&self, change: impl FnOnce(&mut Jaeger) -> T) -> T {
        change(&mut self.state.jaeger.lock().unwrap())
    }

    /// Puts an object, replacing what was there.
    pub(crate) fn put(&self, object: &Value) {
        self.state.put(object);
    }

    /// The object of that kind and name.
    pub(crate) fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.state.find(kind, namespace, name)
    }

    /// The names of all namespaces that a session made.
    pub(crate) fn session_namespaces(&self) -> Vec<String> {
        self.state.session_namespaces()
    }

    /// Plural and name of every object in a namespace.
    pub(crate) fn content(&self, namespace: &str) -> Vec<(String, String)> {
        self.state.list_content(namespace).into_iter().map(|((plural, _, name), _)| (plural, name)).collect()
    }

    /// Every write so far, as `Kind name`.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.state.writes()
    }

    /// How many terminals were opened in pods.
    pub(crate) fn execs(&self) -> u64 {
        self.state.execs()
    }

    /// How many tokens were issued.
    pub(crate) fn tokens(&self) -> u64 {
        self.state.tokens.load(Ordering::Relaxed)
    }

    /// How many ports of pods were forwarded.
    pub(crate) fn forwards(&self) -> u64 {
        self.state.forwards()
    }

    /// Lets a port of a pod lead to a server of the test's own.
    pub(crate) fn lead_port(&self, (namespace, pod, port): (&str, &str, u16), local: u16) {
        self.state.lead_port((namespace, pod, port), local);
    }

    /// Makes every pod and workload ready, as a kubelet would.
    pub(crate) fn make_ready(&self) {
        self.state.make_ready();
    }

    /// Finishes the deletions that the switch held back.
    pub(crate) fn finish_deletions(&self) {
        self.state.switch(|switches| switches.deletions_hang = false);
        self.state.continue_deletions();
    }

    /// How often this path was read so far.
    pub(crate) fn count_reads(&self, path: &str) -> usize {
        self.state.count_reads(path)
    }

    /// How many watches of this plural are open.
    pub(crate) fn count_watches(&self, plural: &str) -> usize {
        self.state.count_watches(plural)
    }

    /// Waits until the last write that the switch allows was received.
    pub(crate) async fn wait_until_hanging(&self) {
        self.state.wait_until_hanging().await;
    }

    /// Deletes an object, as a learner might.
    pub(crate) fn delete(&self, kind: &str, namespace: &str, name: &str) {
        self.state.delete_object(kind, namespace, name);
    }

    /// Loses everything, as a replaced cluster does.
    pub(crate) fn lose_everything(&self) {
        for namespace in self.session_namespaces() {
            self.state.remove_namespace(&namespace);
        }
    }
}

impl Drop for MockCluster {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            drop(server.stop(false));
        }
    }
}

async fn answer(state: Data<State>, request: HttpRequest, mut payload: Payload) -> HttpResponse {
    if state.is_down() {
        // A connection that was kept open outlives the listener by a moment, and then breaks.
        std::future::pending::<()>().await;
    }
    state.receive(request.method(), request.path()).await;
    if request.path() == "/api" || request.path() == "/apis" {
        return HttpResponse::Ok().json(discover(request.path() == "/api"));
    }
    if request.path() == "/version" {
        return HttpResponse::Ok().json(version());
    }
    let Some(path) = ResourcePath::parse(request.path()) else {
        return HttpResponse::NotFound().body("404 page not found");
    };
    match path.subresource.as_deref() {
        Some("exec") => {
            state.count_exec();
            return exec::answer(state, &path.namespace, &request, payload);
        }
        Some("proxy") => return jaeger::answer(&state, &path, &request).await,
        Some("portforward") => return forward::answer(&state, &path, &request, payload),
        _ => {}
    }
    let mut body = Vec::new();
    while let Some(Ok(chunk)) = payload.next().await {
        body.extend_from_slice(&chunk);
    }
    let body = state.choose_name(serde_json::from_slice(&body).unwrap_or_default());
    let is_apply = request.headers().get("content-type").is_some_and(|kind| kind == "application/apply-patch+yaml");
    let mut last_write = None;
    if request.method() != Method::GET {
        state.wait_while_held(&path.plural).await;
        last_write = state.number_write();
        if last_write.is_some_and(|last| !last.is_done) {
            state.hang().await;
        }
    }
    if request.method() == Method::GET && path.name.is_some() {
        state.wait_while_reads_held(&path.plural).await;
    }
    let query = request.query_string().to_owned();
    let answer = match *request.method() {
        Method::GET if path.name.is_some() => state.get(&path),
        Method::GET if query.contains("watch=true") => return watch(state, path, &query),
        Method::GET => list(&state, &path, &query).await,
        Method::POST if path.subresource.as_deref() == Some("token") => Ok(issue_token(&state, &body)),
        Method::POST => state.create(&path, &body),
        Method::PATCH if is_apply => state.apply(&path, &body),
        Method::PATCH => state.patch(&path, &body),
        Method::DELETE => state.delete(&path, &body),
        _ => return HttpResponse::MethodNotAllowed().finish(),
    };
    if last_write.is_some() {
        state.hang().await;
    }
    answer.map_or_else(|status| refuse(&status), |object| HttpResponse::Ok().json(object))
}

/// A token of a `ServiceAccount`, another one each time.
fn issue_token(state: &State, asked: &Value) -> Value {
    let token = format!("mock-token-{}", state.tokens.fetch_add(1, Ordering::Relaxed));
    json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}, "spec": asked["spec"],
        "status": { "token": token, "expirationTimestamp": "2026-03-04T14:00:00Z" },
    })
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "34", "gitVersion": "v1.34.0-mock", "gitCommit": "", "gitTreeState": "", "buildDate": "",
        "goVersion": "", "compiler": "", "platform": "",
    })
}

fn refuse(status: &Value) -> HttpResponse {
    let code = u16::try_from(status["code"].as_u64().unwrap_or(500)).unwrap();
    HttpResponse::build(StatusCode::from_u16(code).unwrap()).json(status)
}

async fn list(state: &State, path: &ResourcePath, query: &str) -> Result<Value, Value> {
    state.hold_list(path).await;
    state.forbid_list(path).map_or_else(|| Ok(state.list(path, query)), Err)
}

fn watch(state: Data<State>, path: ResourcePath, query: &str) -> HttpResponse {
    let since = path::query_value(query, "resourceVersion").and_then(|value| value.parse().ok()).unwrap_or(0);
    let (changes, query, open) = (state.changes(), query.to_owned(), state.open_watch(&path.plural));
    let lines = stream::unfold((state, path, since, changes, open), move |(state, path, since, mut changes, open)| {
        let query = query.clone();
        async move {
            loop {
                let (events, newest) = state.events_since(&path, &query, since);
                if !events.is_empty() {
                    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
                    let chunk = Ok::<_, std::io::Error>(Bytes::from(lines.join("\n") + "\n"));
                    return Some((chunk, (state, path, newest, changes, open)));
                }
                changes.changed().await.ok()?;
            }
        }
    });
    HttpResponse::Ok().content_type("application/json").streaming(Box::pin(lines))
}

/// The kinds of the mock, in the form of aggregated discovery.
fn discover(is_core: bool) -> Value {
    let group = |name: &str, kinds: &[(&str, &str)]| {
        let resources = kinds.iter().map(|(plural, kind)| {
            json!({
                "resource": plural, "responseKind": { "kind": kind }, "scope": "Namespaced",
                "verbs": ["delete", "get", "list", "patch", "watch"],
            })
        });
        json!({ "metadata": { "name": name }, "versions": [{ "version": "v1", "resources": resources.collect::<Vec<_>>() }] })
    };
    let dead =
        json!({ "metadata": { "name": "tap.linkerd.io" }, "versions": [{ "version": "v1", "freshness": "Stale" }] });
    let items = if is_core {
        json!([group("", &[("configmaps", "ConfigMap"), ("pods", "Pod"), ("services", "Service")])])
    } else {
        json!([dead, group("apps", &[("deployments", "Deployment")])])
    };
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items })
}
