//! A session expires, on the real clock.

use seaworthy::labs::SessionState;

use crate::{PAGE, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_one_minute_has_expired_after_it() {
    let site = Site::spawn_with(|config, folder| {
        let labs = folder.join("labs");
        copy(std::path::Path::new("labs"), &labs);
        std::fs::remove_dir_all(labs.join("service-annotations")).unwrap();
        copy(std::path::Path::new("tests/labs"), &labs);
        let file = labs.join("service-annotations/lab.yaml");
        let lab = std::fs::read_to_string(&file).unwrap();
        let lab = lab.replace("time_to_live_minutes: 120", "time_to_live_minutes: 1");
        assert!(lab.contains("time_to_live_minutes: 1\n"));
        std::fs::write(&file, lab).unwrap();
        config.labs.folder = Some(labs);
    })
    .await;
    let ada = site.learner("ada").await;
    let session = site.start(&ada).await;
    assert!(ada.get(PAGE).await.expect(200).text("main").contains("It ends soon"));
    assert_eq!(session.state, SessionState::Ready);
    site.wait_for(&ada, None).await;
    assert!(ada.get(PAGE).await.expect(200).text("main").contains("Its time was up."));
    site.wait_until_deleted(&session).await;
    site.shut_down().await;
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
