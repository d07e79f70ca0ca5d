//! Connections that browsers open ahead, and keep.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::TestApp;

/// Longer than servers commonly wait for a request, shorter than browsers keep a connection.
const IDLE: Duration = Duration::from_secs(8);
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Sends a request, and gives the beginning of what comes.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = vec![0; 64 * 1024];
    let count = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

#[tokio::test]
async fn a_connection_that_was_opened_ahead_or_kept_is_there_when_its_request_comes() {
    let app = TestApp::spawn().await;
    let address = app.url.trim_start_matches("http://").to_owned();
    let mut ahead = TcpStream::connect(&address).await.unwrap();
    let mut kept = TcpStream::connect(&address).await.unwrap();
    assert!(ask(&mut kept).await.starts_with("HTTP/1.1 200"));
    tokio::time::sleep(IDLE).await;
    for stream in [&mut ahead, &mut kept] {
        let answer = ask(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
