//! What is read from where, what is refused, and what is never printed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::*;

fn variables(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn load(text: &str, set: &[(&str, &str)]) -> anyhow::Result<Config> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seaworthy.toml");
    std::fs::write(&path, text).unwrap();
    Config::load_with(Some(&path), variables(set).into_iter())
}

fn refusal(text: &str, set: &[(&str, &str)]) -> String {
    match load(text, set) {
        Ok(_) => panic!("taken: {text} {set:?}"),
        Err(fault) => format!("{fault:#}"),
    }
}

#[test]
fn the_environment_stands_over_the_file() {
    let config = load(
        "[server]\nlisten = \"127.0.0.1:1\"",
        &[("SEAWORTHY_SERVER__LISTEN", "127.0.0.1:2"), ("SEAWORTHY_DATABASE__MAX_CONNECTIONS", "3")],
    )
    .unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.database.max_connections, 3);
}

#[test]
fn an_unknown_key_is_told_with_its_place_and_the_nearest_right_one() {
    let fault = refusal("[server]\nlisten = \"127.0.0.1:1\"\nlitsen = 3", &[]);
    assert!(fault.contains("seaworthy.toml:3: unknown key `litsen` in `server`; did you mean `listen`?"), "{fault}");
    let fault = refusal("[database]\nurl_file = \"/none\"\n[server]\nlitsen = 3", &[]);
    assert!(fault.contains("seaworthy.toml:4: unknown key `litsen`"), "{fault}");
    let fault = refusal("\n[sever]\nlisten = \"127.0.0.1:1\"", &[]);
    assert!(fault.contains("seaworthy.toml:2: unknown section `sever`; did you mean `server`?"), "{fault}");
    let fault = refusal("", &[("SEAWORTHY_SERVER__LITSEN", "1")]);
    assert!(fault.contains("SEAWORTHY_SERVER__LITSEN: unknown key `litsen` in `server`; did you mean"), "{fault}");
    let fault = refusal("", &[("SEAWORTHY_SERVER_LISTEN", "127.0.0.1:1")]);
    assert!(fault.contains("SEAWORTHY_SERVER_LISTEN: ") && fault.contains("SEAWORTHY_SERVER__LISTEN"), "{fault}");
}

#[test]
fn every_fault_is_told_at_once_each_with_its_place() {
    let text = "[server]\npublic_url = \"ftp://x\"\nworkers = -1\nlisten = 8080\n[database]\nmax_connections = 0\n\
                [mail.smtp]\nport = 70000\n[log]\nformat = \"yaml\"\ncolour = true";
    let fault = refusal(text, &[("SEAWORTHY_LABS__GIVE_UP_SECONDS", "soon"), ("SEAWORTHY_CLUSTER__CAPACITY", "0")]);
    for expected in [
        "seaworthy.toml:2: server.public_url must start with http",
        "seaworthy.toml:3: server.workers must be a whole number from 0",
        "seaworthy.toml:4: server.listen must be text, in quotes",
        "seaworthy.toml:6: database.max_connections must be from 1 to 1000, not 0",
        "seaworthy.toml:8: mail.smtp.port must be a whole number from 0 to 65535",
        "seaworthy.toml:7: mail.smtp.host is missing",
        "seaworthy.toml:10: log.format must be `text` or `json`",
        "seaworthy.toml:11: unknown key `colour` in `log`",
        "SEAWORTHY_LABS__GIVE_UP_SECONDS: labs.give_up_seconds must be a whole number",
        "SEAWORTHY_CLUSTER__CAPACITY: cluster.capacity must be from 1",
    ] {
        assert!(fault.contains(expected), "{expected:?} is not in:\n{fault}");
    }
}

#[test]
fn what_the_environment_holds_is_text_where_text_is_wanted() {
    for text in ["12345678", "true", "false", "  with spaces  ", "3.5", "[1]", "007", "-1", "\"quoted\"", "a=b,c"] {
        let set = [
            ("SEAWORTHY_MAIL__SMTP__HOST", "localhost"),
            ("SEAWORTHY_MAIL__SMTP__USERNAME", text),
            ("SEAWORTHY_MAIL__SMTP__PASSWORD", text),
        ];
        let smtp = load("", &set).unwrap().mail.smtp.unwrap();
        assert_eq!(smtp.password.unwrap().expose(), text);
        assert_eq!(smtp.username.unwrap(), text);
    }
}

