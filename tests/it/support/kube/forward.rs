//! The mock's forwarded ports, over the channels of `v4.channel.k8s.io`: bytes to and from a server of the test.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{Message, MessageStream, Session};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::State;
use super::path::{ResourcePath, query_value};

const DATA: u8 = 0;
const ERROR: u8 = 1;

pub(super) fn answer(state: &Data<State>, path: &ResourcePath, request: &HttpRequest, body: Payload) -> HttpResponse {
    let pod = path.name.clone().unwrap_or_default();
    let ports = query_value(request.query_string(), "ports").unwrap_or_default();
    let port: u16 = ports.parse().unwrap();
    if state.find("Pod", &path.namespace, &pod).is_none() {
        let message = format!("pods \"{pod}\" not found");
        return super::refuse(&super::state::failure(404, ("NotFound", &message), &pod));
    }
    state.count_forward();
    let local = state.local_port(&path.namespace, &pod, port);
    let (response, session, messages) = actix_ws::handle_with_protocols(request, body, &["v4.channel.k8s.io"]).unwrap();
    actix_web::rt::spawn(serve(session, messages, port, local));
    response
}

async fn serve(mut session: Session, messages: MessageStream, port: u16, local: Option<u16>) {
    for channel in [DATA, ERROR] {
        session.binary([&[channel], &port.to_le_bytes()[..]].concat()).await.ok();
    }
    let opened = match local {
        Some(local) => TcpStream::connect(("127.0.0.1", local)).await.ok(),
        None => None,
    };
    if let Some(stream) = opened {
        return relay(session, messages, stream).await;
    }
    let text = format!("error forwarding port {port}: dial tcp4 127.0.0.1:{port}: connect: connection refused");
    session.binary([vec![ERROR], text.into_bytes()].concat()).await.ok();
    session.close(None).await.ok();
}

async fn relay(session: Session, messages: MessageStream, stream: TcpStream) {
    let (mut reader, mut writer) = stream.into_split();
    let mut messages = messages.max_frame_size(4 * 1024 * 1024);
    let mut sender = session.clone();
    let from_pod = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = reader.read(&mut buffer).await {
            if sender.binary([&[DATA], &buffer[..count]].concat()).await.is_err() {
                return;
            }
        }
    };
    let to_pod = async {
        while let Some(Ok(message)) = messages.recv().await {
            let is_passed = match message {
                Message::Binary(bytes) => writer.write_all(&bytes[1..]).await.is_ok(),
                message => !matches!(message, Message::Close(_)),
            };
            if !is_passed {
                return;
            }
        }
    };
    tokio::select! {
        () = from_pod => {}
        () = to_pod => {}
    }
    session.close(None).await.ok();
}
