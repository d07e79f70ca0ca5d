//! A proxy before replicas of the program: a request goes to one that says it is ready, to each in turn.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use reqwest::{Client, Method};

use crate::support::client;

/// Headers that are about one connection alone.
const OF_A_CONNECTION: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

#[derive(Default)]
struct State {
    replicas: Mutex<Vec<String>>,
    /// How many requests each replica has answered.
    answered: Mutex<BTreeMap<String, usize>>,
    broken: Mutex<Vec<String>>,
}

/// A running proxy, for as long as its test.
pub(super) struct Proxy {
    state: Arc<State>,
    port: u16,
    server: ServerHandle,
}

impl Proxy {
    /// A proxy without replicas.
    pub(super) fn start() -> Self {
        let state = Arc::new(State::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            let client = client().build().unwrap();
            App::new().app_data(shared.clone()).app_data(Data::new(client)).default_service(to(forward))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { state, port, server: handle }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends requests to the replica at `url` too, whenever it is ready.
    pub(super) fn add(&self, url: String) {
        self.state.replicas.lock().unwrap().push(url);
    }

    /// How many requests the replica at `url` has answered.
    pub(super) fn count_answered(&self, url: &str) -> usize {
        self.state.answered.lock().unwrap().get(url).copied().unwrap_or(0)
    }

    /// Requests that nobody took, that broke off, or that were answered with a fault of the site or a limit.
    pub(super) fn broken(&self) -> Vec<String> {
        self.state.broken.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl State {
    /// The next replica that is ready; those that draw near their end are passed by.
    async fn find_ready(&self, client: &Client) -> Option<String> {
        let replicas = {
            let mut replicas = self.replicas.lock().unwrap();
            if !replicas.is_empty() {
                replicas.rotate_left(1);
            }
            replicas.clone()
        };
        for replica in replicas {
            let asked = client.get(format!("{replica}/readyz")).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return Some(replica);
            }
        }
        None
    }

    fn refuse(&self, what: String) -> HttpResponse {
        self.broken.lock().unwrap().push(what.clone());
        HttpResponse::BadGateway().body(what)
    }
}

async fn forward(state: Data<State>, client: Data<Client>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let what = format!("{} {}", request.method(), request.uri());
    let Some(replica) = state.find_ready(&client).await else {
        return state.refuse(format!("{what}: nobody is ready"));
    };
    let method = Method::from_bytes(request.method().as_str().as_bytes()).unwrap();
    let mut onward = client.request(method, format!("{replica}{}", request.uri())).body(body);
    for (name, value) in request.headers() {
        if !OF_A_CONNECTION.contains(&name.as_str()) {
            onward = onward.header(name.as_str(), value.as_bytes());
        }
    }
    let answer = match onward.send().await {
        Ok(answer) => answer,
        Err(fault) => return state.refuse(format!("{what} at {replica}: {fault:?}")),
    };
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers() {
        if !OF_A_CONNECTION.contains(&name.as_str()) {
            response.append_header((name.as_str(), value.as_bytes()));
        }
    }
    let body = match answer.bytes().await {
        Ok(body) => body,
        Err(fault) => return state.refuse(format!("{what} at {replica}: {fault:?}")),
    };
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        state.broken.lock().unwrap().push(format!("{what} at {replica}: {status}"));
    }
    *state.answered.lock().unwrap().entry(replica).or_default() += 1;
    response.body(body)
}
