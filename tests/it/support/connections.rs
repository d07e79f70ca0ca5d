//! The open connections of a test's server, so that it is known when the last of them is gone.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::{Extensions, ServerHandle};

use super::eventually;

/// How many connections a server has.
#[derive(Clone, Default)]
pub(crate) struct Connections {
    open: Arc<AtomicUsize>,
}

impl Connections {
    /// What a server calls with each connection that it takes.
    pub(crate) fn counter(&self) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static {
        let open = Arc::clone(&self.open);
        move |_, data| {
            open.fetch_add(1, Ordering::SeqCst);
            data.insert(Connection { open: Arc::clone(&open) });
        }
    }

    /// Stops the server whose connections these are, and waits until none is left.
    ///
    /// A server that was told to stop has closed its port when it says so, while its workers may still answer on
    /// connections that are kept.
    pub(crate) async fn stop(&self, server: &ServerHandle) {
        server.stop(false).await;
        eventually("a server that was stopped keeps connections", async || self.open.load(Ordering::SeqCst) == 0).await;
    }
}

/// Counts a connection for as long as the server holds it.
struct Connection {
    open: Arc<AtomicUsize>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}
