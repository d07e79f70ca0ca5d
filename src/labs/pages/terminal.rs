//! `GET /labs/{lab}/terminal`: a websocket between the browser's terminal and the shell in the toolbox.
//!
//! The browser sends what is typed as binary messages and all else as text: its size, `{"resize":{"cols":80,"rows":24}}`,
//! and, when it asked for `acks=1`, how much of the output it has shown, `{"ack":16384}`. It gets what the shell writes as
//! binary messages, and words about the connection as text: `{"notice":".."}`, after which a closed connection is worth
//! opening again, or, as the last one, `{"ended":".."}`.
//!
//! One piece is passed on before the next is read, in both directions, so that a slow side slows the other down rather than
//! filling this process's memory. A browser that answers no ping, and one whose person may not be here any more, is let go.

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
use super::terminal_access::Access;
use crate::accounts::Accounts;
use crate::accounts::guards::Learner;
use crate::cluster::{Terminal, TerminalEnd, TerminalInput, TerminalOutput};
use crate::labs::Labs;
use crate::web::origin::{Source, require_own};
use crate::web::{Query, SocketPermit, Sockets, WebError};

/// The most that is typed or pasted with one message.
const MAX_MESSAGE_BYTES: usize = 2 * 1024 * 1024;
/// The most that is taken in before a message is told to be too long.
const MAX_FRAME_BYTES: usize = 4 * MAX_MESSAGE_BYTES;
/// The most that is passed on at once, in both directions.
const CHUNK_BYTES: usize = 16 * 1024;
/// How much of the output may be on its way to a browser that says how much it has shown.
const MAX_UNSHOWN_BYTES: usize = 512 * 1024;
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the address says of the browser's terminal.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Opening {
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

/// What the browser says besides what is typed.
#[derive(Debug, Deserialize)]
struct Told {
    resize: Option<Size>,
    ack: Option<usize>,
}

/// What opening a terminal takes.
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
    // Nothing is started in the cluster for what turns out to be no websocket.
    let (response, session, messages) = actix_ws::handle(&request, body).map_err(|fault| {
        tracing::debug!(error = %fault, "a terminal was asked for without a websocket");
        WebError::BadRequest("A terminal is opened by its page, over a websocket.")
    })?;
    let access = Access::new((&labs, &accounts), &request, &person, &name).await?;
    let mut terminal = labs.open_terminal(&person.id, &name).await.map_err(refusal)?;
    let opening = Query::<Opening>::read(&request).ok();
    if let Some(Opening { cols: Some(cols), rows: Some(rows), .. }) = opening {
        terminal.input.resize(cols, rows);
    }
    let link = Link {
        session,
        is_acking: opening.is_some_and(|opening| opening.acks == 1),
        signs: Rc::new(Signs::new()),
        ping_every: Duration::from_secs(labs.settings().terminal_ping_seconds),
        check_every: Duration::from_secs(labs.settings().terminal_check_seconds),
    };
    let permit = sockets.open(person.id.as_str(), access.place());
    let messages = messages.max_frame_size(MAX_FRAME_BYTES);
    let closing = labs.closing();
    actix_web::rt::spawn(async move {
        let restarted = async {
            closing.cancelled().await;
            Some(json!({ "notice": "The site is being restarted. Your shell goes on." }))
        };
        link.relay(messages, terminal, (access, permit), restarted).await;
    });
    Ok(response)
}

/// Signs of life of the two sides.
struct Signs {
    heard_at: Cell<Instant>,
    /// Whether the shell is taking its time with what was typed, during which the browser is not listened to.
    is_typing: Cell<bool>,
    unshown_bytes: Cell<usize>,
    shown: Notify,
}

impl Signs {
    fn new() -> Self {
        Self {
            heard_at: Cell::new(Instant::now()),
            is_typing: Cell::new(false),
            unshown_bytes: Cell::new(0),
            shown: Notify::new(),
        }
    }
}

/// The browser's side.
#[derive(Clone)]
struct Link {
    session: Session,
    is_acking: bool,
    signs: Rc<Signs>,
    ping_every: Duration,
    check_every: Duration,
}