#[test]
fn what_the_environment_holds_is_read_as_the_type_that_is_wanted() {
    let set = [
        ("SEAWORTHY_SERVER__WORKERS", "2"),
        ("SEAWORTHY_CONTENT__WATCH", "false"),
        ("SEAWORTHY_LOG__FORMAT", "json"),
        ("SEAWORTHY_CLUSTER__ALLOWED_IMAGES", "seaworthy.local/, example.org/"),
        ("SEAWORTHY_MAIL__SMTP__HOST", "localhost"),
        ("SEAWORTHY_MAIL__SMTP__PORT", "2525"),
    ];
    let config = load("", &set).unwrap();
    assert_eq!((config.server.workers, config.content.watch), (Some(2), false));
    assert_eq!(config.cluster.allowed_images, ["seaworthy.local/", "example.org/"]);
    assert_eq!(config.mail.smtp.unwrap().port, Some(2525));
    for (name, value) in [
        ("SEAWORTHY_SERVER__WORKERS", "two"),
        ("SEAWORTHY_SERVER__WORKERS", ""),
        ("SEAWORTHY_CONTENT__WATCH", "yes"),
        ("SEAWORTHY_MAIL__SMTP", "localhost"),
    ] {
        assert!(refusal("", &[(name, value)]).contains(name), "{name}");
    }
}

#[test]
fn text_without_quotes_in_the_file_is_refused_and_not_told() {
    let fault = refusal("[mail.smtp]\nhost = \"x\"\nusername = \"x\"\npassword = 12345678", &[]);
    assert!(fault.contains("seaworthy.toml:4: mail.smtp.password must be text, in quotes"), "{fault}");
    assert!(!fault.contains("1234"), "{fault}");
}

#[test]
fn a_file_that_is_not_toml_is_told_by_its_line_alone() {
    let fault = refusal("[mail.smtp]\nhost = \"x\"\npassword = \"canary", &[]);
    assert!(fault.contains("seaworthy.toml:3: this is not TOML") && !fault.contains("canary"), "{fault}");
    let fault = refusal("[mail.smtp]\npassword = canary", &[]);
    assert!(fault.contains("seaworthy.toml:2: ") && !fault.contains("canary"), "{fault}");
    assert!(load("\u{feff}[server]\nworkers = 2", &[]).is_ok(), "a byte order mark");
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let named = path.display().to_string();
    for (held, taken) in [("p ss\n", "p ss"), ("p\r\n", "p"), ("  p \n\n", "  p \n"), ("12345678", "12345678")] {
        std::fs::write(&path, held).unwrap();
        let text = format!("[mail.smtp]\nhost = \"x\"\nusername = \"x\"\npassword_file = {named:?}");
        assert_eq!(load(&text, &[]).unwrap().mail.smtp.unwrap().password.unwrap().expose(), taken);
        let set = [
            ("SEAWORTHY_MAIL__SMTP__HOST", "x"),
            ("SEAWORTHY_MAIL__SMTP__USERNAME", "x"),
            ("SEAWORTHY_MAIL__SMTP__PASSWORD_FILE", named.as_str()),
        ];
        assert_eq!(load("", &set).unwrap().mail.smtp.unwrap().password.unwrap().expose(), taken);
    }
    std::fs::write(&path, "postgres://localhost/x\n").unwrap();
    let config = load(&format!("[database]\nurl_file = {named:?}"), &[]).unwrap();
    assert_eq!(config.database.url.expose(), "postgres://localhost/x");
    let over = [("SEAWORTHY_DATABASE__URL", "sqlite://x.db")];
    let config = load(&format!("[database]\nurl_file = {named:?}"), &over).unwrap();
    assert_eq!(config.database.url.expose(), "sqlite://x.db", "the environment stands over the file's file");
    let twice = format!("[database]\nurl = \"sqlite://x.db\"\nurl_file = {named:?}");
    assert!(refusal(&twice, &[]).contains("seaworthy.toml:3: database.url_file cannot stand beside database.url"));
    std::fs::write(&path, "\n").unwrap();
    assert!(refusal(&format!("[database]\nurl_file = {named:?}"), &[]).contains("a file that is empty"));
}

#[test]
fn a_value_that_is_not_utf_8_is_refused_and_that_of_another_program_is_not_looked_at() {
    let bytes = OsString::from_vec(vec![0xff, 0xfe]);
    let outcome = Config::load_with(None, [("SEAWORTHY_MAIL__FROM".into(), bytes.clone())].into_iter());
    assert!(format!("{:#}", outcome.unwrap_err()).contains("SEAWORTHY_MAIL__FROM: its value is not UTF-8"));
    Config::load_with(None, [("OTHER".into(), bytes.clone()), (bytes.clone(), bytes)].into_iter()).unwrap();
}

