//! `GET /labs/{lab}/traces` and `GET /labs/{lab}/traces/{id}`: the traces of the reader's running session.

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::access::refusal;
use crate::accounts::guards::Learner;
use crate::cluster::TraceId;
use crate::labs::{
    FoundTrace, LabSummary, Labs, SpanQuery, TraceFilter, TraceList, TraceQuery, TraceView, TracesTrouble,
};
use crate::view::View;
use crate::web::{Query, Reply, WebError};

/// `labs/traces.html`.
#[derive(Debug, Serialize)]
pub struct TracesPage {
    /// The lab.
    pub lab: LabSummary,
    /// The traces.
    pub list: TraceList,
}

impl View for TracesPage {
    const TEMPLATE: &'static str = "labs/traces.html";

    fn samples() -> Vec<Self> {
        TraceList::samples().into_iter().map(|list| Self { lab: LabSummary::sample(), list }).collect()
    }
}

/// `labs/trace.html`.
#[derive(Debug, Serialize)]
pub struct TracePage {
    /// The lab.
    pub lab: LabSummary,
    /// The id that was asked for.
    pub id: TraceId,
    /// The trace, where something of it has arrived.
    pub trace: Option<TraceView>,
    /// Why nobody knows whether something has.
    pub trouble: Option<TracesTrouble>,
}

impl TracePage {
    fn new(lab: LabSummary, id: TraceId, trace: Option<TraceView>, trouble: Option<TracesTrouble>) -> Self {
        Self { lab, id, trace, trouble }
    }
}

impl View for TracePage {
    const TEMPLATE: &'static str = "labs/trace.html";

    fn samples() -> Vec<Self> {
        let traces = TraceView::samples();
        let id = traces[0].id.clone();
        let trouble = TracesTrouble::sample();
        let page = |trace, trouble| Self::new(LabSummary::sample(), id.clone(), trace, trouble);
        let mut samples = vec![page(None, None), page(None, Some(trouble))];
        samples.extend(traces.into_iter().map(|trace| page(Some(trace), None)));
        samples
    }
}

fn find_lab(labs: &Labs, name: &str) -> Result<LabSummary, WebError> {
    labs.catalogue().find(name).map(LabSummary::of).ok_or(WebError::NotFound)
}

/// Lists the newest traces.
pub async fn traces(
    labs: Data<Labs>,
    name: Path<String>,
    query: Query<TraceQuery>,
    Learner(person): Learner,
) -> Result<Reply<TracesPage>, WebError> {
    let lab = find_lab(&labs, &name)?;
    let list = labs.list_traces(&person.id, &name, TraceFilter::read(&query)).await.map_err(refusal(&name))?;
    let is_busy = list.trouble.as_ref().is_some_and(|trouble| trouble.is_busy);
    let page = TracesPage { lab, list };
    Ok(if is_busy { Reply::Unavailable(page) } else { Reply::Page(page) })
}

/// Shows one trace.
pub async fn trace(
    labs: Data<Labs>,
    path: Path<(String, String)>,
    query: Query<SpanQuery>,
    Learner(person): Learner,
) -> Result<Reply<TracePage>, WebError> {
    let (name, id) = path.into_inner();
    let lab = find_lab(&labs, &name)?;
    let id = TraceId::parse(&id).ok_or(WebError::BadRequest(
        "The id of a trace has 32 hexadecimal digits, such as 4bf92f3577b34da6a3ce929d0e0e4736. Copy it whole: the demo \
         services write it into their logs, and answer with it in the header X-Trace-Id.",
    ))?;
    Ok(match labs.find_trace(&person.id, &name, &id, query.0).await.map_err(refusal(&name))? {
        FoundTrace::Found(trace) => Reply::Page(TracePage::new(lab, id, Some(*trace), None)),
        FoundTrace::NotThere => Reply::NotFound(TracePage::new(lab, id, None, None)),
        FoundTrace::Trouble(trouble) if trouble.is_busy => {
            Reply::Unavailable(TracePage::new(lab, id, None, Some(trouble)))
        }
        FoundTrace::Trouble(trouble) => Reply::Page(TracePage::new(lab, id, None, Some(trouble))),
    })
}
