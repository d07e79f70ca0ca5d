//! The traces of a person's running session, read from Jaeger.

use super::Labs;
use super::model::LabSession;
use super::refusal::OpenError;
use super::traces::{
    FoundTrace, MatchedTrace, ReadError, Span, SpanQuery, TraceFilter, TraceList, TraceMatch, TraceSummary, TraceView,
    TracesTrouble, read_services, read_spans, summarise,
};
use crate::accounts::PersonId;
use crate::cluster::{Part, PartKind, PartState, TraceId, TraceSearch, TracesError, TracesRequest};

/// How large Jaeger's answer to a search may be.
const MAX_LIST_BYTES: usize = 8 * 1024 * 1024;
/// How many traces are asked for when the newest hundred are larger than that.
const FEW_TRACES: usize = 5;
/// How large one trace may be.
const MAX_TRACE_BYTES: usize = 24 * 1024 * 1024;
/// How large the list of services may be.
const MAX_SERVICES_BYTES: usize = 256 * 1024;
/// How many services can be chosen from.
const MAX_SERVICES: usize = 200;

impl Labs {
    /// Whether the cluster had a Jaeger when it was last looked at.
    pub fn has_traces(&self) -> bool {
        let is_there = |part: &Part| part.kind == PartKind::Traces && part.state == PartState::Ready;
        self.cluster.known_parts().iter().any(is_there)
    }

    /// The newest traces of a person's running session.
    pub async fn list_traces(&self, person: &PersonId, lab: &str, filter: TraceFilter) -> Result<TraceList, OpenError> {
        let session = self.find_ready_session(person, lab).await?;
        let now = self.core.clock.now();
        let read = Box::pin(self.read_list(&session, filter.search(now))).await;
        let list = TraceList::new(filter, &session.namespace, self.cluster.traces_endpoint());
        Ok(match read {
            Ok((services, spans, limit)) => list.with(services, spans, limit),
            Err(fault) => list.without(fault.into()),
        })
    }

    /// A trace of a person's running session, with those of its spans that are asked for.
    pub async fn find_trace(
        &self,
        person: &PersonId,
        lab: &str,
        id: &TraceId,
        asked: SpanQuery,
    ) -> Result<FoundTrace, OpenError> {
        let session = self.find_ready_session(person, lab).await?;
        let (now, trace) = (self.core.clock.now(), id.clone());
        let request = TracesRequest::Trace(id);
        let read = self.read_spans(&session, &request, MAX_TRACE_BYTES);
        let view = move |spans: Vec<(TraceId, Span)>| {
            let spans = spans.into_iter().filter(|(of, _)| *of == trace).map(|(_, span)| span).collect();
            TraceView::new(trace.clone(), spans, &asked, now)
        };
        Ok(match self.traces.read(&session.id, read).await {
            Ok(spans) => match compute(move || view(spans)).await {
                Ok(Some(view)) => FoundTrace::Found(Box::new(view)),
                Ok(None) => FoundTrace::NotThere,
                Err(fault) => FoundTrace::Trouble(fault.into()),
            },
            Err(fault) => FoundTrace::Trouble(fault.into()),
        })
    }

    /// The newest trace of a session with a span that a check looks for.
    pub async fn find_matching_trace(
        &self,
        session: &LabSession,
        wanted: TraceMatch,
    ) -> Result<MatchedTrace, TracesTrouble> {
        let search = wanted.search(self.core.clock.now());
        let (spans, _) = self.traces.read_for_check(self.search(session, &search)).await?;
        Ok(compute(move || wanted.find(spans)).await?)
    }

    /// The services, the spans of the traces that are looked for, and how many traces were asked for.
    async fn read_list(
        &self,
        session: &LabSession,
        search: TraceSearch,
    ) -> Result<(Vec<String>, Vec<TraceSummary>, usize), ReadError> {
        let reading = async { tokio::try_join!(self.read_services(session), self.search(session, &search)) };
        let (services, (spans, limit)) = self.traces.read(&session.id, reading).await?;
        Ok((services, compute(move || summarise(spans)).await?, limit))
    }

    /// The spans of the traces that are looked for, and how many traces were asked for.
    async fn search(
        &self,
        session: &LabSession,
        search: &TraceSearch,
    ) -> Result<(Vec<(TraceId, Span)>, usize), ReadError> {
        match self.read_spans(session, &TracesRequest::Search(search), MAX_LIST_BYTES).await {
            Err(ReadError::Traces(TracesError::TooLarge(_))) => {
                let few = TraceSearch { limit: FEW_TRACES, ..search.clone() };
                let spans = self.read_spans(session, &TracesRequest::Search(&few), MAX_LIST_BYTES).await?;
                Ok((spans, few.limit))
            }
            all => Ok((all?, search.limit)),
        }
    }

    async fn read_services(&self, session: &LabSession) -> Result<Vec<String>, ReadError> {
        let request = TracesRequest::Services;
        let answer = self.cluster.read_traces(&session.namespace, &request, MAX_SERVICES_BYTES).await?;
        let mut services = answer.map(|answer| read_services(&answer)).unwrap_or_default();
        services.truncate(MAX_SERVICES);
        Ok(services)
    }

    async fn read_spans(
        &self,
        session: &LabSession,
        request: &TracesRequest<'_>,
        max_bytes: usize,
    ) -> Result<Vec<(TraceId, Span)>, ReadError> {
        let answer = self.cluster.read_traces(&session.namespace, request, max_bytes).await?;
        let Some(answer) = answer else { return Ok(Vec::new()) };
        compute(move || read_spans(&answer)).await?.map_err(ReadError::Unreadable)
    }
}

/// Computes apart from the threads that answer requests: a trace of thousands of spans takes a while.
async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ReadError> {
    tokio::task::spawn_blocking(work).await.map_err(|fault| ReadError::Failed(fault.to_string()))
}
