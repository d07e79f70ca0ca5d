//! The program as a service manager sees it: started, told to stop.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const STOPS_WITHIN: Duration = Duration::from_secs(20);

/// Starts the program on a database in `folder` and waits until it serves.
fn serve(folder: &std::path::Path) -> Child {
    let path = |name: &str| folder.join(name).display().to_string();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .arg("serve")
        .current_dir(folder)
        .env("SEAWORTHY_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("SEAWORTHY_SERVER__SECRET_FILE", path("secret.key"))
        .env("SEAWORTHY_DATABASE__URL", format!("sqlite://{}", path("seaworthy.db")))
        .env("SEAWORTHY_MAIL__FOLDER", path("mail"))
        .env("SEAWORTHY_CLUSTER__KUBECONFIG", path("kubeconfig"))
        .env("SEAWORTHY_CLUSTER__STATUS_FILE", path("status.json"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("/first-admin/")), "the program does not serve");
    child
}

#[test]
fn a_program_whose_log_nobody_reads_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = serve(folder.path());
    drop(child.stderr.take());
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > STOPS_WITHIN {
            child.kill().unwrap();
            panic!("it did not stop within {STOPS_WITHIN:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}
