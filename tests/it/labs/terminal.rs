//! The browser's terminal, over a websocket.

use std::cell::Cell;
use std::time::Duration;

use futures_util::stream::SplitStream;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use seaworthy::labs::SessionState;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{run_until, start_until_ready};
use crate::support::{MockCluster, TestApp, Visitor};

/// Longer than anything takes on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

fn request(app: &TestApp, visitor: &Visitor, origin: &str) -> Request<()> {
    let address = format!("{}/labs/service-annotations/terminal?cols=100&rows=30", app.url);
    let mut request = address.replacen("http", "ws", 1).into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request.headers_mut().insert("cookie", visitor.cookie_header().parse().unwrap());
    request
}

/// A site whose terminals check their access every second.
async fn spawn_with_frequent_checks() -> (TestApp, MockCluster) {
    TestApp::spawn_with_cluster_and(|config| {
        config.labs.terminal_check_seconds = 1;
        config.labs.terminal_ping_seconds = 1;
    })
    .await
}

async fn open_running(app: &TestApp, visitor: &Visitor) -> Socket {
    start_until_ready(app, visitor).await;
    let mut socket = open(app, visitor).await.unwrap();
    read_until(&mut socket, "size").await;
    socket
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
    tokio::time::timeout(LIMIT, reading).await.expect("the terminal should answer")
}

#[tokio::test]
async fn what_is_typed_reaches_the_shell_and_comes_back() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
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
    start_until_ready(&app, &ada).await;
    let ben = app.learner("ben").await;
    assert_eq!(open(&app, &ben).await.err(), Some(409), "it is not his");
    let foreign = connect_async(request(&app, &ada, "http://elsewhere.example.org")).await;
    let Err(Error::Http(response)) = foreign else { panic!("a foreign page got in") };
    assert_eq!(response.status().as_u16(), 403);
    ada.get("/labs/service-annotations/terminal").await.expect(403);
}

#[tokio::test]
async fn behind_a_proxy_with_its_own_host_the_public_address_opens_it() {
    let own = "https://learn.example.org";
    let (app, _kube) = TestApp::spawn_with_cluster_and(|config| config.server.public_url = Some(own.to_owned())).await;
    let ada = app.learner("ada").await.with_host_cookies();
    start_until_ready(&app, &ada).await;
    assert_eq!(ada.get("/labs/service-annotations").await.attribute("[data-terminal]", "data-origin").unwrap(), own);
    let (mut socket, _) = connect_async(request(&app, &ada, own)).await.unwrap();
    read_until(&mut socket, "size").await;
    let page = ada.on_site(&app.url).get("/labs/service-annotations/terminal").await.expect(403);
    for part in [own, &app.url, "server.public_url"] {
        assert!(page.text(".lead").contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_websocket_starts_nothing_in_the_cluster() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await.in_browser();
    start_until_ready(&app, &ada).await;
    let page = ada.get("/labs/service-annotations/terminal").await.expect(400);
    assert!(page.text(".lead").contains("over a websocket"));
    assert_eq!(kube.execs(), 0);
    open(&app, &ada).await.unwrap();
    assert_eq!(kube.execs(), 1);
}

/// How many of the bytes that these tests paste are in a message.
fn count_typed(message: &Message) -> usize {
    message.clone().into_data().iter().map(|byte| usize::from(*byte == b'#')).sum()
}

/// Types so many bytes as one message while reading, and then reads on, saying that all is shown, until all came back.
async fn paste(socket: Socket, length: usize) -> Socket {
    let (mut sink, mut stream) = socket.split();
    let count = Cell::new(0);
    let read = async |stream: &mut SplitStream<Socket>| {
        let message = stream.next().await.unwrap().expect("the terminal closed");
        assert!(!message.is_text(), "{message}");
        count.set(count.get() + count_typed(&message));
    };
    let all = async {
        let sending = sink.send(Message::binary(vec![b'#'; length]));
        tokio::pin!(sending);
        loop {
            tokio::select! {
                sent = &mut sending => break sent.unwrap(),
                () = read(&mut stream) => {}
            }
        }
        while count.get() < length {
            // The echo is longer than the paste, and all of it is acknowledged.
            sink.send(Message::text(format!("{{\"ack\":{}}}", 2 * length))).await.unwrap();
            read(&mut stream).await;
        }
    };
    tokio::time::timeout(LIMIT, all).await.expect("a paste");
    assert_eq!(count.get(), length);
    sink.reunite(stream).unwrap()
}

#[tokio::test]
async fn a_paste_of_70_kb_and_one_of_a_megabyte_arrive_whole() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let mut socket = open_running(&app, &ada).await;
    for length in [70 * 1024, 1024 * 1024] {
        socket = paste(socket, length).await;
    }
    socket.send(Message::binary("still here")).await.unwrap();
    read_until(&mut socket, "you typed still here").await;
}

#[tokio::test]
async fn a_paste_that_is_too_long_is_refused_and_the_terminal_stays_open() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let mut socket = open_running(&app, &ada).await;
    socket.send(Message::binary(vec![b'#'; 3 * 1024 * 1024])).await.unwrap();
    assert!(read_until(&mut socket, "more than 2 MiB at once, and none of it was typed").await);
    socket.send(Message::binary("still here")).await.unwrap();
    read_until(&mut socket, "you typed still here").await;
}

