//! A session from its start, over two terminals, to its stop.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::site::{PATIENCE, client};
use crate::{PAGE, Page, Site, Visitor};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

pub(crate) async fn open_terminal(url: &str, visitor: &Visitor) -> Socket {
    let address = format!("{url}{PAGE}/terminal?cols=100&rows=30").replacen("http", "ws", 1);
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("origin", url.parse().unwrap());
    let cookie = format!("session={}", visitor.cookie("session").unwrap());
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    connect_async(request).await.unwrap().0
}

/// Reads the screen until it holds `expected`.
pub(crate) async fn read_until(socket: &mut Socket, expected: &str) {
    let mut screen = String::new();
    let reading = async {
        while let Some(Ok(message)) = socket.next().await {
            screen.push_str(&String::from_utf8_lossy(&message.into_data()));
            if screen.contains(expected) {
                return true;
            }
        }
        false
    };
    let found = tokio::time::timeout(PATIENCE, reading).await;
    assert!(matches!(found, Ok(true)), "{expected:?} is not on the screen ({found:?}): {screen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_starts_a_lab_types_in_it_comes_back_and_stops() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let session = site.start(&ada).await;
    let page: Page = ada.get(PAGE).await.expect(200);
    assert_eq!(page.texts("li[data-state=done]").len(), 8, "{}", page.body);

    let mut socket = open_terminal(&site.url, &ada).await;
    socket.send(Message::binary("echo begun-$((40 + 2))\r")).await.unwrap();
    read_until(&mut socket, "begun-42").await;
    socket.send(Message::binary("clear; kubectl get service qotm --output name\r")).await.unwrap();
    read_until(&mut socket, "service/qotm").await;
    // A new pod is closed to the others for a moment, until its policies are in force.
    let ask = "clear; curl --silent --max-time 5 --retry 60 --retry-delay 1 --retry-all-errors http://qotm/healthz --output /dev/null --write-out 'answer-%{http_code}\\n'\r";
    socket.send(Message::binary(ask)).await.unwrap();
    read_until(&mut socket, "answer-200").await;
    drop(socket);
    let mut again = open_terminal(&site.url, &ada).await;
    read_until(&mut again, "answer-200").await;
    drop(again);

    site.stop(&ada).await;
    let namespaces: Api<Namespace> = Api::all(client(None).await);
    assert!(namespaces.get_opt(&session.namespace).await.unwrap().is_none());
    site.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_closes_its_terminals_and_ends_in_time() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    site.start(&ada).await;
    let mut socket = open_terminal(&site.url, &ada).await;
    socket.send(Message::binary("echo here-$((40 + 2))\r")).await.unwrap();
    read_until(&mut socket, "here-42").await;
    let cluster = site.app.cluster.clone();
    let session = site.session(&ada).await.unwrap();
    let begun = std::time::Instant::now();
    let ((), ()) = tokio::join!(read_until(&mut socket, "The site is being restarted."), site.shut_down());
    // Whoever stops a pod gives it half a minute.
    assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
    cluster.delete_namespace(&session.namespace).await.unwrap();
}
