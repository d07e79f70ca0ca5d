//! Every line of the table of addresses, asked by everybody it is not for, and by those whom it is for.

use std::collections::BTreeSet;

use http::StatusCode;
use reqwest::Method;
use seaworthy::accounts::Person;
use seaworthy::router::ROUTES;
use seaworthy::web::routes::{Access, RouteMethod, RouteSpec};

use crate::grading::{check, newest_request};
use crate::labs::start_until_ready;
use crate::lessons::harbour;
use crate::prizes::{accept, enter};
use crate::support::{MockCluster, PASSWORD, Page, TestApp, Visitor};

/// A site on which every address of the table has something to show.
struct Site {
    app: TestApp,
    _kube: MockCluster,
    visitor: Visitor,
    learner: Visitor,
    instructor: Visitor,
    admin: Visitor,
    entry: String,
    credential: String,
    week: String,
    request: String,
}

impl Site {
    /// A browser in which `person` has just signed in.
    async fn sign_in(&self, person: &Person) -> Visitor {
        Visitor::sign_in(&self.app.app, &self.app.url, person.clone()).await.in_browser()
    }

    async fn open() -> Self {
        let (app, kube) = TestApp::spawn_with_cluster_and(|config| {
            config.content.folder = Some(harbour());
            // One person signs in for every form.
            config.accounts.sign_ins_per_account = 1_000;
        })
        .await;
        let (learner, instructor, admin) =
            (app.learner("ada").await, app.instructor("imre").await, app.admin("noor").await);
        learner.post("/modules/watch/first-watch/lamps/questions/colour", &[("answer", "2")]).await.location();
        let entry = enter(&learner).await;
        accept(&instructor, &entry).await;
        app.run_jobs().await;
        let credentials = app.app.credentials.list_of_person(&learner.person().id).await.unwrap();
        let credential = credentials.into_iter().next().unwrap().id.to_string();
        start_until_ready(&app, &learner).await;
        check(&app, &learner).await;
        let request = newest_request(&app).await;
        let week = learner.get(&entry).await.attribute("a[href^='/prizes/weeks/']", "href").unwrap();
        let [entry, week] = [entry, week].map(|path| path.rsplit('/').next().unwrap().to_owned());
        Self { visitor: app.visitor(), app, _kube: kube, learner, instructor, admin, entry, credential, week, request }
    }

    /// The address of a line, with its parameters filled in. A new parameter has to be given a value here.
    fn fill(&self, path: &str) -> String {
        let id = match path {
            path if path.starts_with("/entries/") => &*self.entry,
            path if path.starts_with("/admin/people/") => self.learner.person().id.as_str(),
            path if path.starts_with("/credentials/") || path.starts_with("/admin/credentials/") => &self.credential,
            _ => "none",
        };
        // The lab that has games.
        let has_games = path.ends_with("/runbook") || path.contains("/games");
        let lab = if has_games { "day-2-game-day" } else { "service-annotations" };
        let known = [
            ("{name:.*}", "none.css"),
            ("{path:.*}", "none.svg"),
            ("{token}", "no-such-token"),
            ("{module}", "watch"),
            ("{section}", "first-watch"),
            ("{lesson}", "lamps"),
            ("{question}", "colour"),
            ("{lab}", lab),
            ("{task}", "owner"),
            ("{check}", "owner"),
            ("{load}", "none"),
            ("{game}", "none"),
            ("{entry}", &self.entry),
            ("{request}", &self.request),
            ("{service}", "qotm"),
            ("{week}", &self.week),
            ("{list}", "0"),
            ("{id}", id),
            ("{name}", "quote"),
            ("{host}", "quote--0123456789abcdef"),
        ];
        let filled = known.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!filled.contains('{'), "{path} has a parameter that this test knows no value for");
        filled
    }

    /// People from the one who may least, with what each may use.
    fn people(&self) -> [(&Visitor, Access); 4] {
        [
            (&self.visitor, Access::Anyone),
            (&self.learner, Access::Learner),
            (&self.instructor, Access::Instructor),
            (&self.admin, Access::Admin),
        ]
    }

    /// The one who may least of those whom a line is for.
    fn rightful(&self, spec: &RouteSpec) -> &Visitor {
        self.people().into_iter().find(|(_, access)| *access >= spec.access).unwrap().0
    }

    async fn ask(&self, visitor: &Visitor, method: Method, path: &str) -> Page {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        visitor.send(client.request(method, format!("{}{path}", self.app.url))).await
    }
}

