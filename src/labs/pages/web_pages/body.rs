//! The bodies of a request and of its answer, passed on as they come.

use std::future::Future;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody, SizedStream};
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::services::Services;
use crate::cluster::PodBody;
use crate::labs::{PageAccess, PagePermit};

/// How many parts of a body are read ahead of a Service that is slow to take them.
const PARTS_AHEAD: usize = 4;

/// What an open answer or websocket lasts by: its permit, the person's access, and bytes that come now and then.
pub(super) struct Lease {
    permit: PagePermit,
    ended: Pin<Box<dyn Future<Output = ()>>>,
    idle: Duration,
}

impl Lease {
    pub(super) fn new(services: &Services, access: PageAccess, permit: PagePermit) -> Self {
        let (labs, closing) = (services.labs.clone(), services.labs.closing());
        let check_every = Duration::from_secs(labs.settings().terminal_check_seconds);
        let idle = labs.page_idle_timeout();
        let ended = Box::pin(async move {
            tokio::select! {
                () = labs.wait_until_access_ends(access, check_every) => {}
                () = closing.cancelled() => {}
            }
        });
        Self { permit, ended, idle }
    }

    /// Waits for `next` while access lasts; `None` when it has ended, or nothing came for too long.
    pub(super) async fn wait<T>(&mut self, next: impl Future<Output = T>) -> Option<T> {
        let next = tokio::select! {
            next = timeout(self.idle, next) => next.ok(),
            () = &mut self.ended => None,
            () = self.permit.evicted() => None,
        };
        self.permit.touch();
        next
    }

    pub(super) fn idle(&self) -> Duration {
        self.idle
    }
}

/// A request's body on its way to a Service.
pub(super) struct RequestBody {
    pub(super) body: PodBody,
    /// Whether more came than is taken.
    pub(super) is_too_large: Arc<AtomicBool>,
}

impl RequestBody {
    /// Reads `payload` until its end, up to `max` bytes.
    pub(super) fn read(mut payload: Payload, max: u64, idle: Duration) -> Self {
        let (sender, mut receiver) = mpsc::channel::<Result<Bytes, Error>>(PARTS_AHEAD);
        let is_too_large = Arc::new(AtomicBool::new(false));
        let too_large = Arc::clone(&is_too_large);
        actix_web::rt::spawn(async move {
            let mut left = max;
            loop {
                let part = match timeout(idle, payload.next()).await {
                    Ok(Some(Ok(part))) => part,
                    Ok(None) => return,
                    Ok(Some(Err(fault))) => return drop(sender.send(Err(Error::other(fault.to_string()))).await),
                    Err(_elapsed) => return drop(sender.send(Err(ErrorKind::TimedOut.into())).await),
                };
                let Some(rest) = left.checked_sub(part.len() as u64) else {
                    too_large.store(true, Ordering::Relaxed);
                    return drop(sender.send(Err(Error::other("the body is too large"))).await);
                };
                left = rest;
                if sender.send(Ok(part)).await.is_err() {
                    return;
                }
            }
        });
        let parts = stream::poll_fn(move |context| receiver.poll_recv(context));
        let frames = parts.map(|part| part.map(Frame::data));
        Self { body: StreamBody::new(frames).boxed_unsync(), is_too_large }
    }
}

/// The answer's body for the browser, of a known length or not.
pub(super) fn answer(body: Incoming, length: Option<u64>, lease: Lease) -> BoxBody {
    let parts = Box::pin(parts(body, lease));
    match length {
        Some(length) => BoxBody::new(SizedStream::new(length, parts)),
        None => BoxBody::new(BodyStream::new(parts)),
    }
}

fn parts(body: Incoming, lease: Lease) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::unfold(Some((body, lease)), |state| async move {
        let (mut body, mut lease) = state?;
        loop {
            return match lease.wait(body.frame()).await {
                Some(Some(Ok(frame))) => match frame.into_data() {
                    Ok(part) => Some((Ok(part), Some((body, lease)))),
                    // Trailers belong to the connection.
                    Err(_trailers) => continue,
                },
                Some(Some(Err(fault))) => Some((Err(Error::other(fault)), None)),
                Some(None) => None,
                None => Some((Err(ErrorKind::ConnectionAborted.into()), None)),
            };
        }
    })
}
