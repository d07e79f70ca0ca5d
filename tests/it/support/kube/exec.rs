//! The mock's shell, an echo over the channels of `v5.channel.k8s.io`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::Message;

use super::State;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STATUS: u8 = 3;
const RESIZE: u8 = 4;

/// A request if the command is one, else a shell.
pub(super) fn answer(state: Data<State>, namespace: &str, request: &HttpRequest, body: Payload) -> HttpResponse {
    if request.query_string().contains("command=curl") {
        return serve_request(state.has_open_pods(namespace), request, body);
    }
    serve(state, request, body)
}

/// A program that makes one request and ends, with success when it is answered.
fn serve_request(is_answered: bool, request: &HttpRequest, body: Payload) -> HttpResponse {
    let (response, mut session, _messages) =
        actix_ws::handle_with_protocols(request, body, &["v5.channel.k8s.io"]).unwrap();
    let status = if is_answered { "Success" } else { "Failure" };
    actix_web::rt::spawn(async move {
        let text = format!(r#"{{"status":"{status}","metadata":{{}}}}"#);
        session.binary([vec![STATUS], text.into_bytes()].concat()).await.ok();
        session.close(None).await.ok();
    });
    response
}

/// Echoes what is typed; `exit` ends the shell, and `flood` writes a mebibyte.
fn serve(state: Data<State>, request: &HttpRequest, body: Payload) -> HttpResponse {
    let (response, mut session, mut messages) =
        actix_ws::handle_with_protocols(request, body, &["v5.channel.k8s.io"]).unwrap();
    actix_web::rt::spawn(async move {
        loop {
            let message = tokio::select! {
                message = messages.recv() => message,
                () = state.wait_until_down() => return drop(session.close(None).await),
            };
            let Some(Ok(message)) = message else { return };
            let Message::Binary(bytes) = message else { continue };
            let (channel, text) = (bytes[0], String::from_utf8_lossy(&bytes[1..]).into_owned());
            if channel == STDIN && text == "flood" {
                for _ in 0..64 {
                    if session.binary([vec![STDOUT], vec![b'#'; 16 * 1024]].concat()).await.is_err() {
                        return;
                    }
                }
                continue;
            }
            let (channel, answer) = match channel {
                STDIN if text.starts_with("exit") => (STATUS, r#"{"status":"Success","metadata":{}}"#.to_owned()),
                STDIN => (STDOUT, format!("you typed {text}")),
                RESIZE => (STDOUT, format!("size {text}")),
                _ => continue,
            };
            let framed = [vec![channel], answer.into_bytes()].concat();
            if session.binary(framed).await.is_err() {
                return;
            }
        }
    });
    response
}
