//! `GET /labs/{lab}/events`: server-sent events, which tell an open page of a lab that verdicts were recorded, or that
//! something in its namespace changed.
//!
//! An event of the first kind is `recorded` with the number of the last record as its id, which a browser that connects again
//! sends along. One of the second is `changed`, no more than once a second. The page then asks for itself, as everybody who may
//! see it.

use actix_web::http::{Method, header};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde::Deserialize;

use crate::accounts::guards::Learner;
use crate::grading::{Event, Grading};
use crate::web::{Query, WebError};

/// The media type of server-sent events.
const EVENT_STREAM: &str = "text/event-stream";

/// The query of the address.
#[derive(Clone, Copy, Debug, Deserialize)]
struct EventsQuery {
    known: Option<i64>,
}

/// Tells what is recorded of the reader's running session; 204 tells the browser to ask no more.
pub async fn events(
    grading: Data<Grading>,
    name: Path<String>,
    Learner(person): Learner,
    request: HttpRequest,
) -> Result<HttpResponse, WebError> {
    let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if !text(header::ACCEPT).is_some_and(|accept| accept.contains(EVENT_STREAM)) {
        return Err(WebError::BadRequest("The events of a lab are asked for by its page, as server-sent events."));
    }
    let resumed = text(header::HeaderName::from_static("last-event-id")).and_then(|id| id.parse().ok());
    let query = Query::<EventsQuery>::read(&request).ok();
    let known = resumed.or_else(|| query.and_then(|query| query.known));
    let Some(events) = grading.open_events(&person.id, &name, known).await? else {
        return Ok(HttpResponse::NoContent().finish());
    };
    let mut response = HttpResponse::Ok();
    response.content_type(EVENT_STREAM).insert_header((header::CACHE_CONTROL, "no-store"));
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    Ok(response.streaming(Box::pin(stream::unfold(events, |mut events| async {
        let line = match events.next().await? {
            Event::Recorded(revision) => format!("id: {revision}\nevent: recorded\ndata: {revision}\n\n"),
            Event::Changed => "event: changed\ndata: namespace\n\n".to_owned(),
            Event::Quiet => ":\n\n".to_owned(),
        };
        Some((Ok::<_, std::io::Error>(Bytes::from(line)), events))
    }))))
}
