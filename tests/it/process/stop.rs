//! SIGTERM with requests and jobs under way, and a death without warning.

use rustix::process::Signal;
use sqlx::Executor as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::program::{Installation, Program};
use crate::support::{Conduct, MailServer, PASSWORD, Visitor};

async fn sign_up(visitor: &Visitor, email: &str) {
    let fields = [("name", "Bo"), ("email", email), ("password", PASSWORD)];
    visitor.post("/sign-up", &fields).await.expect(200);
}

/// A sign-up whose form comes in slowly: the server has begun to read it, and half of it is still to come.
struct SlowRequest {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl SlowRequest {
    async fn begin(installation: &Installation, email: &str) -> Self {
        let visitor = Visitor::new(&installation.url());
        let token = visitor.csrf_token().await;
        let form = format!("csrf={token}&name=Slow&email={email}&password={}", PASSWORD.replace(' ', "+"));
        let address = installation.url().replace("http://", "");
        let head = format!(
            "POST /sign-up HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            visitor.cookie_header(),
            form.len(),
        );
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        let (first, rest) = form.as_bytes().split_at(form.len() / 2);
        stream.write_all(first).await.unwrap();
        Self { stream, rest: rest.to_vec() }
    }

    /// Sends what is left, and answers what came back.
    async fn finish(mut self) -> String {
        self.stream.write_all(&self.rest).await.unwrap();
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

async fn until_refused(program: &Program) {
    program.until("new connections are refused", async || !program.connects().await).await;
}

#[tokio::test]
async fn on_sigterm_requests_and_jobs_under_way_are_finished() {
    let (installation, mail) = (Installation::new().await, MailServer::start(Conduct::Hold).await);
    installation.configure(50, Some(&mail));
    let mut program = installation.serve().await;
    sign_up(&Visitor::new(&installation.url()), "job@example.org").await;
    mail.wait_until_held(1).await;
    let slow = SlowRequest::begin(&installation, "request@example.org").await;

    program.signal(Signal::TERM);
    until_refused(&program).await;
    let answer = slow.finish().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Look in your mailbox"), "{answer}");
    mail.conduct(Conduct::Accept);
    assert_eq!(program.ended().await, Some(0), "{}", program.said());

    // The job that was under way is done and not done again; that of the last request waits for the next start.
    let mut program = installation.serve().await;
    program.until("both mails are out", async || mail.taken().len() >= 2).await;
    let to: Vec<_> = mail.taken().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["job@example.org", "request@example.org"]);
    program.signal(Signal::INT);
    assert_eq!(program.ended().await, Some(0));
}

#[tokio::test]
async fn on_sigterm_what_does_not_finish_in_time_is_handed_back() {
    let (installation, mail) = (Installation::new().await, MailServer::start(Conduct::Hold).await);
    installation.configure(1, Some(&mail));
    let mut program = installation.serve().await;
    sign_up(&Visitor::new(&installation.url()), "job@example.org").await;
    mail.wait_until_held(1).await;
    let stuck = SlowRequest::begin(&installation, "request@example.org").await;
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await, Some(0), "{}", program.said());
    drop(stuck);

    let jobs = installation.unfinished_jobs().await;
    assert_eq!(
        jobs.iter().filter(|(kind, state)| kind == "accounts.send_verification" && state == "queued").count(),
        1,
        "{jobs:?}"
    );
    let program = installation.serve().await;
    mail.wait_until_held(2).await;
    mail.conduct(Conduct::Accept);
    program.until("the mail is out", async || mail.taken().iter().any(|mail| mail.to == "job@example.org")).await;
    program
        .until("the job is done", async || {
            !installation.unfinished_jobs().await.iter().any(|(kind, _)| kind == "accounts.send_verification")
        })
        .await;
}

#[tokio::test]
async fn a_program_whose_log_nobody_reads_stops_when_told() {
    let installation = Installation::on_sqlite();
    let mut program = installation.serve().await;
    program.stop_listening().await;
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await, Some(0));
}

#[tokio::test]
async fn a_program_that_has_announced_itself_stops_in_order_at_once() {
    let installation = Installation::on_sqlite();
    let mut program = installation.start();
    program.until("it prints the link", async || program.said().contains("/first-admin/")).await;
    program.signal(Signal::TERM);
    assert_eq!(program.ended().await, Some(0), "{}", program.said());
}

#[tokio::test]
async fn a_job_whose_process_was_killed_is_done_by_the_next() {
    let (installation, mail) = (Installation::new().await, MailServer::start(Conduct::Hold).await);
    installation.configure(1, Some(&mail));
    let mut program = installation.serve().await;
    sign_up(&Visitor::new(&installation.url()), "job@example.org").await;
    mail.wait_until_held(1).await;
    program.signal(Signal::KILL);
    assert_eq!(program.ended().await, None);

    let db = installation.open_database().await;
    // As if the lease had run out.
    db.read().await.unwrap().execute("UPDATE jobs SET due_at = 0 WHERE state = 'running'").await.unwrap();
    let program = installation.serve().await;
    mail.wait_until_held(2).await;
    mail.conduct(Conduct::Accept);
    program
        .until("the job is done", async || {
            !installation.unfinished_jobs().await.iter().any(|(kind, _)| kind == "accounts.send_verification")
        })
        .await;
    assert!(mail.taken().iter().all(|mail| mail.to == "job@example.org"));
}
