//! `GET /labs/{lab}/terminal`: a websocket between the browser's terminal and the shell in the toolbox.
//!
//! The browser sends what is typed as binary messages and all else as text: its size, `{"resize":{"cols":80,"rows":24}}`,
//! and, when it requested `acks=1`, how much of the output it has shown, `{"ack":16384}`. It gets what the shell writes as
//! binary messages, and messages about the connection as text: `{"notice":".."}`, after which a closed connection may be
//! opened again, or, as the last one, `{"ended":".."}`.
//!
//! One chunk is passed on before the next is read, in both directions, so that a slow side slows the other down rather than
//! filling this process's memory. The connection of a browser that answers no ping, or whose access is revoked, is closed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{Item, Message, MessageStream, Session};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::access::refusal;
use super::terminal_access::TerminalAccess;
use crate::accounts::Accounts;
use crate::accounts::guards::Learner;
use crate::cluster::{Terminal, TerminalEnd, TerminalInput, TerminalOutput};
use crate::labs::Labs;
use crate::web::origin::{Source, require_own};
use crate::web::{Query, SocketPermit, Sockets, WebError};

/// How much may be typed or pasted with one message.
const MAX_MESSAGE_BYTES: usize = 2 * 1024 * 1024;
/// How much of a message is read before it is refused as too long.
const MAX_FRAME_BYTES: usize = 4 * MAX_MESSAGE_BYTES;
/// How much is passed on at once, in both directions.
const CHUNK_BYTES: usize = 16 * 1024;
/// How much of the output may be sent ahead to a browser that acknowledges what it has shown.
const MAX_UNSHOWN_BYTES: usize = 512 * 1024;
/// How long the closing message may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The query of the address.
#[derive(Clone, Copy, Debug, Deserialize)]
struct TerminalQuery {
    cols: Option<u16>,
    rows: Option<u16>,
    #[serde(default)]
    acks: u8,
}

/// The size of the browser's terminal.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Size {
    cols: u16,
    rows: u16,
}

/// A message of the browser's beside what is typed.
#[derive(Debug, Deserialize)]
struct ControlMessage {
    resize: Option<Size>,
    ack: Option<usize>,
}

/// The services that a terminal uses.
type Services = (Data<Labs>, Data<Accounts>, Data<Sockets>);