/// Every place at which a secret may stand, each holding the canary.
const SECRETS: &str = "[server]\nsecret = \"canary\"\nmetrics_token = \"canary canary canary\"\n\
                       public_url = \"https://ada:canary@example.org\"\n\
                       [database]\nurl = \"postgres://sea:canary@localhost:5432/sea?sslkey=canary\"\n\
                       [mail.smtp]\nhost = \"localhost\"\nusername = \"x\"\npassword = \"canary\"\n\
                       [cluster]\npublic_server = \"https://ada:canary@example.org\"\n\
                       [content]\nedit_url = \"https://ada:canary@git.example.org/{path}\"\n";

#[test]
fn no_fault_of_any_key_prints_a_secret() {
    let mut told = 0;
    for path in keys::list() {
        let name = format!("SEAWORTHY_{}", path.join("__").to_uppercase());
        let is_secret = ["secret", "password", "url", "metrics_token"].contains(&path[path.len() - 1]);
        for value in ["", "-1", "x y", "\u{7f}", "99999999999999999999", "canary", "canary:\"canary\"@[canary]/#?"] {
            if value.contains("canary") && !is_secret {
                continue;
            }
            let text = match load(SECRETS, &[(&name, value)]) {
                Ok(config) => format!("{config:?}"),
                Err(fault) => format!("{fault:#} {fault:?}"),
            };
            assert!(!text.contains("canary"), "{name}={value}:\n{text}");
            told += 1;
        }
        // The key holds something of another type in the file.
        for value in ["canary", "[\"canary\"]", "{ canary = \"canary\" }", "1", "true", "1979-05-27", "1e9", "\"canary"]
        {
            // What is no secret may be told, such as an image that is not allowed.
            if value == "[\"canary\"]" && !is_secret {
                continue;
            }
            let (key, sections) = path.split_last().unwrap();
            let text = format!("[{}]\n{key} = {value}\n", sections.join("."));
            let text = match load(&text, &[]) {
                Ok(config) => format!("{config:?}"),
                Err(fault) => format!("{fault:#} {fault:?}"),
            };
            // A key is no secret, and is told.
            let text = text.replace("unknown key `canary`", "");
            assert!(!text.contains("canary"), "{}={value}:\n{text}", path.join("."));
        }
    }
    assert!(told > 100);
    let sound = load(
        "[mail.smtp]\nhost = \"localhost\"\nusername = \"x\"\npassword = \"canary\"\n[database]\n\
         url = \"postgres://sea:canary@localhost/sea\"\n[server]\nmetrics_token = \"canary canary canary\"",
        &[("SEAWORTHY_SERVER__SECRET", &"ca".repeat(32))],
    )
    .unwrap();
    let printed = format!("{sound:?} {sound:#?}");
    assert!(!printed.contains("canary") && !printed.contains("caca"), "{printed}");
}

#[test]
fn every_fault_that_a_section_finds_begins_with_a_key_that_there_is() {
    let keys: Vec<String> = keys::list().iter().map(|path| path.join(".")).collect();
    let mut config = Config::default();
    config.server.public_url = Some(String::new());
    config.server.client_address_header = Some(String::new());
    config.server.workers = Some(0);
    config.server.shutdown_seconds = u64::MAX;
    config.server.secret = Some("".into());
    config.server.metrics_token = Some("".into());
    config.server.secret_file = "".into();
    config.database.url = "".into();
    config.database.max_connections = 0;
    config.mail.from = String::new();
    config.mail.folder = "".into();
    config.log.filter = "=".to_owned();
    config.accounts.hash_passes = 0;
    config.cluster.name = String::new();
    config.cluster.allowed_images = Vec::new();
    config.cluster.lab_domain = String::new();
    config.cluster.public_server = Some(String::new());
    config.labs.folder = Some("".into());
    config.content.folder = Some("".into());
    config.content.edit_url = Some(String::new());
    let faults = config.validate();
    assert!(faults.len() >= 20, "{faults:#?}");
    for fault in faults {
        let key = fault.split(' ').next().unwrap();
        assert!(keys.iter().any(|known| known == key), "{fault}");
    }
}

#[test]
fn the_site_is_not_under_the_domain_of_its_labs() {
    for (url, domain, expected) in [
        ("https://learn.example.org", "example.org", 1),
        ("https://labs.example.org", "labs.example.org", 1),
        ("https://learn.example.org", "labs.example.org", 0),
        ("https://notlabs.example.org", "labs.example.org", 0),
        ("http://localhost:8080", "labs.localhost", 0),
        ("http://localhost:8080", "localhost", 1),
    ] {
        let mut config = Config::default();
        config.server.public_url = Some(url.to_owned());
        config.cluster.lab_domain = domain.to_owned();
        let faults = config.validate();
        assert_eq!(faults.len(), expected, "{url} {domain}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.starts_with("cluster.lab_domain ")), "{faults:?}");
    }
}
