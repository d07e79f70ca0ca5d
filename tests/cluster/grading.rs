//! Each shipped lab can be solved on a real cluster, and only by solving it.

use seaworthy::accounts::{NewPerson, Role};

use crate::Site;

#[tokio::test(flavor = "multi_thread")]
async fn every_lab_passes_by_its_solution_and_by_no_known_mistake() {
    let site = Site::spawn().await;
    let new = NewPerson::parse("Ada Quist", "ada@example.org", "calm seas and steady winds", "").unwrap();
    let ada = site.app.accounts.create_person(&new, Role::Learner, "system").await.unwrap().unwrap();
    for lab in site.app.labs.catalogue().list() {
        let faults = site.app.grading.verify(&lab.name, &ada, &mut |_step| {}).await.unwrap();
        assert!(faults.is_empty(), "{}: {faults:#?}", lab.name);
    }
    site.shut_down().await;
}
