//! Tasks that tick by themselves on a real cluster.

use seaworthy::labs::{LabSession, TOOLBOX};

use crate::site::eventually;
use crate::{PAGE, Site};

/// Runs `kubectl` in the learner's own shell.
async fn kubectl(site: &Site, session: &LabSession, arguments: &[&str]) {
    let command: Vec<&str> = ["kubectl"].iter().chain(arguments).copied().collect();
    let outcome = site.app.cluster.run_in_pod(&session.namespace, TOOLBOX, TOOLBOX, &command).await.unwrap();
    assert!(outcome.is_success, "{}", outcome.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_learner_annotates_passes_without_a_request() {
    let site = Site::spawn().await;
    let ada = site.learner("ada").await;
    let session = site.start(&ada).await;
    let verdict = async |task: &str| ada.get(PAGE).await.attribute(&format!("#task-{task}"), "data-verdict");
    for (key, value, task, expected) in
        [("a8r.io/owner", "ada", "owner", "pass"), ("a8r.io/chat", "#harbour", "chat", "pass")]
    {
        let annotation = format!("{key}={value}");
        kubectl(&site, &session, &["annotate", "--overwrite", "service", "qotm", &annotation]).await;
        let fault = format!("{annotation}: {task} is never {expected}");
        eventually(&fault, async || verdict(task).await.as_deref() == Some(expected)).await;
    }
    // A pass is for good, and what stands there now is told.
    kubectl(&site, &session, &["annotate", "service", "qotm", "a8r.io/chat-"]).await;
    eventually("the hint is never told", async || {
        ada.get(PAGE).await.text("#task-chat").contains("You passed this before")
    })
    .await;
    assert_eq!(verdict("chat").await.as_deref(), Some("pass"));
    site.stop(&ada).await;
    site.shut_down().await;
}
