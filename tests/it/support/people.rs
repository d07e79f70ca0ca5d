//! Somebody with a browser: a cookie jar, pages asked for, forms sent.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder};

use seaworthy::accounts::{NewPerson, Person, Role};
use seaworthy::app::App;

use super::Page;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "calm seas and steady winds";

/// Somebody new with an account; the address is `name@example.org`.
pub(crate) async fn add_person(app: &App, name: &str, role: Role) -> Person {
    let new = NewPerson::parse(name, &format!("{name}@example.org"), PASSWORD, "").unwrap();
    app.accounts.create_person(&new, role, "system").await.unwrap().unwrap()
}

/// A client that follows no redirect, and uses no connection again that the server may be about to close: it keeps an idle
/// one for five seconds.
pub(crate) fn client() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).pool_idle_timeout(Duration::from_secs(2))
}

/// A person before the site, signed in or not.
pub(crate) struct Visitor {
    client: Client,
    url: String,
    cookies: Mutex<BTreeMap<String, String>>,
    person: Option<Person>,
    origin: Option<String>,
    host: Option<String>,
}

impl Visitor {
    /// Somebody new who visits the site at `url`.
    pub(crate) fn new(url: &str) -> Self {
        let client = client().build().unwrap();
        Self { client, url: url.to_owned(), cookies: Mutex::default(), person: None, origin: None, host: None }
    }

    /// Somebody new with an account, signed in at the site at `url`.
    pub(crate) async fn join(app: &App, url: &str, name: &str, role: Role) -> Self {
        Self::sign_in(app, url, add_person(app, name, role).await).await
    }

    /// `person`, signed in anew at the site at `url`.
    pub(crate) async fn sign_in(app: &App, url: &str, person: Person) -> Self {
        let token = app.accounts.sign_in(&person.email, PASSWORD, None).await.unwrap();
        Self::signed_in(url, person, &token)
    }

    /// The same person in a browser, which says with every form on which site it stood.
    pub(crate) fn in_browser(self) -> Self {
        Self { origin: Some(self.url.clone()), ..self }
    }

    /// The same person with a form that stands on the site at `origin`.
    pub(crate) fn on_site(self, origin: &str) -> Self {
        Self { origin: Some(origin.to_owned()), ..self }
    }

    /// `person`, whose session has `token`.
    pub(crate) fn signed_in(url: &str, person: Person, token: &str) -> Self {
        let visitor = Self { person: Some(person), ..Self::new(url) };
        visitor.cookies.lock().unwrap().insert("session".to_owned(), token.to_owned());
        visitor
    }

    /// The same person in a browser that reaches the site as `host`.
    pub(crate) fn at_host(self, host: &str) -> Self {
        Self { origin: Some(format!("http://{host}")), host: Some(host.to_owned()), ..self }
    }

