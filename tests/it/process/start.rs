//! What keeps the program from starting, and what it says then.

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use sqlx::Executor as _;
use tempfile::TempDir;

use super::program::Installation;
use crate::lessons::{harbour, with_file};
use crate::support::free_port;

/// What a command that failed with a message said.
fn refusal(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn assert_says(said: &str, expected: &[&str]) {
    for part in expected {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

#[test]
fn an_unknown_key_is_told_with_its_file_and_line() {
    let installation = Installation::on_sqlite();
    let path = installation.path("seaworthy.toml");
    let sound = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("[log]\nfilter = \"info\"\nfromat = \"json\"\n{sound}")).unwrap();
    for command in ["serve", "check", "migrate"] {
        let said = refusal(&installation.run(&[command]));
        assert_says(&said, &["seaworthy.toml:3: ", "fromat", "`format`"]);
    }
    assert!(!installation.path("seaworthy.db").exists(), "something was begun");
}

#[test]
fn an_unknown_variable_of_the_environment_is_told_by_its_name() {
    let installation = Installation::on_sqlite();
    let said = refusal(&installation.run_with(&["check"], &[("SEAWORTHY_SERVER__LITSEN", "127.0.0.1:1")]));
    assert_says(&said, &["SEAWORTHY_SERVER__LITSEN", "`litsen`", "`listen`"]);
}

#[test]
fn a_variable_with_an_underscore_too_few_is_told_with_the_right_name() {
    let installation = Installation::on_sqlite();
    for command in ["serve", "check"] {
        let said = refusal(&installation.run_with(&[command], &[("SEAWORTHY_SERVER_LISTEN", "127.0.0.1:1")]));
        assert_says(&said, &["SEAWORTHY_SERVER_LISTEN: ", "SEAWORTHY_SERVER__LISTEN"]);
    }
}

#[test]
fn settings_that_would_fail_later_are_refused_with_their_place_and_no_secret() {
    let installation = Installation::on_sqlite();
    let file = installation.path("in-the-way");
    std::fs::write(&file, "").unwrap();
    let below = file.join("mail").display().to_string();
    for (name, value, words) in [
        ("SERVER__WORKERS", "0", "must be from 1 to 1024"),
        ("SERVER__PUBLIC_URL", "https://x.example/learn", "must have no path"),
        ("SERVER__PUBLIC_URL", "https://ada:hunter2@x.example", "no user name or password"),
        ("SERVER__CLIENT_ADDRESS_HEADER", "x forwarded for", "the name of a header"),
        ("DATABASE__MAX_CONNECTIONS", "-3", "must be a whole number from 0"),
        ("DATABASE__URL", "postgres://sea:hunter2#@db/sea", "is no address"),
        ("ACCOUNTS__SIGN_INS_PER_ACCOUNT", "0", "must be from 1"),
        ("LABS__GIVE_UP_SECONDS", "-1", "must be from 1"),
        ("MAIL__FOLDER", &below, "is a file"),
        ("MAIL__SMTP__PORT", "hunter2", "must be a whole number"),
        ("SERVER__SECRET", "hunter2", "64 hexadecimal digits"),
    ] {
        let name = format!("SEAWORTHY_{name}");
        let said = refusal(&installation.run_with(&["check"], &[(&name, value)]));
        assert_says(&said, &[&name, words]);
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_by_its_path() {
    let installation = Installation::on_sqlite();
    let said = refusal(&installation.run(&["--config", "none.toml", "check"]));
    assert_says(&said, &["none.toml cannot be read", "No such file"]);
    let said = refusal(&installation.run(&["--config", "/", "check"]));
    assert_says(&said, &["/ cannot be read", "directory"]);
    std::fs::write(installation.path("bytes.toml"), [0xff, 0xfe]).unwrap();
    assert_says(
        &refusal(&installation.run(&["--config", "bytes.toml", "check"])),
        &["bytes.toml cannot be read", "UTF-8"],
    );
    std::fs::write(installation.path("text.toml"), "listen: 8080").unwrap();
    assert_says(&refusal(&installation.run(&["--config", "text.toml", "check"])), &["text.toml:1: "]);
}

#[test]
fn an_address_in_use_is_told_with_what_to_do() {
    let installation = Installation::on_sqlite();
    let address = installation.url().replace("http://", "");
    let _taken = TcpListener::bind(&address).unwrap();
    let said = refusal(&installation.run(&["serve"]));
    assert_says(&said, &[&address, "Address already in use", "SEAWORTHY_SERVER__LISTEN"]);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let installation = Installation::new().await;
    assert!(installation.run(&["migrate"]).status.success());
    let db = installation.open_database().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 SELECT 9001, 'of a later year', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    db.read().await.unwrap().execute(newer).await.unwrap();
    for command in ["migrate", "check", "serve"] {
        let said = refusal(&installation.run(&[command]));
        assert_says(&said, &["newer version of this program", "step 9001", "restore a backup"]);
    }
}

#[test]
fn a_database_that_cannot_be_opened_is_told_by_its_place() {
    let installation = Installation::on_sqlite();
    std::fs::write(installation.path("seaworthy.db"), "something else ".repeat(100)).unwrap();
    let said = refusal(&installation.run(&["check"]));
    assert_says(&said, &["seaworthy.db", "cannot be opened", "not a database"]);
    std::fs::remove_file(installation.path("seaworthy.db")).unwrap();
    std::fs::create_dir(installation.path("seaworthy.db")).unwrap();
    let said = refusal(&installation.run(&["check"]));
    assert_says(&said, &["database.url should name a file", "seaworthy.db is a folder"]);
}

/// A programme for the harbour with so many vouchers.
fn programme(vouchers: i64) -> TempDir {
    let shipped = std::fs::read_to_string(harbour().join("programme.toml")).unwrap();
    let changed = shipped.replace("vouchers_per_week = 2", &format!("vouchers_per_week = {vouchers}"));
    with_file("programme.toml", &changed)
}

#[tokio::test]
async fn rules_that_were_changed_under_their_version_stop_the_start_with_file_and_line() {
    let app = crate::prizes::spawn().await;
    let installation = Installation::on_sqlite();
    let run = |command: &str, content: &Path| {
        let variables =
            [("SEAWORTHY_DATABASE__URL", app.database_url()), ("SEAWORTHY_CONTENT__FOLDER", path_of(content))];
        installation.run_with(&[command], &variables.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    let changed = programme(9);
    assert!(run("check", changed.path()).status.success(), "nobody has entered under them yet");
    crate::prizes::enter(&app.learner("ada").await).await;
    assert!(run("check", &harbour()).status.success());
    for command in ["check", "serve"] {
        let said = refusal(&run(command, changed.path()));
        assert_says(&said, &["programme.toml:7: `vouchers_per_week`", "under version 3", "set `version` to 4"]);
    }
}

fn path_of(folder: &Path) -> String {
    folder.to_str().unwrap().to_owned()
}

#[test]
fn limits_below_one_stop_the_start_with_file_and_line() {
    let installation = Installation::on_sqlite();
    let content = programme(0);
    for command in ["check", "serve"] {
        let variables = [("SEAWORTHY_CONTENT__FOLDER", content.path().to_str().unwrap())];
        let said = refusal(&installation.run_with(&[command], &variables));
        assert_says(&said, &["programme.toml:7: `vouchers_per_week` is 0"]);
    }
}

#[test]
fn without_its_database_a_check_tells_the_contents_faults_or_that_rules_went_uncompared() {
    let installation = Installation::on_sqlite();
    std::fs::write(installation.path("seaworthy.db"), "something else ".repeat(100)).unwrap();
    assert_says(&refusal(&installation.run(&["check"])), &["cannot be told without the database", "cannot be opened"]);
    let content = programme(0);
    let variables = [("SEAWORTHY_CONTENT__FOLDER", content.path().to_str().unwrap())];
    let said = refusal(&installation.run_with(&["check"], &variables));
    assert_says(&said, &["programme.toml:7: `vouchers_per_week` is 0"]);
}

#[test]
fn a_sound_installation_is_told_as_such() {
    let installation = Installation::on_sqlite();
    let output = installation.run(&["check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("are sound"));
}

#[test]
fn a_server_that_is_down_is_told_by_host_and_port_and_not_as_busy() {
    let installation = Installation::on_sqlite();
    let address = format!("127.0.0.1:{}", free_port());
    let url = format!("postgres://sea:hunter2@{address}/sea");
    for command in ["serve", "check", "migrate"] {
        let said = refusal(&installation.run_with(&[command], &[("SEAWORTHY_DATABASE__URL", &url)]));
        assert_says(&said, &["cannot be opened", "does not answer", &address, "refused"]);
        assert!(!said.contains("busy") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_database_lies_where_its_address_says() {
    let installation = Installation::on_sqlite();
    let url = "sqlite://my%20data/sea%20worthy%3F.db";
    let output = installation.run_with(&["check"], &[("SEAWORTHY_DATABASE__URL", url)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(installation.path("my data/sea worthy?.db").is_file());
    let said = refusal(&installation.run_with(&["check"], &[("SEAWORTHY_DATABASE__URL", "sqlite::memory:")]));
    assert_says(&said, &["database.url", "in memory"]);
}