/// Opens the shell of the reader's running session.
pub async fn terminal(
    (labs, accounts, sockets): Services,
    name: Path<String>,
    Learner(person): Learner,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, WebError> {
    if require_own(&request)? != Source::Own {
        return Err(WebError::Forbidden("A terminal can be opened from this site's own pages alone."));
    }
    // Before anything is started in the cluster.
    let (response, session, messages) = actix_ws::handle(&request, body).map_err(|fault| {
        tracing::debug!(error = %fault, "terminal request refused");
        WebError::BadRequest("A terminal is opened by its page, over a websocket.")
    })?;
    let lab_session = labs.find_ready_session(&person.id, &name).await.map_err(refusal(&name))?;
    let terminal = labs.open_terminal(&lab_session).await.map_err(refusal(&name))?;
    let query = Query::<TerminalQuery>::read(&request).ok();
    if let Some(TerminalQuery { cols: Some(cols), rows: Some(rows), .. }) = query {
        terminal.input.resize(cols, rows);
    }
    let socket = TerminalSocket {
        session,
        sends_acks: query.is_some_and(|query| query.acks == 1),
        state: Rc::new(SocketState::new()),
        ping_every: Duration::from_secs(labs.settings().terminal_ping_seconds),
        check_every: Duration::from_secs(labs.settings().terminal_check_seconds),
    };
    let permit = sockets.open(person.id.as_str(), lab_session.id.as_str());
    let access = TerminalAccess::new((&labs, &accounts), &request, person, lab_session);
    let messages = messages.max_frame_size(MAX_FRAME_BYTES);
    let closing = labs.closing();
    actix_web::rt::spawn(async move {
        let shutdown = async {
            closing.cancelled().await;
            Some(json!({ "notice": "The site is being restarted. Your shell goes on." }))
        };
        socket.relay(messages, terminal, (access, permit), shutdown).await;
    });
    Ok(response)
}

/// What both directions of a connection share.
struct SocketState {
    last_message_at: Cell<Instant>,
    /// Whether the shell has not read all that was typed yet, during which no message is read from the browser.
    is_typing: Cell<bool>,
    unshown_bytes: Cell<usize>,
    shown: Notify,
}

impl SocketState {
    fn new() -> Self {
        Self {
            last_message_at: Cell::new(Instant::now()),
            is_typing: Cell::new(false),
            unshown_bytes: Cell::new(0),
            shown: Notify::new(),
        }
    }
}

/// The connection to the browser.
#[derive(Clone)]
struct TerminalSocket {
    session: Session,
    sends_acks: bool,
    state: Rc<SocketState>,
    ping_every: Duration,
    check_every: Duration,
}

impl TerminalSocket {
    /// Passes bytes in both directions until one side or the server ends the connection.
    async fn relay(
        self,
        messages: MessageStream,
        terminal: Terminal,
        (access, permit): (TerminalAccess, SocketPermit),
        shutdown: impl Future<Output = Option<Value>>,
    ) {
        let Terminal { input, output } = terminal;
        let mut session = self.session.clone();
        let last_message = tokio::select! {
            message = self.clone().read_browser(messages, input) => message,
            end = self.clone().write_browser(output) => end.map(end_message),
            () = self.clone().keep_alive() => None,
            reason = access.wait_until_revoked(self.check_every) => Some(json!({ "ended": reason })),
            () = permit.evicted() => Some(json!({
                "ended": "This shell was opened in other tabs meanwhile, and this one has made room. Reload to have it back.",
            })),
            message = shutdown => message,
        };
        let close = async {
            if let Some(message) = last_message {
                session.text(message.to_string()).await.ok();
            }
            session.close(None).await.ok();
        };
        // A browser that does not read any more is not waited for.
        timeout(CLOSE_TIMEOUT, close).await.ok();
    }

    /// Passes on what is typed; answers the closing message, or `None` when the browser closed the connection.
    async fn read_browser(mut self, mut messages: MessageStream, mut input: TerminalInput) -> Option<Value> {
        loop {
            let message = match messages.next().await? {
                Ok(message) => message,
                Err(actix_ws::ProtocolError::Overflow) => return Some(json!({ "notice": too_long() })),
                Err(fault) => {
                    tracing::debug!(error = %fault, "terminal websocket failed");
                    return None;
                }
            };
            self.state.last_message_at.set(Instant::now());
            let typed = match message {
                Message::Binary(bytes)
                | Message::Continuation(Item::FirstBinary(bytes) | Item::Continue(bytes) | Item::Last(bytes)) => bytes,
                Message::Text(text) => {
                    self.apply_control(&text, &input);
                    continue;
                }
                Message::Ping(bytes) => {
                    self.session.pong(&bytes).await.ok()?;
                    continue;
                }
                Message::Close(_) => return None,
                Message::Pong(_) | Message::Continuation(Item::FirstText(_)) | Message::Nop => continue,
            };
            if typed.len() > MAX_MESSAGE_BYTES {
                self.session.text(json!({ "notice": too_long() }).to_string()).await.ok()?;
                continue;
            }
            self.state.is_typing.set(true);
            self.state.shown.notify_one();
            for chunk in typed.chunks(CHUNK_BYTES) {
                if !input.send(chunk).await {
                    // `write_browser` answers how the terminal ended.
                    return std::future::pending().await;
                }
            }
            self.state.is_typing.set(false);
            self.state.last_message_at.set(Instant::now());
        }
    }

    fn apply_control(&self, text: &str, input: &TerminalInput) {
        let Ok(control) = serde_json::from_str::<ControlMessage>(text) else { return };
        if let Some(Size { cols, rows }) = control.resize {
            input.resize(cols, rows);
        }
        if let Some(bytes) = control.ack {
            let unshown = &self.state.unshown_bytes;
            unshown.set(unshown.get().saturating_sub(bytes));
            self.state.shown.notify_one();
        }
    }

    /// Passes on what the shell writes; answers how it ended, or `None` when the browser closed the connection.
    async fn write_browser(mut self, mut output: TerminalOutput) -> Option<TerminalEnd> {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            while self.must_wait() {
                self.state.shown.notified().await;
            }
            let Some(count) = output.read(&mut buffer).await else { return Some(output.end().await) };
            self.session.binary(buffer[..count].to_vec()).await.ok()?;
            self.state.unshown_bytes.set(self.state.unshown_bytes.get() + count);
        }
    }

    /// Whether the browser must first acknowledge what it was sent. While the shell is slow to read what is typed, no
    /// acknowledgement is read, and the shell may be blocked until its output is read.
    fn must_wait(&self) -> bool {
        self.sends_acks && !self.state.is_typing.get() && self.state.unshown_bytes.get() > MAX_UNSHOWN_BYTES
    }

    /// Pings the browser until it does not answer.
    async fn keep_alive(mut self) {
        let mut pings = tokio::time::interval(self.ping_every);
        pings.reset();
        loop {
            pings.tick().await;
            let silence = self.state.last_message_at.get().elapsed();
            if !self.state.is_typing.get() && silence > self.ping_every * 2 {
                return tracing::debug!(silent_seconds = silence.as_secs(), "terminal timed out");
            }
            // A ping that does not fit into a full connection is dropped; then the silence counts.
            if matches!(timeout(self.ping_every / 2, self.session.ping(b"")).await, Ok(Err(_closed))) {
                return;
            }
        }
    }
}

fn too_long() -> String {
    let max = MAX_MESSAGE_BYTES / 1024 / 1024;
    format!("That was more than {max} MiB at once, and none of it was typed. Paste it in parts, or use a file.")
}

fn end_message(end: TerminalEnd) -> Value {
    match end {
        TerminalEnd::Exited => json!({ "ended": "The shell has ended. Reload the page for a new one." }),
        TerminalEnd::Failed(reason) => json!({ "ended": format!("The terminal could not go on: {reason}") }),
        TerminalEnd::Lost => json!({
            "notice": "The connection to the cluster broke. What you did in the namespace is kept.",
        }),
    }
}