impl Link {
    /// Passes bytes both ways until one side ends or somebody else ends it.
    async fn relay(
        self,
        messages: MessageStream,
        terminal: Terminal,
        (access, permit): (Access, SocketPermit),
        restarted: impl Future<Output = Option<Value>>,
    ) {
        let Terminal { input, output } = terminal;
        let mut session = self.session.clone();
        let last_words = tokio::select! {
            words = self.clone().read_browser(messages, input) => words,
            end = self.clone().write_browser(output) => end.map(message),
            () = self.clone().listen() => None,
            words = access.until_over(self.check_every) => Some(json!({ "ended": words })),
            () = permit.evicted() => Some(json!({
                "ended": "This shell was opened in other tabs meanwhile, and this one has made room. Reload to have it back.",
            })),
            words = restarted => words,
        };
        let farewell = async {
            if let Some(words) = last_words {
                session.text(words.to_string()).await.ok();
            }
            session.close(None).await.ok();
        };
        // A browser that reads nothing any more is not waited for.
        timeout(FAREWELL, farewell).await.ok();
    }

    /// Passes on what is typed; answers the last words, or nothing when the browser left.
    async fn read_browser(mut self, mut messages: MessageStream, mut input: TerminalInput) -> Option<Value> {
        loop {
            let message = match messages.next().await? {
                Ok(message) => message,
                Err(actix_ws::ProtocolError::Overflow) => return Some(json!({ "notice": too_long() })),
                Err(fault) => {
                    tracing::debug!(error = %fault, "terminal websocket broken");
                    return None;
                }
            };
            self.signs.heard_at.set(Instant::now());
            let typed = match message {
                Message::Binary(bytes)
                | Message::Continuation(Item::FirstBinary(bytes) | Item::Continue(bytes) | Item::Last(bytes)) => bytes,
                Message::Text(text) => {
                    self.obey(&text, &mut input);
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
            self.signs.is_typing.set(true);
            self.signs.shown.notify_one();
            for piece in typed.chunks(CHUNK_BYTES) {
                if !input.send(piece).await {
                    // The other half knows how the terminal ended, and says so.
                    return std::future::pending().await;
                }
            }
            self.signs.is_typing.set(false);
            self.signs.heard_at.set(Instant::now());
        }
    }

    fn obey(&self, text: &str, input: &mut TerminalInput) {
        let Ok(told) = serde_json::from_str::<Told>(text) else { return };
        if let Some(Size { cols, rows }) = told.resize {
            input.resize(cols, rows);
        }
        if let Some(bytes) = told.ack {
            let unshown = &self.signs.unshown_bytes;
            unshown.set(unshown.get().saturating_sub(bytes));
            self.signs.shown.notify_one();
        }
    }

    /// Passes on what the shell writes; answers how it ended, or nothing when the browser left.
    async fn write_browser(mut self, mut output: TerminalOutput) -> Option<TerminalEnd> {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            while self.must_wait() {
                self.signs.shown.notified().await;
            }
            let Some(count) = output.read(&mut buffer).await else { return Some(output.end().await) };
            self.session.binary(buffer[..count].to_vec()).await.ok()?;
            self.signs.unshown_bytes.set(self.signs.unshown_bytes.get() + count);
        }
    }

    /// Whether the browser has yet to show what it was sent. While the shell is slow to take what is typed, nobody listens
    /// to what the browser has shown, and the shell may be waiting for its output to be taken.
    fn must_wait(&self) -> bool {
        self.is_acking && !self.signs.is_typing.get() && self.signs.unshown_bytes.get() > MAX_UNSHOWN_BYTES
    }

    /// Asks the browser whether it is still there, until it does not answer.
    async fn listen(mut self) {
        let mut pings = tokio::time::interval(self.ping_every);
        pings.reset();
        loop {
            pings.tick().await;
            let silence = self.signs.heard_at.get().elapsed();
            if !self.signs.is_typing.get() && silence > self.ping_every * 2 {
                return tracing::debug!(seconds = silence.as_secs(), "terminal closed: its browser is silent");
            }
            // A full connection carries no ping; then the silence counts.
            if matches!(timeout(self.ping_every / 2, self.session.ping(b"")).await, Ok(Err(_closed))) {
                return;
            }
        }
    }
}

fn too_long() -> String {
    let most = MAX_MESSAGE_BYTES / 1024 / 1024;
    format!("That was more than {most} MiB at once, and none of it was typed. Paste it in parts, or use a file.")
}

fn message(end: TerminalEnd) -> Value {
    match end {
        TerminalEnd::Exited => json!({ "ended": "The shell has ended. Reload the page for a new one." }),
        TerminalEnd::Failed(reason) => json!({ "ended": format!("The terminal could not go on: {reason}") }),
        TerminalEnd::Lost => json!({
            "notice": "The connection to the cluster broke. What you did in the namespace is kept.",
        }),
    }
}
