//! The table of addresses as data, and what follows from it for every one of them: HEAD beside GET, a refusal that names
//! the methods there are, the way from the address of a form to the form's page, and no slash at the end.

use actix_web::guard::{self, Any};
use actix_web::http::header;
use actix_web::web::to;
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError as _, Route};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::WebError;

/// What a path may hold as it is; `%` stays, since a path arrives with what it needs of that.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'?').add(b'#').add(b'\\');

/// The method of a route; HEAD is answered wherever GET is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteMethod {
    /// A page or a file.
    Get,
    /// A form.
    Post,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Everybody, and nobody is asked who they are.
    Open,
    /// Everybody; the page may differ for who is signed in.
    Anyone,
    /// Who is signed in.
    Learner,
    /// Who may review.
    Instructor,
    /// Who may run the installation.
    Admin,
}

/// Where a form stands and what it holds, in words for the person who filled it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormSpec {
    /// What is sent with it, such as "Your name".
    pub what: &'static str,
    /// The address of the page that shows it, with the parameters of the form's own address.
    pub page: &'static str,
}

/// One route of the table.
#[derive(Debug)]
pub struct RouteSpec {
    /// Its method.
    pub method: RouteMethod,
    /// Its address, with parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// For a form: what it is and where it stands.
    pub form: Option<FormSpec>,
    /// Makes what serves it.
    pub route: fn() -> Route,
}

/// Every address of `table` once, in order, with all that it answers; those that ask nobody who they are come first.
pub fn resources(table: &'static [RouteSpec], is_open: bool) -> Vec<Resource> {
    let mut paths: Vec<&'static str> = Vec::new();
    for spec in table.iter().filter(|spec| (spec.access == Access::Open) == is_open) {
        if !paths.contains(&spec.path) {
            paths.push(spec.path);
        }
    }
    paths.into_iter().map(|path| resource(table, path)).collect()
}

fn resource(table: &'static [RouteSpec], path: &'static str) -> Resource {
    let mut resource = Resource::new(path);
    let (mut has_get, mut form) = (false, None);
    for spec in table.iter().filter(|spec| spec.path == path) {
        resource = match spec.method {
            RouteMethod::Get => {
                has_get = true;
                resource.route((spec.route)().guard(Any(guard::Get()).or(guard::Head())))
            }
            RouteMethod::Post => {
                form = spec.form.or(form);
                resource.route((spec.route)().guard(guard::Post()))
            }
        };
    }
    if let Some(form) = form {
        resource = resource.app_data(form);
        if !has_get {
            // Whoever opens, reloads or shares the address of a form means its page.
            let route = Route::new().guard(Any(guard::Get()).or(guard::Head()));
            resource = resource.route(route.to(async |request: HttpRequest| {
                HttpResponse::SeeOther().insert_header((header::LOCATION, page_of_form(&request))).finish()
            }));
        }
    }
    let allowed = match (has_get, form) {
        (true, None) => "GET, HEAD",
        _ => "GET, HEAD, POST",
    };
    resource.default_service(to(move || async move {
        HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed)).finish()
    }))
}

/// The address of the page with the form that `request` is for; the start for what is no form of the table.
pub(super) fn page_of_form(request: &HttpRequest) -> String {
    let Some(form) = request.app_data::<FormSpec>() else { return "/".to_owned() };
    let mut page = String::new();
    let mut rest = form.page;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        page.push_str(before);
        page.extend(utf8_percent_encode(request.match_info().query(name), PATH));
        rest = after;
    }
    page + rest
}

/// Answers for every address that is not in the table: one with a slash too many at its end leads to the one without.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    let trimmed = path.trim_end_matches('/');
    let is_known = trimmed.len() < path.len() && request.resource_map().match_pattern(trimmed).is_some();
    // Two slashes at the beginning would name another host.
    if !is_known || trimmed.starts_with("//") {
        return WebError::NotFound.error_response();
    }
    let address: String = utf8_percent_encode(trimmed, PATH).collect();
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address + &query)).finish()
}
