//! `GET /catalogue` and `GET /catalogue/{lab}/{service}`: the reader's services by their annotations.

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::grading::{CatalogueQuery, CatalogueView, Grading, ServiceView};
use crate::view::View;
use crate::web::{Query, Reply, WebError};

/// `grading/catalogue.html`.
#[derive(Debug, Serialize)]
pub struct CataloguePage {
    /// The services of all running labs.
    pub catalogue: CatalogueView,
}

impl View for CataloguePage {
    const TEMPLATE: &'static str = "grading/catalogue.html";

    fn samples() -> Vec<Self> {
        CatalogueView::samples().into_iter().map(|catalogue| Self { catalogue }).collect()
    }
}

/// `grading/service.html`.
#[derive(Debug, Serialize)]
pub struct ServicePage {
    /// The service.
    pub view: ServiceView,
}

impl View for ServicePage {
    const TEMPLATE: &'static str = "grading/service.html";

    fn samples() -> Vec<Self> {
        ServiceView::samples().into_iter().map(|view| Self { view }).collect()
    }
}

/// Lists the reader's services.
pub async fn catalogue(
    grading: Data<Grading>,
    query: Query<CatalogueQuery>,
    Learner(person): Learner,
) -> Result<Reply<CataloguePage>, WebError> {
    let catalogue = grading.find_catalogue(&person, query.0).await?;
    Ok(Reply::Page(CataloguePage { catalogue }))
}

/// Shows one of them.
pub async fn service(
    grading: Data<Grading>,
    path: Path<(String, String)>,
    Learner(person): Learner,
) -> Result<Reply<ServicePage>, WebError> {
    let (lab, name) = path.into_inner();
    let view = grading.find_service(&person, &lab, &name).await?.ok_or(WebError::NotFound)?;
    Ok(Reply::Page(ServicePage { view }))
}
