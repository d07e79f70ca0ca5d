//! `GET /catalogue`: the learner's services with their annotations.

use actix_web::web::Data;
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::grading::{Grading, ServiceCard, ServiceLink};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `grading/catalogue.html`.
#[derive(Debug, Serialize)]
pub struct CataloguePage {
    /// The services of all running labs.
    pub services: Vec<ServiceCard>,
    /// Why the services of some lab are not shown.
    pub fault: Option<String>,
    /// Whether no lab runs.
    pub is_idle: bool,
}

impl View for CataloguePage {
    const TEMPLATE: &'static str = "grading/catalogue.html";

    fn samples() -> Vec<Self> {
        let link = |label, text: &str, is_address| ServiceLink { label, text: text.to_owned(), is_address };
        let full = ServiceCard {
            name: "qotm".to_owned(),
            namespace: "0123456789abcdef".to_owned(),
            lab: "service-annotations".to_owned(),
            owner: Some("Ada".to_owned()),
            description: Some("Answers with a quote.".to_owned()),
            dependencies: Some("none".to_owned()),
            links: vec![link("Runbook", "https://docs.example.org/qotm", true), link("Chat", "#harbour", false)],
            failing_checks: Some(Vec::new()),
        };
        let bare = ServiceCard {
            owner: None,
            description: None,
            dependencies: None,
            links: Vec::new(),
            failing_checks: Some(vec!["Owner".to_owned(), "Runbook".to_owned()]),
            ..full.clone()
        };
        let unjudged = ServiceCard { failing_checks: None, ..full.clone() };
        vec![
            Self { services: vec![full, bare, unjudged], fault: None, is_idle: false },
            Self { services: Vec::new(), fault: Some("The cluster does not answer.".to_owned()), is_idle: false },
            Self { services: Vec::new(), fault: None, is_idle: false },
            Self { services: Vec::new(), fault: None, is_idle: true },
        ]
    }
}

/// Lists the reader's services.
pub async fn catalogue(grading: Data<Grading>, Learner(person): Learner) -> Result<Reply<CataloguePage>, WebError> {
    let (services, fault, is_idle) = grading.list_services(&person).await?;
    Ok(Reply::Page(CataloguePage { services, fault, is_idle }))
}
