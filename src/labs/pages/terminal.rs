//! `GET /labs/{lab}/terminal`: a websocket between the browser's terminal and the shell in the toolbox.
//!
//! The browser sends what is typed as binary messages and its size as text, `{"resize":{"cols":80,"rows":24}}`. It gets
//! what the shell writes as binary messages, and words about the connection as text: `{"notice":".."}`, after which a
//! closed connection is worth opening again, or, as the last one, `{"ended":".."}`. One message is passed on before the next is read, in both directions, so that a slow side
//! slows the other down rather than filling this process's memory.

use std::time::Duration;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Session};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::access::refusal;
use crate::accounts::guards::Learner;
use crate::cluster::{Terminal, TerminalEnd, TerminalInput, TerminalOutput};
use crate::labs::Labs;
use crate::web::origin::{Source, require_own};
use crate::web::{Query, WebError};

/// How often the browser is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);
/// The most that one message of the browser may hold.
const MESSAGE_BYTES: usize = 64 * 1024;
/// The most that one message to the browser holds.
const CHUNK_BYTES: usize = 16 * 1024;

/// The size of the browser's terminal.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Size {
    cols: u16,
    rows: u16,
}

#[derive(Debug, Deserialize)]
struct Command {
    resize: Size,
}

/// Opens the shell of the reader's running session.
pub async fn terminal(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, WebError> {
    if require_own(&request)? != Source::Own {
        return Err(WebError::Forbidden("A terminal can be opened from this site's own pages alone."));
    }
    // Nothing is started in the cluster for what turns out to be no websocket.
    let (response, session, messages) = actix_ws::handle(&request, body).map_err(|fault| {
        tracing::debug!(error = %fault, "a terminal was asked for without a websocket");
        WebError::BadRequest("A terminal is opened by its page, over a websocket.")
    })?;
    let mut terminal = labs.open_terminal(&person.id, &name).await.map_err(refusal)?;
    if let Ok(Size { cols, rows }) = Query::<Size>::read(&request) {
        terminal.input.resize(cols, rows);
    }
    let messages =
        messages.max_frame_size(MESSAGE_BYTES).aggregate_continuations().max_continuation_size(MESSAGE_BYTES);
    actix_web::rt::spawn(relay(session, messages, terminal, labs.closing()));
    Ok(response)
}

/// Passes bytes both ways until one side ends or the server stops.
async fn relay(
    mut session: Session,
    messages: AggregatedMessageStream,
    terminal: Terminal,
    closing: CancellationToken,
) {
    let Terminal { input, output } = terminal;
    let last_words = tokio::select! {
        () = read_browser(session.clone(), messages, input) => None,
        end = write_browser(session.clone(), output) => end.map(worded),
        () = closing.cancelled() => Some(json!({ "notice": "The site is being restarted. Your shell goes on." })),
    };
    if let Some(words) = last_words {
        session.text(words.to_string()).await.ok();
    }
    session.close(None).await.ok();
}

async fn read_browser(mut session: Session, mut messages: AggregatedMessageStream, mut input: TerminalInput) {
    while let Some(Ok(message)) = messages.next().await {
        match message {
            AggregatedMessage::Binary(bytes) => {
                if !input.send(&bytes).await {
                    // The reading half knows how the terminal ended, and says so.
                    return std::future::pending().await;
                }
            }
            AggregatedMessage::Text(text) => {
                if let Ok(Command { resize }) = serde_json::from_str(&text) {
                    input.resize(resize.cols, resize.rows);
                }
            }
            AggregatedMessage::Ping(bytes) => {
                if session.pong(&bytes).await.is_err() {
                    return;
                }
            }
            AggregatedMessage::Pong(_) => {}
            AggregatedMessage::Close(_) => return,
        }
    }
}

/// Passes on what the shell writes; answers how it ended, or nothing when the browser left.
async fn write_browser(mut session: Session, mut output: TerminalOutput) -> Option<TerminalEnd> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut pings = tokio::time::interval(PING_EVERY);
    pings.reset();
    loop {
        tokio::select! {
            count = output.read(&mut buffer) => match count {
                Some(count) => session.binary(buffer[..count].to_vec()).await.ok()?,
                None => return Some(output.end().await),
            },
            _ = pings.tick() => session.ping(b"").await.ok()?,
        }
    }
}

fn worded(end: TerminalEnd) -> Value {
    match end {
        TerminalEnd::Exited => json!({ "ended": "The shell has ended. Reload the page for a new one." }),
        TerminalEnd::Failed(reason) => json!({ "ended": format!("The terminal could not go on: {reason}") }),
        TerminalEnd::Lost => json!({
            "notice": "The connection to the cluster broke. What you did in the namespace is kept.",
        }),
    }
}
