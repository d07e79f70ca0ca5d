//! Websockets and answers without an end.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::Method;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_with_config};

use super::{Browser, Setting};
use crate::labs::stop;

/// Longer than anything takes on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Opens a websocket of a page, as a page of `origin`.
async fn connect(browser: &Browser, host: &str, (path, origin): (&str, &str)) -> Result<Socket, u16> {
    let mut request = format!("ws://{host}{path}").into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request.headers_mut().insert("sec-websocket-protocol", "other, chat.example".parse().unwrap());
    if let Some(cookies) = browser.cookie_header(host) {
        request.headers_mut().insert("cookie", cookies.parse().unwrap());
    }
    let stream = tokio::net::TcpStream::connect(browser.platform()).await.unwrap();
    match client_async_with_config(request, MaybeTlsStream::Plain(stream), None).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "chat.example");
            Ok(socket)
        }
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(fault) => panic!("{fault}"),
    }
}

async fn open(setting: &Setting, browser: &Browser) -> Socket {
    let host = setting.host("quote");
    connect(browser, &host, ("/socket", &format!("http://{host}"))).await.unwrap()
}

/// The next message; `None` at the end.
async fn next(socket: &mut Socket) -> Option<Message> {
    let message = tokio::time::timeout(LIMIT, socket.next()).await.expect("nothing came");
    message.and_then(Result::ok)
}

/// Waits until the websocket is closed.
async fn wait_until_closed(mut socket: Socket) {
    while let Some(message) = next(&mut socket).await {
        assert!(!message.is_text(), "{message:?}");
    }
}

async fn with_frequent_checks() -> Setting {
    Setting::open_with(|config| config.labs.terminal_check_seconds = 1).await
}

#[tokio::test]
async fn a_websocket_passes_messages_both_ways_until_one_side_closes() {
    let setting = Setting::open().await;
    let browser = setting.browser().await;
    let mut socket = open(&setting, &browser).await;
    for text in ["one", "two"] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(next(&mut socket).await, Some(Message::text(format!("echo {text}"))));
    }
    let long = vec![7; 60_000];
    socket.send(Message::binary(long.clone())).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::binary(long)));
    socket.send(Message::text("close")).await.unwrap();
    wait_until_closed(socket).await;
    let socket = open(&setting, &browser).await;
    drop(socket);
    let host = setting.host("quote");
    assert_eq!(browser.get(&host, "/").await.status, 200, "a websocket's connection is not used for anything else");
}

#[tokio::test]
async fn a_websocket_is_refused_to_pages_of_other_origins_and_without_access() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let own = format!("http://{host}");
    for origin in [format!("http://{}", setting.host("other")), format!("http://{}", browser.platform()), "null".into()]
    {
        let opened = connect(&browser, &host, ("/socket", &origin)).await;
        let expected = if origin == "null" { opened.as_ref().err().copied() } else { Some(403) };
        assert_eq!(opened.err(), expected, "{origin}");
    }
    let stranger = Browser::new(&setting.app.url);
    assert_eq!(connect(&stranger, &host, ("/socket", &own)).await.err(), Some(403));
    assert_eq!(connect(&browser, &host, ("/status/404", &own)).await.err(), Some(404), "the Service's own refusal");
}

#[tokio::test]
async fn a_websocket_ends_when_its_person_signs_out() {
    let setting = with_frequent_checks().await;
    let browser = setting.browser().await;
    let socket = open(&setting, &browser).await;
    setting.app.app.accounts.sign_out(&setting.ada.cookie("session").unwrap()).await.unwrap();
    wait_until_closed(socket).await;
}

#[tokio::test]
async fn a_websocket_ends_with_the_lab_and_with_the_server() {
    let setting = with_frequent_checks().await;
    let browser = setting.browser().await;
    let socket = open(&setting, &browser).await;
    stop(&setting.ada).await;
    wait_until_closed(socket).await;
    setting.app.leave_jobs();

    let setting = Setting::open().await;
    let browser = setting.browser().await;
    let socket = open(&setting, &browser).await;
    setting.app.app.labs.close_terminals();
    wait_until_closed(socket).await;
}

#[tokio::test]
async fn a_websocket_over_which_nothing_is_sent_ends() {
    let setting = Setting::open_with(|config| config.labs.page_idle_seconds = 3).await;
    let browser = setting.browser().await;
    let mut socket = open(&setting, &browser).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        socket.send(Message::text("here")).await.unwrap();
        assert!(next(&mut socket).await.is_some(), "one that is used goes on");
    }
    wait_until_closed(socket).await;
}

#[tokio::test]
async fn events_come_as_they_are_sent_and_end_with_access() {
    let setting = with_frequent_checks().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let mut answer = browser.request(Method::GET, &host, "/events").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(&answer.chunk().await.unwrap().unwrap()[..], b"data: first\n\n");
    setting.app.app.accounts.sign_out(&setting.ada.cookie("session").unwrap()).await.unwrap();
    let end = tokio::time::timeout(LIMIT, answer.chunk()).await.expect("it goes on");
    assert!(!matches!(end, Ok(Some(_))), "{end:?}");
}
