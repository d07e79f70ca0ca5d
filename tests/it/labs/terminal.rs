//! The browser's terminal, over a websocket.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use seaworthy::labs::SessionState;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{settle, start_and_settle};
use crate::support::{TestApp, Visitor};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

fn request(app: &TestApp, visitor: &Visitor, origin: &str) -> Request<()> {
    let address = format!("{}/labs/service-annotations/terminal?cols=100&rows=30", app.url);
    let mut request = address.replacen("http", "ws", 1).into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    let cookie = format!("session={}", visitor.cookie("session").unwrap());
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request
}

async fn open(app: &TestApp, visitor: &Visitor) -> Result<Socket, u16> {
    match connect_async(request(app, visitor, &app.url)).await {
        Ok((socket, _response)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(fault) => panic!("{fault}"),
    }
}

/// Reads until a message says `expected`, and answers whether it came as text rather than as the shell's output.
async fn read_until(socket: &mut Socket, expected: &str) -> bool {
    let reading = async {
        while let Some(Ok(message)) = socket.next().await {
            let is_text = message.is_text();
            if String::from_utf8_lossy(&message.into_data()).contains(expected) {
                return is_text;
            }
        }
        panic!("the terminal closed without {expected:?}");
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("the terminal should answer")
}

#[tokio::test]
async fn what_is_typed_reaches_the_shell_and_comes_back() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    let mut socket = open(&app, &ada).await.unwrap();
    assert!(!read_until(&mut socket, r#"size {"Width":100,"Height":30}"#).await);
    socket.send(Message::binary("kubectl get pods")).await.unwrap();
    assert!(!read_until(&mut socket, "you typed kubectl get pods").await);
    socket.send(Message::text(r#"{"resize":{"cols":80,"rows":24}}"#)).await.unwrap();
    read_until(&mut socket, r#"size {"Width":80,"Height":24}"#).await;
    socket.send(Message::binary("exit\r")).await.unwrap();
    assert!(read_until(&mut socket, r#"{"ended":"The shell has ended."#).await);
}

#[tokio::test]
async fn a_terminal_opens_for_its_learner_on_this_site_alone() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    assert_eq!(open(&app, &ada).await.err(), Some(409), "nothing runs yet");
    start_and_settle(&app, &ada).await;
    let ben = app.learner("ben").await;
    assert_eq!(open(&app, &ben).await.err(), Some(409), "it is not his");
    let foreign = connect_async(request(&app, &ada, "http://elsewhere.example.org")).await;
    let Err(Error::Http(response)) = foreign else { panic!("a foreign page got in") };
    assert_eq!(response.status().as_u16(), 403);
    ada.get("/labs/service-annotations/terminal").await.expect(403);
}

#[tokio::test]
async fn a_cluster_that_goes_away_while_typing_is_told_in_words() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    let mut socket = open(&app, &ada).await.unwrap();
    read_until(&mut socket, "size").await;
    kube.go_down().await;
    assert!(read_until(&mut socket, "The connection to the cluster broke.").await);
    assert_eq!(open(&app, &ada).await.err(), Some(503));

    kube.come_back();
    let mut again = open(&app, &ada).await.unwrap();
    read_until(&mut again, "size").await;
}

#[tokio::test]
async fn a_stopping_server_closes_its_terminals() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    let mut socket = open(&app, &ada).await.unwrap();
    read_until(&mut socket, "size").await;
    app.app.labs.close_terminals();
    assert!(read_until(&mut socket, "The site is being restarted.").await);
}

#[tokio::test]
async fn a_toolbox_that_was_deleted_is_put_back() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_and_settle(&app, &ada).await;
    kube.delete("Pod", &session.namespace, "toolbox");
    assert_eq!(open(&app, &ada).await.err(), Some(503));
    assert!(kube.object("Pod", &session.namespace, "toolbox").is_some());
    open(&app, &ada).await.unwrap();
    settle(&app, &ada, Some(SessionState::Ready)).await;
}