fn assert_is_page(page: &Page, about: &str) {
    assert!(!page.texts("h1").is_empty(), "{about} answers {} without a page: {}", page.status, page.body);
    assert!(page.headers.contains_key("content-security-policy"), "{about}");
}

#[tokio::test]
async fn every_page_and_form_refuses_those_it_is_not_for() {
    let site = Site::open().await;
    for spec in ROUTES {
        let path = site.fill(spec.path);
        for (visitor, _) in site.people().into_iter().filter(|(_, access)| *access < spec.access) {
            let is_signed_out = visitor.cookie("session").is_none();
            let page = match spec.method {
                RouteMethod::Get => visitor.get(&path).await,
                RouteMethod::Post => visitor.post(&path, &[]).await,
                RouteMethod::Put => visitor.put(&path, &[]).await,
            };
            match (spec.method, is_signed_out) {
                (RouteMethod::Get, true) => assert!(page.location().starts_with("/sign-in?next=%2F"), "{path}"),
                (RouteMethod::Post | RouteMethod::Put, true) => assert_is_page(&page.expect(401), &path),
                (_, false) => assert_is_page(&page.expect(403), &path),
            }
        }
    }
}

#[tokio::test]
async fn every_form_refuses_a_missing_token_and_one_from_elsewhere() {
    let site = Site::open().await;
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Post) {
        let (path, visitor) = (site.fill(spec.path), site.rightful(spec));
        for token in ["", "made-up", &site.app.visitor().csrf_token().await] {
            let (form, file) =
                (visitor.post_with_token(&path, token, &[]).await, visitor.upload_with_token(&path, token, b"x").await);
            let refusals: Vec<_> = [form, file].iter().map(|page| (page.status.as_u16(), page.text("h1"))).collect();
            assert!(refusals.contains(&(403, "This form has expired".to_owned())), "{path}: {refusals:?}");
            let wrong_kind = (400, "This request could not be read".to_owned());
            assert!(refusals.iter().all(|refusal| refusal.0 == 403 || *refusal == wrong_kind), "{path}: {refusals:?}");
        }
        assert!(visitor.post_bytes(&path, Vec::new()).await.status.is_client_error(), "{path}");
    }
}

#[tokio::test]
async fn a_draft_of_every_form_that_has_one_is_kept_and_needs_the_token() {
    let site = Site::open().await;
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Put) {
        let (path, visitor) = (site.fill(spec.path), site.rightful(spec));
        assert!(ROUTES.iter().any(|other| other.path == spec.path && other.method == RouteMethod::Post), "{path}");
        let typed = [("text", "So far"), ("password", "secret")];
        assert_is_page(&visitor.put_with_token(&path, "made-up", &typed).await.expect(403), &path);
        let drafts = &site.app.app.drafts;
        assert_eq!(drafts.find(&visitor.person().id, &path).await.unwrap(), None);
        visitor.put(&path, &typed).await.expect(204);
        let draft = drafts.find(&visitor.person().id, &path).await.unwrap().unwrap();
        assert_eq!(draft.fields.keys().collect::<Vec<_>>(), ["text"], "{path}");
    }
}

#[tokio::test]
async fn every_form_answers_what_makes_no_sense_with_a_page() {
    let site = Site::open().await;
    let nonsense = [("email", "\u{202e}x"), ("answer", "9999"), ("role", "king"), ("reason", "\u{7}"), ("week", "x")];
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Post) {
        let (path, visitor) = (site.fill(spec.path), site.rightful(spec));
        for page in [visitor.post(&path, &nonsense).await, visitor.upload(&path, b"\xff\x00").await] {
            match page.status {
                StatusCode::SEE_OTHER => assert!(page.location().starts_with('/'), "{path}"),
                status if status.is_server_error() => panic!("{path} answers {status}: {}", page.body),
                _ => assert_is_page(&page, &path),
            }
        }
    }
    // Whatever is left over of these forms is not this test's to look at.
    site.app.run_jobs().await;
}

