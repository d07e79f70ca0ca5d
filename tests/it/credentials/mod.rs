//! Credentials: issued once, shown to everybody, checked by the file alone, revoked by an admin.

mod issuing;
mod pages;
mod revoking;
mod verifying;

use seaworthy::credentials::Credential;

use crate::prizes::{accept, enter, spawn};
use crate::support::{TestApp, Visitor};

/// A site on which `ada` has completed the harbour module, which has no labs.
async fn completed() -> (TestApp, Visitor, Credential) {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    accept(&imre, &enter(&ada).await).await;
    app.run_jobs().await;
    let credential = only_credential(&app, &ada).await;
    (app, ada, credential)
}

/// The signed file, as it is saved.
async fn file_of(app: &TestApp, credential: &Credential) -> String {
    app.app.credentials.find_file(&credential.id).await.unwrap().unwrap()
}

async fn only_credential(app: &TestApp, visitor: &Visitor) -> Credential {
    let all = app.app.credentials.list_of_person(&visitor.person().id).await.unwrap();
    assert_eq!(all.len(), 1);
    all.into_iter().next().unwrap()
}
