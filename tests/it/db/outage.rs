//! The PostgreSQL server goes away and comes back.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::postgres;
use crate::support::{TestApp, free_port};

/// What stands between the site and the server, and can be taken away.
struct Wire {
    address: SocketAddr,
    server: String,
    open: Option<JoinHandle<()>>,
}

impl Wire {
    async fn new(server: &str) -> Self {
        let mut wire = Self { address: ([127, 0, 0, 1], free_port()).into(), server: server.to_owned(), open: None };
        wire.connect().await;
        wire
    }

    async fn connect(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let server = self.server.clone();
        self.open = Some(tokio::spawn(async move {
            // Ends with the task, and with it every connection.
            let mut connections = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let server = server.clone();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    tokio::io::copy_bidirectional(&mut near, &mut far).await.ok();
                });
            }
        }));
    }

    /// From now on connections break, and new ones are refused.
    async fn cut(&mut self) {
        let open = self.open.take().unwrap();
        open.abort();
        open.await.unwrap_err();
    }
}

#[tokio::test]
async fn while_the_server_is_down_pages_say_so_and_afterwards_all_goes_on_by_itself() {
    let Some(url) = postgres() else { return };
    let parsed = url::Url::parse(&url).unwrap();
    let server = format!("{}:{}", parsed.host_str().unwrap(), parsed.port().unwrap_or(5432));
    let mut wire = Wire::new(&server).await;
    let app = TestApp::spawn_with(|config| {
        let through = config.database.url.expose().replace(&server, &wire.address.to_string());
        config.database.url = through.into();
        config.database.max_connections = 3;
    })
    .await;
    let ada = app.learner("ada").await;
    ada.get("/account").await.expect(200);

    wire.cut().await;
    // More often than there are connections: each of them is found to be broken once.
    for _ in 0..5 {
        let page = ada.get("/account").await.expect(503);
        assert_eq!(page.text("h1"), "Not right now");
        assert!(page.text(".lead").contains("The database does not answer"), "{}", page.text(".lead"));
        assert!(page.headers.contains_key("retry-after"));
    }
    app.visitor().get("/readyz").await.expect(503);
    app.visitor().get("/healthz").await.expect(200);
    let fault = format!("{:#}", anyhow::Error::new(app.app.core.db.ping().await.unwrap_err()));
    assert!(fault.contains("does not answer") && fault.contains(&wire.address.to_string()), "{fault}");

    wire.connect().await;
    for _ in 0..5 {
        ada.get("/account").await.expect(200);
    }
    app.visitor().get("/readyz").await.expect(200);
}
