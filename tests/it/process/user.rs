//! `seaworthy user`: the password is asked for at a terminal, and read from a pipe.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::program::Installation;

const PASSWORD: &str = "calm seas and steady winds";
const ADD: [&str; 7] = ["user", "add", "--role", "admin", "--name", "Noor", "noor@example.org"];

#[tokio::test]
async fn a_password_typed_at_a_terminal_is_asked_for_and_not_shown() {
    let installation = Installation::on_sqlite();
    let mut child = installation.at_a_terminal(&ADD);
    let (mut typed, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = String::new();
    let asked = tokio::time::timeout(Duration::from_mins(3), async {
        while !shown.contains("Password: ") {
            let mut bytes = [0; 1024];
            let length = screen.read(&mut bytes).await.unwrap();
            assert_ne!(length, 0, "it ended without asking:\n{shown}");
            shown.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    });
    asked.await.unwrap();
    installation.until_hidden().await;
    typed.write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
    let rest = tokio::time::timeout(Duration::from_mins(3), screen.read_to_string(&mut shown));
    rest.await.unwrap().unwrap();
    assert!(child.wait().await.unwrap().success(), "{shown}");
    assert!(shown.contains("noor@example.org is added as admin"), "{shown}");
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn a_password_comes_from_a_pipe_too() {
    let installation = Installation::new().await;
    let added = installation.run_on(&format!("{PASSWORD}\n"), &ADD);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    assert_eq!(String::from_utf8_lossy(&added.stdout), "noor@example.org is added as admin.\n");
}

#[tokio::test]
async fn a_password_that_is_known_is_refused_with_the_reason() {
    let installation = Installation::on_sqlite();
    let refused = installation.run_on("password1234\n", &ADD);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("close to a password many people use"), "{said}");
}
