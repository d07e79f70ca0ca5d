//! Where an SQLite file lies, whatever its name holds.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seaworthy::db::{DatabaseSettings, Db};

async fn open(url: String) -> Result<Db, seaworthy::db::Error> {
    Db::open(&DatabaseSettings { url: url.into(), max_connections: 2, ..DatabaseSettings::default() }).await
}

#[tokio::test]
async fn a_file_may_have_any_name_once_it_is_written_as_in_an_address() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["sea worthy.db", "what?.db", "num#ber.db", "Übung 船.db", "100%.db", "a%20b.db", "a&b=c+d;e.db"] {
        let path = folder.path().join(name);
        let url = format!("sqlite://{}/{}", folder.path().display(), utf8_percent_encode(name, NON_ALPHANUMERIC));
        open(url).await.unwrap().migrate().await.unwrap();
        assert!(path.is_file(), "{name} is not there");
    }
}

#[tokio::test]
async fn spaces_marks_and_letters_of_any_script_may_stand_in_a_path_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("My Documents ü#1");
    std::fs::create_dir(&inner).unwrap();
    open(format!("sqlite://{}/sea worthy.db", inner.display())).await.unwrap();
    assert!(inner.join("sea worthy.db").is_file());
    open(format!("sqlite:{}/other.db?mode=rwc", inner.display())).await.unwrap();
    assert!(inner.join("other.db").is_file());
}
