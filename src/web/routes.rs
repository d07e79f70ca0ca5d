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
    /// A form that is still being written.
    Put,
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

/// The address in the table that serves a request, beside it.
#[derive(Clone, Copy, Debug)]
pub struct RoutePath(pub &'static str);

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

/// The addresses of the table that begin with the same segment, which is compared before their patterns are.
#[derive(Debug)]
pub struct RouteGroup {
    /// The segment, with the slash before it; empty for the start page.
    pub prefix: &'static str,
    /// Each address once, in the order of the table.
    pub paths: Vec<&'static str>,
}

/// The groups of `table`, in order.
pub fn groups(table: &'static [RouteSpec]) -> Vec<RouteGroup> {
    let mut groups: Vec<RouteGroup> = Vec::new();
    for path in table.iter().map(|spec| spec.path) {
        let prefix = match path.match_indices('/').nth(1) {
            _ if path == "/" => "",
            Some((end, _)) => &path[..end],
            None => path,
        };
        match groups.iter_mut().find(|group| group.prefix == prefix) {
            Some(group) if group.paths.contains(&path) => {}
            Some(group) => group.paths.push(path),
            None => groups.push(RouteGroup { prefix, paths: vec![path] }),
        }
    }
    groups
}

/// All that the address `path` of `table` answers, within the group of `prefix`; `recognise` finds out who asks, and
/// `settle_sent` does what becomes of the draft of a form that is sent.
pub fn resource(
    table: &'static [RouteSpec],
    path: &'static str,
    prefix: &str,
    (recognise, settle_sent): (impl Fn(Route) -> Route, impl Fn(Route) -> Route),
) -> Resource {
    let specs = || table.iter().filter(|spec| spec.path == path);
    let is_open = specs().any(|spec| spec.access == Access::Open);
    let open_or_recognised = |route: Route| if is_open { route } else { recognise(route) };
    let is_read = || Any(guard::Get()).or(guard::Head());
    let has_draft = specs().any(|spec| spec.method == RouteMethod::Put);
    let mut resource = Resource::new(path.strip_prefix(prefix).unwrap_or(path)).app_data(RoutePath(path));
    for spec in specs() {
        resource = match spec.method {
            RouteMethod::Get => resource.route(open_or_recognised((spec.route)().guard(is_read()))),
            RouteMethod::Post if has_draft => {
                resource.route(open_or_recognised(settle_sent((spec.route)().guard(guard::Post()))))
            }
            RouteMethod::Post => resource.route(open_or_recognised((spec.route)().guard(guard::Post()))),
            RouteMethod::Put => resource.route(open_or_recognised((spec.route)().guard(guard::Put()))),
        };
    }
    let has_get = specs().any(|spec| spec.method == RouteMethod::Get);
    let form = specs().find_map(|spec| spec.form);
    if let Some(form) = form {
        resource = resource.app_data(form);
        if !has_get {
            // Whoever opens, reloads or shares the address of a form means its page.
            let to_page = async |request: HttpRequest| {
                HttpResponse::SeeOther().insert_header((header::LOCATION, page_of_form(&request))).finish()
            };
            resource = resource.route(Route::new().guard(is_read()).to(to_page));
        }
    }
    let allowed = match form {
        Some(_) if has_draft => "GET, HEAD, POST, PUT",
        None if has_get => "GET, HEAD",
        _ => "GET, HEAD, POST",
    };
    let refuse =
        move || async move { HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed)).finish() };
    resource.default_service(open_or_recognised(to(refuse)))
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
