//! A websocket, passed on as bytes: its extensions and messages are between the browser and the Service.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::body::{BodyStream, BoxBody};
use actix_web::dev::Payload;
use actix_web::web::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::body::Lease;

/// How much is passed on at once.
const CHUNK_BYTES: usize = 16 * 1024;

type Reader = ReadHalf<TokioIo<Upgraded>>;
type Writer = WriteHalf<TokioIo<Upgraded>>;

/// What both directions of a websocket share.
#[derive(Clone)]
struct Shared {
    /// Ends when one side closes.
    closed: CancellationToken,
    last_bytes_at: Rc<Cell<Instant>>,
}

/// Passes on what the browser sends; answers what the Service does, as the body of the answer.
pub(super) async fn open(
    response: http::Response<Incoming>,
    payload: Payload,
    lease: Lease,
) -> Result<BoxBody, hyper::Error> {
    let upgraded = hyper::upgrade::on(response).await?;
    let (reader, writer) = tokio::io::split(TokioIo::new(upgraded));
    let shared = Shared { closed: CancellationToken::new(), last_bytes_at: Rc::new(Cell::new(Instant::now())) };
    actix_web::rt::spawn(write(payload, writer, shared.clone()));
    Ok(BoxBody::new(BodyStream::new(Box::pin(read(reader, lease, shared)))))
}

/// Passes on what the browser sends, until it closes the connection.
async fn write(mut payload: Payload, mut writer: Writer, shared: Shared) {
    let _closes = shared.closed.clone().drop_guard();
    loop {
        let part = tokio::select! {
            part = payload.next() => part,
            () = shared.closed.cancelled() => None,
        };
        let Some(Ok(part)) = part else { break };
        shared.last_bytes_at.set(Instant::now());
        let is_passed = tokio::select! {
            written = writer.write_all(&part) => written.is_ok(),
            () = shared.closed.cancelled() => false,
        };
        if !is_passed {
            break;
        }
    }
    writer.shutdown().await.ok();
}

struct Reading {
    reader: Reader,
    lease: Lease,
    shared: Shared,
    _closes: DropGuard,
}

impl Reading {
    /// What the Service sends next; `None` when one side has closed, access has ended, or neither side has sent anything
    /// for long.
    async fn next(&mut self) -> Option<Bytes> {
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        let idle = self.lease.idle();
        loop {
            let silent_at = self.shared.last_bytes_at.get() + idle;
            let Self { reader, lease, shared, .. } = self;
            let reading = async {
                tokio::select! {
                    count = reader.read_buf(&mut buffer) => count.ok().filter(|count| *count > 0),
                    () = shared.closed.cancelled() => None,
                    () = sleep_until(silent_at) => Some(0),
                }
            };
            match lease.wait(reading).await.flatten()? {
                0 if shared.last_bytes_at.get() + idle <= Instant::now() => return None,
                0 => {}
                _ => {
                    shared.last_bytes_at.set(Instant::now());
                    return Some(buffer.freeze());
                }
            }
        }
    }
}

fn read(reader: Reader, lease: Lease, shared: Shared) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let closes = shared.closed.clone().drop_guard();
    stream::unfold(Reading { reader, lease, shared, _closes: closes }, |mut reading| async move {
        let part = reading.next().await?;
        Some((Ok(part), reading))
    })
}