#[tokio::test]
async fn every_page_is_there_for_those_it_is_for() {
    let site = Site::open().await;
    // What the made-up values of parameters name is not there, a scraper shows a token, and a terminal is no page.
    let others = [
        ("/metrics", 404),
        ("/assets/{name:.*}", 404),
        ("/media/{path:.*}", 404),
        ("/content/revision", 404),
        // There is one module.
        ("/modules", 303),
        ("/verify/{token}", 422),
        ("/recover/{token}", 422),
        ("/account/email/{token}", 422),
        ("/first-admin/{token}", 422),
        ("/labs/{lab}/terminal", 403),
        // Its answer goes on for minutes, and is for a page's script.
        ("/labs/{lab}/events", 400),
        // They lead on to the page's own host.
        ("/labs/{lab}/web/{name}", 303),
        ("/labs/web/{host}", 303),
        // Nobody has played.
        ("/games/{id}", 404),
        ("/games/{id}/postmortem", 404),
        ("/review/postmortems/{game}", 404),
        ("/games/{id}/end", 404),
        ("/admin/jobs/{id}/discard", 404),
        // It was accepted; and no role is asked for.
        ("/entries/{id}/withdraw", 303),
        ("/admin/people/{id}/role", 303),
        // A trace has an id of digits.
        ("/labs/{lab}/traces/{id}", 400),
    ];
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Get) {
        let path = site.fill(spec.path);
        let expected = others.iter().find(|(other, _)| *other == spec.path).map_or(200, |(_, status)| *status);
        let page = site.rightful(spec).get(&path).await;
        assert_eq!(page.status.as_u16(), expected, "{path}: {}", page.body);
        let head = site.ask(site.rightful(spec), Method::HEAD, &path).await;
        assert_eq!((head.status, head.body.as_str()), (page.status, ""), "HEAD {path}");
    }
}

#[tokio::test]
async fn the_address_of_every_form_opens_its_page() {
    let site = Site::open().await;
    let pages: BTreeSet<_> =
        ROUTES.iter().filter(|spec| spec.method == RouteMethod::Get).map(|spec| spec.path).collect();
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Post) {
        let form = spec.form.unwrap_or_else(|| panic!("{} does not say what it is and where it stands", spec.path));
        let page = form.page.split('#').next().unwrap();
        assert!(pages.contains(page), "{} stands on {page}, which is no page of the table", spec.path);
        // It is its own page, or asks first, over its page.
        if pages.contains(spec.path) {
            assert!(page == spec.path || spec.path.starts_with(page), "{} stands on {page}", spec.path);
            continue;
        }
        let location = site.visitor.get(&site.fill(spec.path)).await.location();
        assert_eq!(location, site.fill(form.page), "{}", spec.path);
        assert_eq!(site.ask(&site.visitor, Method::HEAD, &site.fill(spec.path)).await.status, 303);
    }
}

#[tokio::test]
async fn every_address_names_the_methods_it_takes_and_leads_away_from_a_slash_too_many() {
    let site = Site::open().await;
    for spec in ROUTES {
        let path = site.fill(spec.path);
        let refused = site.ask(&site.admin, Method::DELETE, &path).await.expect(405);
        let brew = Method::from_bytes(b"BREW").unwrap();
        assert_eq!(site.ask(&site.visitor, brew, &path).await.headers.get("allow"), refused.headers.get("allow"));
        let has_form = ROUTES.iter().any(|other| other.path == spec.path && other.method == RouteMethod::Post);
        let has_draft = ROUTES.iter().any(|other| other.path == spec.path && other.method == RouteMethod::Put);
        let allowed = match (has_form, has_draft) {
            (true, true) => "GET, HEAD, POST, PUT",
            (true, false) => "GET, HEAD, POST",
            _ => "GET, HEAD",
        };
        assert_eq!(refused.headers["allow"], allowed, "{path}");
        assert_is_page(&refused, &path);
        if path == "/" || spec.path.contains(":.*") {
            continue;
        }
        for method in [Method::GET, Method::POST] {
            let slashed = site.ask(&site.visitor, method, &format!("{path}/?q=a&q=b")).await.expect(308);
            assert_eq!(slashed.headers["location"], format!("{path}?q=a&q=b"));
        }
    }
    for path in ["/none/", "//evil.example/", "//evil.example//", "/account//x/"] {
        let page = site.visitor.get(path).await;
        assert!(page.status == 404, "{path}: {} {:?}", page.status, page.headers.get("location"));
        assert_is_page(&page, path);
    }
    assert_eq!(site.visitor.get("/account//").await.expect(308).headers["location"], "/account");
}