    /// The same person on a site that is served over TLS, whose cookies are named for it.
    pub(crate) fn with_host_cookies(self) -> Self {
        let jar = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| (format!("__Host-{name}"), value.clone()))
            .collect();
        Self { cookies: Mutex::new(jar), ..self }
    }

    /// Who they are; fails the test for somebody without an account made by it.
    pub(crate) fn person(&self) -> &Person {
        self.person.as_ref().unwrap()
    }

    /// Asks for a page.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(self.client.get(format!("{}{path}", self.url))).await
    }

    /// Asks a server for a page that may die before its answer is whole; none then.
    pub(crate) async fn try_get(&self, path: &str) -> Option<Page> {
        self.try_send(self.client.get(format!("{}{path}", self.url))).await.ok()
    }

    /// Sends a form with the token of this visitor's pages.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_with_token(path, &self.csrf_token().await, fields).await
    }

    /// Sends a form to a server that may die before its answer is whole; none then.
    pub(crate) async fn try_post(&self, path: &str, token: &str, fields: &[(&str, &str)]) -> Option<Page> {
        let mut all = vec![("csrf", token)];
        all.extend_from_slice(fields);
        self.try_send(self.client.post(format!("{}{path}", self.url)).form(&all)).await.ok()
    }

    /// Sends a form with a token that was taken from a page before.
    pub(crate) async fn post_with_token(&self, path: &str, token: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("csrf", token)];
        all.extend_from_slice(fields);
        self.send(self.client.post(format!("{}{path}", self.url)).form(&all)).await
    }

    /// Saves what is typed into a form as its page does while it is written.
    pub(crate) async fn put(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.put_with_token(path, &self.csrf_token().await, fields).await
    }

    /// The same from a page that has what was saved until `known`.
    pub(crate) async fn put_knowing(&self, known: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.csrf_token().await;
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        let request = self.client.put(format!("{}{path}", self.url)).header("draft-known", known);
        self.send(request.form(&all)).await
    }

    /// The same with a token that was taken from a page before.
    pub(crate) async fn put_with_token(&self, path: &str, token: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("csrf", token)];
        all.extend_from_slice(fields);
        self.send(self.client.put(format!("{}{path}", self.url)).form(&all)).await
    }

    /// Presses the button of `page` whose text begins with `button`, with `typed` in the fields of its form.
    pub(crate) async fn press(&self, page: &Page, button: &str, typed: &[(&str, &str)]) -> Page {
        self.press_within(page, "body", button, typed).await
    }

    /// Presses a button within the part of `page` that matches `place`.
    pub(crate) async fn press_within(&self, page: &Page, place: &str, button: &str, typed: &[(&str, &str)]) -> Page {
        let form = page.form(place, button).fill(typed);
        self.send(self.client.post(format!("{}{}", self.url, form.action)).form(&form.fields)).await
    }

    /// Presses a button and follows where it leads.
    pub(crate) async fn press_and_follow(&self, page: &Page, button: &str, typed: &[(&str, &str)]) -> Page {
        let location = self.press(page, button, typed).await.location();
        self.get(&location).await.expect(200)
    }

    /// Follows the link of `page` whose text begins with `link` to the question before something that cannot be undone, and
    /// presses the button there that does it: the question, and what came of it.
    pub(crate) async fn confirm(&self, page: &Page, link: &str, button: &str) -> (Page, Page) {
        let asked = self.get(&page.link("a[data-confirm]", link)).await.expect(200);
        let done = self.press_within(&asked, ".confirmation", button, &[]).await;
        (asked, done)
    }

    /// The same for a form that chooses what is asked about.
    pub(crate) async fn choose_and_confirm(
        &self,
        page: &Page,
        choose: &str,
        typed: &[(&str, &str)],
        button: &str,
    ) -> (Page, Page) {
        let form = page.form("main", choose).fill(typed);
        let url = reqwest::Url::parse_with_params(&format!("{}{}", self.url, form.action), &form.fields).unwrap();
        let asked = self.send(self.client.get(url)).await.expect(200);
        let done = self.press_within(&asked, ".confirmation", button, &[]).await;
        (asked, done)
    }

    /// Sends a form with one file.
    pub(crate) async fn upload(&self, path: &str, file: &[u8]) -> Page {
        self.upload_with_token(path, &self.csrf_token().await, file).await
    }

    /// Sends a form with one file and a token that was taken from a page before.
    pub(crate) async fn upload_with_token(&self, path: &str, token: &str, file: &[u8]) -> Page {
        self.send(self.upload_request(path, token, file)).await
    }

    /// The same to a server that may die before its answer is whole; none then.
    pub(crate) async fn try_upload(&self, path: &str, token: &str, file: &[u8]) -> Option<Page> {
        self.try_send(self.upload_request(path, token, file)).await.ok()
    }

    fn upload_request(&self, path: &str, token: &str, file: &[u8]) -> RequestBuilder {
        let part = reqwest::multipart::Part::bytes(file.to_vec()).file_name("codes.csv");
        let form = reqwest::multipart::Form::new().text("csrf", token.to_owned()).part("file", part);
        self.client.post(format!("{}{path}", self.url)).multipart(form)
    }

    /// Sends a form that may hold a file, with none chosen.
    pub(crate) async fn upload_nothing(&self, path: &str, fields: &[(&'static str, String)]) -> Page {
        let mut form = reqwest::multipart::Form::new().text("csrf", self.csrf_token().await);
        for (name, value) in fields {
            form = form.text(*name, value.clone());
        }
        self.send(self.client.post(format!("{}{path}", self.url)).multipart(form)).await
    }

    /// Sends a form that may hold a file, with the field for it empty.
    pub(crate) async fn upload_text(&self, path: &str, token: &str, fields: &[(&'static str, &str)]) -> Page {
        let mut form = reqwest::multipart::Form::new().text("csrf", token.to_owned());
        for (name, value) in fields {
            form = form.text(*name, (*value).to_owned());
        }
        let part = reqwest::multipart::Part::bytes(Vec::new()).file_name("");
        self.send(self.client.post(format!("{}{path}", self.url)).multipart(form.part("file", part))).await
    }

    /// Sends a form with files as it is given.
    pub(crate) async fn post_multipart(&self, path: &str, form: reqwest::multipart::Form) -> Page {
        self.send(self.client.post(format!("{}{path}", self.url)).multipart(form)).await
    }

    /// Sends a form as bytes, without a token.
    pub(crate) async fn post_bytes(&self, path: &str, body: Vec<u8>) -> Page {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.send(request).await
    }

    /// The token that this visitor's forms carry, taken from a page that everyone may see.
    pub(crate) async fn csrf_token(&self) -> String {
        token_in(&self.get("/recover").await)
    }

    /// The same from a server that may die before its answer is whole; none then.
    pub(crate) async fn try_csrf_token(&self) -> Option<String> {
        Some(token_in(&self.try_get("/recover").await?))
    }

    /// The cookie called `name`, if the site has set it.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Loses the cookie called `name`, as at the end of the browser's session.
    pub(crate) fn lose_cookie(&self, name: &str) {
        self.cookies.lock().unwrap().remove(name);
    }

    /// The jar as a header.
    pub(crate) fn cookie_header(&self) -> String {
        let jar = self.cookies.lock().unwrap();
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Sends `request` with the jar's cookies, and keeps those that come back.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Page {
        self.try_send(request).await.unwrap()
    }

    async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Page> {
        let request = match &self.origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        let request = match &self.host {
            Some(host) => request.header("host", host),
            None => request,
        };
        let response = request.header("cookie", self.cookie_header()).send().await?;
        for set in response.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            if value.is_empty() {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Page {
            status: response.status(),
            headers: response.headers().clone(),
            body: String::from_utf8_lossy(&response.bytes().await?).into_owned(),
        })
    }
}

/// The token in the form of a page.
fn token_in(page: &Page) -> String {
    page.attribute("input[name=csrf]", "value").unwrap_or_else(|| panic!("no form token in:\n{}", page.body))
}