#[tokio::test]
async fn a_browser_that_shows_nothing_is_sent_no_more_until_it_has() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let mut acking = request(&app, &ada, &app.url);
    *acking.uri_mut() = format!("{}&acks=1", acking.uri()).parse().unwrap();
    let (mut socket, _) = connect_async(acking).await.unwrap();
    read_until(&mut socket, "size").await;
    let total = 1024 * 1024;
    socket.send(Message::binary("flood")).await.unwrap();
    let mut came = 0;
    while let Ok(Some(message)) = tokio::time::timeout(Duration::from_secs(3), socket.next()).await {
        came += count_typed(&message.unwrap());
    }
    assert!(came < total, "all of it came, unshown");
    socket.send(Message::text(format!("{{\"ack\":{came}}}"))).await.unwrap();
    while came < total {
        let message = tokio::time::timeout(LIMIT, socket.next()).await.expect("more").unwrap();
        let bytes = count_typed(&message.unwrap());
        came += bytes;
        socket.send(Message::text(format!("{{\"ack\":{bytes}}}"))).await.unwrap();
    }
}

#[tokio::test]
async fn a_paste_whose_echo_waits_for_the_browser_continues() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let mut acking = request(&app, &ada, &app.url);
    *acking.uri_mut() = format!("{}&acks=1", acking.uri()).parse().unwrap();
    let (socket, _) = connect_async(acking).await.unwrap();
    paste(socket, 1024 * 1024).await;
}

#[tokio::test]
async fn a_terminal_ends_with_its_persons_session() {
    let (app, _kube) = spawn_with_frequent_checks().await;
    let ada = app.learner("ada").await;
    let mut socket = open_running(&app, &ada).await;
    let other = app.learner("ben").await;
    let mut kept = open_running(&app, &other).await;
    ada.post("/sign-out", &[]).await.location();
    assert!(read_until(&mut socket, r#"{"ended":"You have been signed out."#).await);
    kept.send(Message::binary("hello")).await.unwrap();
    read_until(&mut kept, "you typed hello").await;
}

#[tokio::test]
async fn a_terminal_ends_when_the_role_changes_or_the_lab_stops() {
    let (app, _kube) = spawn_with_frequent_checks().await;
    let (ada, ben) = (app.learner("ada").await, app.learner("ben").await);
    let (mut of_ada, mut of_ben) = (open_running(&app, &ada).await, open_running(&app, &ben).await);
    let noor = app.admin("noor").await;
    let role = format!("/admin/people/{}/role", ada.person().id);
    noor.post(&role, &[("role", "instructor")]).await.location();
    assert!(read_until(&mut of_ada, r#"{"ended":"Your role was changed"#).await);
    ben.post("/labs/service-annotations/stop", &[]).await.location();
    assert!(read_until(&mut of_ben, r#"{"ended":"This lab session has ended."#).await);
    run_until(&app, &ben, None).await;
}

#[tokio::test]
async fn a_browser_that_answers_no_ping_is_disconnected() {
    let (app, _kube) = spawn_with_frequent_checks().await;
    let ada = app.learner("ada").await;
    // It is opened, and then nothing of it is read any more, so that no ping is answered.
    let socket = open_running(&app, &ada).await;
    let mut raw = socket.into_inner();
    let MaybeTlsStream::Plain(stream) = &mut raw else { panic!("there is no TLS here") };
    let reading = async {
        let mut bytes = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(stream, &mut bytes).await.ok();
    };
    tokio::time::timeout(LIMIT, reading).await.expect("the terminal should be closed");
}

#[tokio::test]
async fn the_oldest_of_too_many_terminals_is_closed() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let mut oldest = open_running(&app, &ada).await;
    let mut newer = Vec::new();
    for _ in 0..4 {
        newer.push(open(&app, &ada).await.unwrap());
    }
    assert!(read_until(&mut oldest, r#"{"ended":"This shell was opened in other tabs"#).await);
    for socket in &mut newer {
        socket.send(Message::binary("hello")).await.unwrap();
        read_until(socket, "you typed hello").await;
    }
}

#[tokio::test]
async fn a_cluster_that_goes_away_while_typing_is_reported() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let mut socket = open(&app, &ada).await.unwrap();
    read_until(&mut socket, "size").await;
    kube.go_down().await;
    assert!(read_until(&mut socket, "The connection to the cluster broke.").await);
    assert_eq!(open(&app, &ada).await.err(), Some(503));

    kube.go_up();
    let mut again = open(&app, &ada).await.unwrap();
    read_until(&mut again, "size").await;
}

#[tokio::test]
async fn a_stopping_server_closes_its_terminals() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let mut socket = open(&app, &ada).await.unwrap();
    read_until(&mut socket, "size").await;
    app.app.labs.close_terminals();
    assert!(read_until(&mut socket, "The site is being restarted.").await);
}

#[tokio::test]
async fn a_toolbox_that_was_deleted_is_restored() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    kube.delete("Pod", &session.namespace, "toolbox");
    assert_eq!(open(&app, &ada).await.err(), Some(503));
    assert!(kube.object("Pod", &session.namespace, "toolbox").is_some());
    open(&app, &ada).await.unwrap();
    run_until(&app, &ada, Some(SessionState::Ready)).await;
}
