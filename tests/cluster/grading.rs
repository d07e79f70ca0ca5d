//! Each shipped lab can be solved on a real cluster, and only by solving it; so can a lab that reads in every way there is.

use std::path::Path;

use seaworthy::accounts::{NewPerson, Role};
use seaworthy::grading::verification::Learners;

use crate::{Site, link_shipped_labs};

// One after another, since each has sessions enough beside each other to fill a small cluster.
#[tokio::test(flavor = "multi_thread")]
async fn every_lab_passes_by_its_solution_and_by_no_known_mistake() {
    // The labs of the program, and not that by which grading is tested.
    let site = Site::spawn_with(|config, _folder| config.labs.folder = None).await;
    let names = site.app.labs.catalogue().names();
    verify(site, &names).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_read_through_the_ingress_from_the_metrics_and_from_the_log() {
    let site = Site::spawn_with(|config, folder| {
        let (probes, labs) =
            (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/labs/probes"), folder.join("labs"));
        std::fs::create_dir(&labs).unwrap();
        std::os::unix::fs::symlink(probes, labs.join("probes")).unwrap();
        link_shipped_labs(&labs);
        config.labs.folder = Some(labs);
    });
    verify(site.await, &["probes".to_owned()]).await;
}

async fn verify(site: Site, labs: &[String]) {
    let add = async |name: &str, email: &str| {
        let new = NewPerson::parse(name, email, "calm seas and steady winds", "").unwrap();
        site.app.accounts.create_person(&new, Role::Learner, "system").await.unwrap().unwrap()
    };
    let mut solvers = Vec::new();
    for number in 1..=3 {
        solvers.push(add("Ada Quist", &format!("ada-{number}@example.org")).await);
    }
    let bea = add("Bea Lind", "bea@example.org").await;
    let learners = Learners { solvers: &solvers, other: &bea };
    for lab in labs {
        let mut steps = Vec::new();
        let found = site.app.grading.verify(lab, learners, &mut |step| steps.push(step.to_owned())).await.unwrap();
        assert!(found.faults.is_empty(), "{lab}: {:#?}\n{}\n{steps:#?}", found.faults, found.table());
    }
    site.shut_down().await;
}
