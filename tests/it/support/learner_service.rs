//! The server in a learner's pod, as a test's own.

use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use actix_ws::Message;
use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value, json};

use super::{Connections, free_port, listen_again};

/// A server that tells what it was asked, and does what its paths say.
pub(crate) struct LearnerService {
    pub port: u16,
    server: ServerHandle,
    connections: Connections,
}

impl LearnerService {
    pub(crate) fn start() -> Self {
        Self::start_at(free_port())
    }

    /// A server at the port of one that has stopped.
    pub(crate) fn start_at(port: u16) -> Self {
        let listener = listen_again(port);
        let connections = Connections::default();
        let server = HttpServer::new(|| {
            App::new()
                .app_data(web::PayloadConfig::new(64 * 1024 * 1024))
                .route("/socket", web::get().to(socket))
                .route("/events", web::get().to(events))
                .route("/numbers", web::to(numbers))
                .route("/page", web::get().to(page))
                .route("/slow", web::get().to(slow))
                .route("/api/v1/query", web::get().to(query))
                .route("/breaks", web::get().to(breaks))
                .route("/upload", web::post().to(upload))
                .route("/header/{name}/{value:.*}", web::get().to(header))
                .route("/status/{status}", web::to(status))
                .default_service(web::to(echo))
        })
        .on_connect(connections.counter())
        .workers(1)
        .keep_alive(Duration::from_secs(90))
        .client_request_timeout(Duration::from_mins(1))
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { port, server: handle, connections }
    }

    pub(crate) async fn stop(&self) {
        self.connections.stop(&self.server).await;
    }
}

impl Drop for LearnerService {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

/// A page with headings.
async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(
        "<html><head><title>The runbook</title></head><body><h1>own</h1><h2>What to do</h2><p>Look &amp; wait.</p>\
         <script>alert(1)</script></body></html>",
    )
}

/// What was asked, as JSON.
async fn echo(request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut headers = Map::new();
    for (name, value) in request.headers() {
        let values = headers.entry(name.as_str()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(String::from_utf8_lossy(value.as_bytes()).into());
    }
    HttpResponse::Ok().insert_header(("x-served-by", "the learner")).json(json!({
        "method": request.method().as_str(), "uri": request.uri().to_string(), "headers": Value::Object(headers),
        "body": String::from_utf8_lossy(&body),
    }))
}

/// Answers the header that its path names.
async fn header(path: web::Path<(String, String)>) -> HttpResponse {
    let (name, value) = path.into_inner();
    HttpResponse::Ok().append_header((name, value)).finish()
}

/// Answers as Prometheus does: one series, with the token of whoever asks as a label; the first token of the mock is not
/// taken when the query says so.
async fn query(request: HttpRequest) -> HttpResponse {
    let token = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    if request.query_string().contains("refused") && token.as_deref().is_some_and(|token| token.ends_with("-0")) {
        return HttpResponse::Unauthorized().body("Unauthorized");
    }
    // Evidence keeps no token, so that the label says only which one it was.
    let caller = token.as_deref().and_then(|token| token.strip_prefix("Bearer "));
    let series = json!({ "metric": { "caller": caller }, "value": [0, "0.25"] });
    HttpResponse::Ok().json(json!({ "status": "success", "data": { "resultType": "vector", "result": [series] } }))
}

async fn status(path: web::Path<u16>) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(*path).unwrap()).finish()
}

async fn upload(mut body: Payload) -> HttpResponse {
    let mut length = 0;
    while let Some(Ok(part)) = body.next().await {
        length += part.len();
    }
    HttpResponse::Ok().body(length.to_string())
}

/// A mebibyte whose length is known, or in parts when asked with a query.
async fn numbers(request: HttpRequest) -> HttpResponse {
    let body = "0123456789abcdef".repeat(64 * 1024);
    if request.query_string().is_empty() {
        return HttpResponse::Ok().content_type("text/plain").body(body);
    }
    let parts: Vec<_> = body.as_bytes().chunks(1_000).map(Bytes::copy_from_slice).collect();
    HttpResponse::Ok()
        .content_type("text/plain")
        .streaming(stream::iter(parts.into_iter().map(Ok::<_, actix_web::Error>)))
}

async fn slow() -> HttpResponse {
    tokio::time::sleep(Duration::from_secs(30)).await;
    HttpResponse::Ok().finish()
}

/// Begins an answer and does not end it.
async fn breaks() -> HttpResponse {
    let begin = stream::iter([Ok(Bytes::from_static(b"begun"))]);
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Err(std::io::Error::other("broken"))
    });
    HttpResponse::Ok().streaming(begin.chain(Box::pin(end)))
}

/// One event at once, and then nothing for as long as somebody listens.
async fn events() -> HttpResponse {
    let first = stream::iter([Ok::<_, actix_web::Error>(Bytes::from_static(b"data: first\n\n"))]);
    HttpResponse::Ok().content_type("text/event-stream").streaming(first.chain(stream::pending()))
}

/// Answers each message with the same, and "close" with its end.
async fn socket(request: HttpRequest, body: Payload) -> HttpResponse {
    let (response, mut session, mut messages) =
        actix_ws::handle_with_protocols(&request, body, &["chat.example"]).unwrap();
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.recv().await {
            let is_sent = match message {
                Message::Text(text) if text == "close" => return drop(session.close(None).await),
                Message::Text(text) => session.text(format!("echo {text}")).await,
                Message::Binary(bytes) => session.binary(bytes).await,
                Message::Ping(bytes) => session.pong(&bytes).await,
                _ => continue,
            };
            if is_sent.is_err() {
                return;
            }
        }
    });
    response
}
