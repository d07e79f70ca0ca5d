//! `/first-admin/{token}` and roles

use jiff::SignedDuration;
use seaworthy::accounts::{Role, SetRoleError};

use crate::support::{PASSWORD, TestApp};

async fn link(app: &TestApp) -> String {
    let url = app.app.accounts.create_first_admin_link().await.unwrap().unwrap().url;
    format!("/{}", url.splitn(4, '/').nth(3).unwrap())
}

#[tokio::test]
async fn the_link_makes_one_admin_and_no_second() {
    let app = TestApp::spawn().await;
    let link = link(&app).await;
    let fields = [("name", "Noor"), ("email", "noor@example.org"), ("password", PASSWORD)];
    let noor = app.visitor();
    noor.get(&link).await.expect(200);
    noor.post(&link, &[("name", ""), ("email", "x"), ("password", "y")]).await.expect(422);
    assert_eq!(noor.post(&link, &fields).await.location(), "/admin");
    assert_eq!(app.visitor().get(&link).await.expect(422).text("h1"), "This installation has its admin");
    assert!(app.app.accounts.create_first_admin_link().await.unwrap().is_none());
}

#[tokio::test]
async fn every_start_prints_the_same_link_while_it_has_half_a_day_left() {
    let app = TestApp::spawn().await;
    let first = link(&app).await;
    app.advance(SignedDuration::from_hours(11));
    assert_eq!(link(&app).await, first);
    app.advance(SignedDuration::from_hours(2));
    let second = link(&app).await;
    assert_ne!(second, first);
    app.visitor().get(&first).await.expect(200);
    app.visitor().get(&second).await.expect(200);
    app.advance(SignedDuration::from_hours(12));
    app.visitor().get(&first).await.expect(422);
    app.visitor().get(&second).await.expect(200);
}

#[tokio::test]
async fn replicas_that_start_at_once_print_one_link() {
    let app = TestApp::spawn().await;
    let (one, two, three) = tokio::join!(link(&app), link(&app), link(&app));
    assert!(one == two && two == three, "{one} {two} {three}");
}

#[tokio::test]
async fn two_links_make_one_admin() {
    let app = TestApp::spawn().await;
    let first = link(&app).await;
    app.advance(SignedDuration::from_hours(13));
    let second = link(&app).await;
    let (noor, omar) = (app.visitor(), app.visitor());
    let fields = |email| [("name", "Noor"), ("email", email), ("password", PASSWORD)];
    let (one, two) = (fields("one@example.org"), fields("two@example.org"));
    let (one, two) = tokio::join!(noor.post(&first, &one), omar.post(&second, &two));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

#[tokio::test]
async fn two_people_with_the_link_make_one_admin() {
    let app = TestApp::spawn().await;
    let link = link(&app).await;
    let (first, second) = (app.visitor(), app.visitor());
    let fields = |email| [("name", "Noor"), ("email", email), ("password", PASSWORD)];
    let (one, two) = (fields("one@example.org"), fields("two@example.org"));
    let (one, two) = tokio::join!(first.post(&link, &one), second.post(&link, &two));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

#[tokio::test]
async fn the_last_admin_stays_one_even_in_a_race() {
    let app = TestApp::spawn().await;
    let (noor, omar) = (app.admin("noor").await, app.admin("omar").await);
    let accounts = &app.app.accounts;
    let (one, two) = tokio::join!(
        accounts.set_role("system", &noor.person().id, Role::Learner),
        accounts.set_role("system", &omar.person().id, Role::Learner)
    );
    let refused = [&one, &two].into_iter().filter(|result| matches!(result, Err(SetRoleError::LastAdmin))).count();
    assert_eq!(refused, 1, "{one:?} {two:?}");
}
