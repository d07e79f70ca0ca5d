//! A mail server that takes mail, and can be told not to.

use std::io;
use std::sync::{Arc, Mutex};

use seaworthy::mail::{Smtp, SmtpSecurity};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the server does with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// Takes it.
    Accept,
    /// Asks for another try later.
    Postpone,
    /// Refuses it for good.
    Refuse,
    /// Says nothing until it is told to do something else.
    Hold,
    /// Takes it, and breaks off before it says so.
    Vanish,
    /// Gives one command an answer of its own: a verb, `hello` for the greeting, or `.` for the end of a mail.
    Answer(&'static str, &'static str),
}

impl Conduct {
    /// The answer to a command, if it has one of its own.
    fn answer(self, verb: &str) -> Option<Vec<u8>> {
        match self {
            Self::Answer(to, answer) if to == verb => Some(format!("{answer}\r\n").into_bytes()),
            _ => None,
        }
    }
}

/// A mail as it was taken.
#[derive(Clone, Debug)]
pub(crate) struct TakenMail {
    /// Whom it is for.
    pub to: String,
    /// Headers and parts, with their transfer encoding undone.
    pub text: String,
}

impl TakenMail {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        let line = self.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in:\n{}", self.text))
    }
}

#[derive(Debug)]
struct State {
    conduct: watch::Sender<Conduct>,
    held: watch::Sender<usize>,
    taken: Mutex<Vec<TakenMail>>,
    names: Mutex<Vec<String>>,
}

/// A running mail server, for as long as its test.
pub(crate) struct MailServer {
    state: Arc<State>,
    port: u16,
}

impl MailServer {
    /// A server that does as `conduct` says.
    pub(crate) async fn start(conduct: Conduct) -> Self {
        let state = Arc::new(State {
            conduct: watch::Sender::new(conduct),
            held: watch::Sender::new(0),
            taken: Mutex::default(),
            names: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _address)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { converse(stream, &state).await });
            }
        });
        Self { state, port }
    }

    /// How the program reaches it.
    pub(crate) fn settings(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: Some(self.port),
            security: SmtpSecurity::None,
            ehlo_name: None,
            username: None,
            password: None,
        }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it does from now on, with mails held back too.
    pub(crate) fn conduct(&self, conduct: Conduct) {
        self.state.conduct.send_replace(conduct);
    }

    /// How many mails have been held back so far.
    pub(crate) fn count_held(&self) -> usize {
        *self.state.held.borrow()
    }

    /// Resolves once `count` mails have been held back.
    pub(crate) async fn wait_until_held(&self, count: usize) {
        self.state.held.subscribe().wait_for(|held| *held >= count).await.unwrap();
    }

    /// The names by which clients presented themselves.
    pub(crate) fn names(&self) -> Vec<String> {
        self.state.names.lock().unwrap().clone()
    }

    /// Every mail taken so far.
    pub(crate) fn taken(&self) -> Vec<TakenMail> {
        self.state.taken.lock().unwrap().clone()
    }
}

async fn converse(stream: TcpStream, state: &State) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let greeting = state.conduct.borrow().answer("hello");
    stream.write_all(&greeting.unwrap_or_else(|| b"220 mail.example.org\r\n".to_vec())).await?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let conduct = *state.conduct.borrow();
        let verb = line.get(..4).unwrap_or_default();
        if let Some(answer) = conduct.answer(verb) {
            stream.write_all(&answer).await?;
            continue;
        }
        let answer: &[u8] = match verb {
            "EHLO" => {
                state.names.lock().unwrap().push(line[4..].trim().to_owned());
                b"250-mail.example.org\r\n250 AUTH PLAIN\r\n"
            }
            "MAIL" if conduct == Conduct::Postpone => b"451 4.3.1 No room just now\r\n",
            "RCPT" if conduct == Conduct::Refuse => b"550 5.1.1 Nobody has this address\r\n",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                b"250 OK\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 Go on\r\n").await?;
                let text = read_mail(&mut stream).await?;
                if let Some(answer) = conduct.answer(".") {
                    stream.write_all(&answer).await?;
                    continue;
                }
                if *state.conduct.borrow() == Conduct::Hold {
                    state.held.send_modify(|held| *held += 1);
                    let mut told = state.conduct.subscribe();
                    told.wait_for(|conduct| *conduct != Conduct::Hold).await.map_err(io::Error::other)?;
                }
                state.taken.lock().unwrap().push(TakenMail { to: to.clone(), text });
                if *state.conduct.borrow() == Conduct::Vanish {
                    return Ok(());
                }
                b"250 Taken\r\n"
            }
            "QUIT" => return stream.write_all(b"221 Bye\r\n").await,
            _ => b"250 OK\r\n",
        };
        stream.write_all(answer).await?;
    }
}

async fn read_mail(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = String::new();
    while !text.ends_with("\r\n.\r\n") {
        if stream.read_line(&mut text).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(decode(&text))
}

/// Undoes quoted-printable (RFC 2045, 6.7) wherever it stands.
fn decode(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => bytes.extend([b"=", part.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
