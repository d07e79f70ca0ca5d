//! Mail as files in a folder, each whole or not there.

use std::io;
use std::path::Path;

/// Puts a mail into `folder` as `<name>.eml`; doing it twice leaves one file.
pub(super) async fn write_mail(folder: &Path, name: &str, mail: &[u8]) -> io::Result<()> {
    // Under a name that no reader of the folder looks for, until it is whole.
    let part = folder.join(format!(".{name}.part"));
    let written = async {
        tokio::fs::create_dir_all(folder).await?;
        tokio::fs::write(&part, mail).await?;
        tokio::fs::rename(&part, folder.join(format!("{name}.eml"))).await
    };
    let written = written.await;
    if written.is_err() {
        tokio::fs::remove_file(&part).await.ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_full_disk_leaves_no_half_of_a_mail() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/full", folder.path().join(".m.part")).unwrap();
        let fault = write_mail(folder.path(), "m", b"Subject: x").await.unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::StorageFull);
        assert!(names(folder.path()).is_empty());
        write_mail(folder.path(), "m", b"Subject: x").await.unwrap();
        assert_eq!(names(folder.path()), ["m.eml"]);
    }

    #[tokio::test]
    async fn a_mail_written_twice_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("made/when/missing");
        for _ in 0..2 {
            write_mail(&below, "m", b"Subject: x").await.unwrap();
        }
        assert_eq!(names(&below), ["m.eml"]);
    }
}
