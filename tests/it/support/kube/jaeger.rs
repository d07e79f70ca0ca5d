//! A Jaeger behind the mock's proxy for Services: its query API, version 3, as far as the platform asks it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::path::{ResourcePath, query_value};
use super::state::{State, failure};

/// What Jaeger has, and how it answers.
#[derive(Default)]
pub(crate) struct Jaeger {
    /// The spans of each tenant, each with its service.
    spans: BTreeMap<String, Vec<(String, Value)>>,
    /// Whether it ignores the header of the tenant, as one without multi-tenancy does.
    pub(crate) ignores_tenants: bool,
    /// Whether it takes requests and answers none.
    pub(crate) hangs: bool,
    /// What it answers to everything that has a tenant.
    pub(crate) answer: Option<(u16, String)>,
    /// What it was asked: the Service and its port, the tenant, and the path with its query.
    pub(crate) asked: Vec<(String, Option<String>, String)>,
}

impl Jaeger {
    /// Receives a span of a tenant's service.
    pub(crate) fn receive(&mut self, tenant: &str, service: &str, span: Value) {
        self.spans.entry(tenant.to_owned()).or_default().push((service.to_owned(), span));
    }

    fn spans_of(&self, tenant: Option<&str>) -> Vec<&(String, Value)> {
        let of = |(name, _): &(&String, &Vec<_>)| self.ignores_tenants || Some(name.as_str()) == tenant;
        self.spans.iter().filter(of).flat_map(|(_, spans)| spans).collect()
    }

    fn find(&self, tenant: Option<&str>, path: &str, query: &str) -> HttpResponse {
        let spans = self.spans_of(tenant);
        let found: Vec<_> = if let Some((_, id)) = path.split_once('/') {
            spans.into_iter().filter(|(_, span)| span["traceId"] == id).collect()
        } else {
            let service = query_value(query, "query.service_name");
            let limit: usize = query_value(query, "query.num_traces").unwrap().parse().unwrap();
            let fits = |(of, _): &&&(String, Value)| service.as_ref().is_none_or(|service| service == of);
            let newest = spans.iter().rev().filter(fits);
            let mut ids: Vec<&str> = newest.map(|(_, span)| span["traceId"].as_str().unwrap()).collect();
            ids.dedup();
            ids.truncate(limit);
            spans.into_iter().filter(|(_, span)| ids.contains(&span["traceId"].as_str().unwrap())).collect()
        };
        if found.is_empty() {
            let none = json!({ "error": { "httpCode": 404, "message": "No traces found" } });
            return HttpResponse::NotFound().content_type("text/plain").body(none.to_string());
        }
        let resources = found.into_iter().map(|(service, span)| {
            let name = json!({ "key": "service.name", "value": { "stringValue": service } });
            json!({ "resource": { "attributes": [name] }, "scopeSpans": [{ "spans": [span] }] })
        });
        HttpResponse::Ok().json(json!({ "result": { "resourceSpans": resources.collect::<Vec<_>>() } }))
    }
}

pub(super) async fn answer(state: &State, path: &ResourcePath, request: &HttpRequest) -> HttpResponse {
    let name = path.name.clone().unwrap_or_default();
    let service = name.split(':').next().unwrap_or_default();
    if state.find("Service", &path.namespace, service).is_none() {
        let message = format!("services \"{service}\" not found");
        return HttpResponse::NotFound().json(failure(404, ("NotFound", &message), service));
    }
    let (_, rest) = request.path().split_once("/proxy/api/v3/").unwrap();
    let tenant = request.headers().get("x-tenant").map(|tenant| tenant.to_str().unwrap().to_owned());
    let hangs = {
        let mut jaeger = state.jaeger.lock().unwrap();
        let asked = format!("{rest}?{}", request.query_string());
        jaeger.asked.push((name.clone(), tenant.clone(), asked));
        jaeger.hangs
    };
    if hangs {
        std::future::pending::<()>().await;
    }
    let jaeger = state.jaeger.lock().unwrap();
    if tenant.is_none() && !jaeger.ignores_tenants {
        return HttpResponse::Unauthorized().content_type("text/plain").body("missing tenant header\n");
    }
    if let Some((code, body)) = &jaeger.answer {
        return HttpResponse::build(StatusCode::from_u16(*code).unwrap()).content_type("text/plain").body(body.clone());
    }
    if rest == "services" {
        let mut services: Vec<&String> =
            jaeger.spans_of(tenant.as_deref()).into_iter().map(|(service, _)| service).collect();
        services.dedup();
        return HttpResponse::Ok().json(json!({ "services": services }));
    }
    jaeger.find(tenant.as_deref(), rest, request.query_string())
}