#[tokio::test]
async fn every_address_answers_odd_characters_and_doubled_keys_with_a_page() {
    let site = Site::open().await;
    let long = "x".repeat(12_000);
    let long = format!("q={long}&search={long}&next={long}&before={long}&kind={long}");
    let odd_queries = [
        "next=a&next=b",
        "before=x",
        "before=99999999999999999999&page=99999999999999999999&state=%22&kind=%27%3B",
        "before=-1&page=0&role=KING&before=2",
        "q=1&q=2&q[]=3",
        "search=%ff&role=%c3%28",
        "search=%25%5f%5c&q=%22%28%2a&action=%25",
        "%zz=%&=&&==;a;b",
        "page=-1&%00",
        &*long,
    ];
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Get) {
        let (path, visitor) = (site.fill(spec.path), site.rightful(spec));
        let mut addresses: Vec<_> = odd_queries.iter().map(|query| format!("{path}?{query}")).collect();
        for odd in ["%00", "%ff", "%2e%2e%2f", "%E2%80%AE", "a%20b"] {
            if let Some(start) = spec.path.rfind('{') {
                addresses.push(format!("{}{odd}", site.fill(&spec.path[..start])));
            }
        }
        for address in addresses {
            let page = visitor.get(&address).await;
            let address = address.get(..200).unwrap_or(&address);
            assert!(!page.status.is_server_error(), "{address}: {}", page.status);
            if page.status.is_client_error() {
                assert_is_page(&page, address);
            }
            if address.contains("%00") {
                assert_eq!(page.status, 400, "{address}");
            }
        }
    }
}

const TYPED: [(&str, &str); 2] = [("words", "as I wrote it,\r\nin two lines"), ("choice", "3")];

fn assert_preserved(page: &Page, spec: &RouteSpec) {
    assert_eq!(page.text("#preserved-heading"), spec.form.unwrap().what, "{}", spec.path);
    assert_eq!(page.texts(".preserved-form textarea"), ["as I wrote it, in two lines"], "{}", spec.path);
}

#[tokio::test]
async fn every_form_gives_back_what_was_typed_and_goes_on_when_its_session_has_ended() {
    let site = Site::open().await;
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Post && spec.access > Access::Anyone) {
        let (path, person) = (site.fill(spec.path), site.rightful(spec).person());
        let visitor = site.sign_in(person).await;
        let token = visitor.csrf_token().await;
        site.app.app.accounts.sign_out(&visitor.cookie("session").unwrap()).await.unwrap();
        assert_preserved(&visitor.upload_text(&path, &token, &TYPED).await.expect(401), spec);
        let page = visitor.post_with_token(&path, &token, &TYPED).await.expect(401);
        assert_preserved(&page, spec);

        let typed = [("email", person.email.as_str()), ("password", PASSWORD)];
        let page = visitor.press(&page, "Sign in", &typed).await.expect(200);
        assert_preserved(&page, spec);
        assert_eq!(page.attribute(".preserved-form form", "action").as_deref(), Some(&*path));
        assert_eq!(page.attribute(".preserved-form input[name=choice]", "value").as_deref(), Some("3"), "{path}");
    }
    site.app.run_jobs().await;
}

#[tokio::test]
async fn every_form_gives_back_what_was_typed_when_somebody_else_is_signed_in_now() {
    let site = Site::open().await;
    let token = site.app.learner("cook").await.csrf_token().await;
    for spec in ROUTES.iter().filter(|spec| spec.method == RouteMethod::Post) {
        let path = site.fill(spec.path);
        let person = if spec.access == Access::Anyone { site.learner.person() } else { site.rightful(spec).person() };
        let visitor = site.sign_in(person).await;
        let sent =
            [visitor.post_with_token(&path, &token, &TYPED).await, visitor.upload_text(&path, &token, &TYPED).await];
        // One of the two is of a kind that the address does not take.
        let refused: Vec<&Page> = sent.iter().filter(|page| page.status == 403).collect();
        assert!(!refused.is_empty(), "{path}: {} {}", sent[0].status, sent[1].status);
        for page in refused {
            assert_preserved(page, spec);
            assert!(page.text(".callout-warning").contains("another person was signed in"), "{path}");
        }
    }
    site.app.run_jobs().await;
}
