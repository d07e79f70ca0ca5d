//! What the site stands on gives way: the disk, the database, the mail server, a worker.

mod full_disk;
mod locked_database;
mod mail;
mod vouchers;

use seaworthy::db::{Conn, Engine};
use sqlx::{Connection as _, Executor as _};

use crate::support::{PASSWORD, Page, TestApp};

const LESSON: &str = "/modules/full-service-ownership/introduction/after-the-deploy";

/// Somebody new signs up.
async fn sign_up(app: &TestApp, email: &str) -> Page {
    let visitor = app.visitor();
    let page = visitor.get("/sign-up").await.expect(200);
    visitor.press(&page, "Sign up", &[("name", "Bo"), ("email", email), ("password", PASSWORD)]).await
}

/// Runs a statement on every connection of the site.
async fn on_every_connection(app: &TestApp, statement: &'static str) {
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(app.app.core.db.read().await.unwrap());
    }
    for conn in &mut held {
        conn.execute(statement).await.unwrap();
    }
}

/// How many connections the site of these tests has.
const CONNECTIONS: u32 = 4;

async fn spawn() -> TestApp {
    TestApp::spawn_with(|config| config.database.max_connections = CONNECTIONS).await
}

/// Says that the page is the problem page for "try again later", with advice.
fn assert_not_now(page: &Page, advice: &str) {
    assert_eq!(page.status, 503, "{}", page.body);
    assert_eq!(page.text("h1"), "Not right now");
    assert!(page.headers.contains_key("retry-after"));
    assert!(page.text(".lead").contains(advice), "{}", page.text(".lead"));
}

/// A connection of somebody else's to the site's database.
async fn connect(app: &TestApp) -> Conn {
    Conn::connect(&app.database_url()).await.unwrap()
}

fn is_sqlite(app: &TestApp) -> bool {
    app.app.core.db.engine() == Engine::Sqlite
}
